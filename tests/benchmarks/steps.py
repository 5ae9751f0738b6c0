"""Training steps of adaptive and uniform tokens: seconds and memory, each in a process of its own, taking turns."""

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from tests.benchmarks.measuring import Row
from vitsci_viz.models.options import ModelOptions
from vitsci_viz.patching.cost import ENCODERS, step_cost

SIDE, FINEST, BUDGET = 512, 4, 1024
GRID = {"mode": "uniform", "patch_size": FINEST}
ADAPTIVE = {"mode": "length", "length": BUDGET, "patch_size": FINEST}
LARGE_SIDE, LARGE_PATCH = 4096, {"mode": "length", "length": 4096, "patch_size": 8, "min_size": 4}
ROUNDS, STEPS = 2, 3
"""Rounds in which both take their turn; adaptive steps in each, of which the first does not count."""


def spec(encoder: str, patch: int, finest: int, head: str) -> dict[str, Any]:
    """Return a model's specification."""
    size = ENCODERS[encoder]
    return {
        "width": size.width, "depth": size.depth, "heads": size.width // 64, "head": head,
        "rotary": ModelOptions().rotary,
        "patch_size": [patch] * 2, "min_size": [finest] * 2,
    }  # fmt: skip


def steps_of(side: int, patch: dict[str, Any], spec: dict[str, Any], steps: int, **more: Any) -> dict[str, Any]:
    """Take steps in a process of their own."""
    asked = {
        "threads": len(os.sched_getaffinity(0)),
        "side": side,
        "patch": patch,
        "spec": spec,
        "steps": steps,
        **more,
    }
    command = [sys.executable, "-m", "tests.benchmarks.one_step", json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"a step failed ({done.returncode}): {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def compared(head: str) -> dict[str, float]:
    """Return how many times faster and leaner a step is on adaptive tokens."""
    model = spec("small", FINEST, FINEST, head)
    adaptive, uniform = [], []
    for _ in range(ROUNDS):
        adaptive.append(steps_of(SIDE, ADAPTIVE, model, STEPS))
        uniform.append(steps_of(SIDE, GRID, model, 1))
    quick = statistics.median(second for each in adaptive for second in each["seconds"][1:])
    slow = statistics.median(each["seconds"][0] for each in uniform)
    return {
        "adaptive_s": quick,
        "uniform_s": slow,
        "ratio": slow / quick,
        "adaptive_bytes": max(each["bytes"] for each in adaptive),
        "uniform_bytes": max(each["bytes"] for each in uniform),
        "memory_ratio": min(each["bytes"] for each in uniform) / max(each["bytes"] for each in adaptive),
        "tokens": adaptive[0]["tokens"],
    }


def measure() -> list[Row]:
    """Compare both heads at 512^2 and the memory of both decoders at 4,096^2."""
    values = FINEST**2 * 3
    costs = [step_cost(tokens, values, "small", outputs=1).step_flops for tokens in (BUDGET, (SIDE // FINEST) ** 2)]
    flops = costs[1] / costs[0]
    token, decoder = compared("token"), compared("unetr")
    return [
        Row(
            name="training step, 512^2, finest leaf 4, small encoder, token head: 1,024 adaptive against 16,384 "
            "uniform tokens",
            target=">= 0.8x of the FLOP ratio, >= 8x less memory",
            measured=f"{token['ratio']:.0f}x faster ({token['adaptive_s']:.2f} s against {token['uniform_s']:.0f} s; "
            f"FLOP ratio {flops:.0f}x), {token['memory_ratio']:.1f}x less memory",
            is_met=token["ratio"] >= 0.8 * flops and token["memory_ratio"] >= 8,
            anchor="APF paper: 7.48x with a UNETR decoder",
            repetitions=ROUNDS,
            values={**token, "flop_ratio": flops},
        ),
        Row(
            name="the same with the UNETR-type decoder",
            target=">= 16x",
            measured=f"{decoder['ratio']:.0f}x ({decoder['adaptive_s']:.2f} s against {decoder['uniform_s']:.0f} s), "
            f"{decoder['memory_ratio']:.1f}x less memory",
            is_met=decoder["ratio"] >= 16,
            anchor="APF paper: 7.48x",
            repetitions=ROUNDS,
            values=decoder,
        ),
        _decoders(),
    ]


def _decoders() -> Row:
    models = {head: spec("tiny", 8, 4, head) for head in ("token", "unetr")}
    alone = steps_of(LARGE_SIDE, LARGE_PATCH, models["token"], 1, encoder_alone=True)["bytes"]
    taken = {head: steps_of(LARGE_SIDE, LARGE_PATCH, model, 1)["bytes"] for head, model in models.items()}
    extra = {head: max(1, size - alone) for head, size in taken.items()}
    ratio = extra["unetr"] / extra["token"]
    return Row(
        name="memory of a step beyond the encoder's at 4,096^2, 4,096 tokens, tiny encoder: UNETR-type decoder over "
        "symmetric head",
        target=">= 4x",
        measured=f"{ratio:.0f}x ({extra['unetr'] / 2**30:.2f} GiB against {extra['token'] / 2**30:.3f} GiB)",
        is_met=ratio >= 4,
        anchor="sources: about 75 % fewer GPUs without the decoder",
        values={"encoder_bytes": alone, **{f"{head}_bytes": size for head, size in taken.items()}, "ratio": ratio},
    )
