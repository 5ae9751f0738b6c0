"""How soon the uniform grid's plateau Dice is reached: adaptive tokens against the grid of their finest leaf."""

import math
import statistics
from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.quality.pace import spread, step_seconds
from tests.benchmarks.quality.settings import adaptive, setting, uniform
from tests.benchmarks.quality.training import Curve, Setting, trained_all

DATA, FINEST, SEEDS = "pathology-128", 2, (0, 1, 2)
UNIFORM_EPOCHS = 20
"""520 steps: about 20 minutes of two quiet cores for a seed."""
ADAPTIVE_EPOCHS = 160
"""4,160 steps: a quarter of the time of the uniform ones; 1,000 steps more brought the first seed nothing."""
TOKENS, TOKEN_SIDE = 512, 4
TAIL = 0.25
"""The plateau is the median Dice over this last part of the uniform training."""


def settings() -> dict[str, list[Setting]]:
    """Return both sides, a setting per seed."""
    sides = {
        "uniform": (uniform(FINEST), UNIFORM_EPOCHS),
        "adaptive": ({**adaptive(TOKEN_SIDE, FINEST, TOKENS), "random_trees": True}, ADAPTIVE_EPOCHS),
    }
    return {
        name: [setting("plateau", name, DATA, epochs, seed, patch, val_every=1) for seed in SEEDS]
        for name, (patch, epochs) in sides.items()
    }


def measure(work: Path) -> list[Row]:
    """Train what is missing and compare."""
    chosen = settings()
    pace = step_seconds("plateau", {name: group[0] for name, group in chosen.items()}, work)
    found = trained_all([*chosen["uniform"], *chosen["adaptive"]], work)
    curves = {"uniform": found[: len(SEEDS)], "adaptive": found[len(SEEDS) :]}
    step_ratio = pace["uniform"] / pace["adaptive"]
    counts = [_step_counts(*pair) for pair in zip(curves["uniform"], curves["adaptive"], strict=True)]
    ratios = [slow / quick for slow, quick in counts]
    reached = sum(ratio > 0 for ratio in ratios)
    total = step_ratio * statistics.mean(ratios)
    gaps = [_least_gap(*pair, pace) for pair in zip(curves["uniform"], curves["adaptive"], strict=True)]
    minutes = statistics.mean(curve.steps[-1] * pace["uniform"] / 60 for curve in curves["uniform"])
    plateaus = [100 * plateau_of(curve) for curve in curves["uniform"]]
    return [
        Row(
            name=f"time to the uniform model's plateau Dice, virtual pathology 128^2, finest leaf {FINEST}: {TOKENS} "
            f"adaptive against {(128 // FINEST) ** 2:,} uniform tokens, {len(SEEDS)} seeds",
            target=">= 13x",
            measured=f"{total:.0f}x = step ratio {step_ratio:.1f} x step-count ratio {spread(ratios)}; plateau Dice "
            f"{spread(plateaus)} after {minutes:.0f} min a seed, reached by {reached} of {len(SEEDS)} seeds (0x where "
            "not)",
            is_met=total >= 13 and reached == len(SEEDS),
            anchor="APF paper: 12.71x = 7.48 x 1.7",
            repetitions=len(SEEDS),
            values={"step_ratio": step_ratio, "step_counts": counts, "plateaus": plateaus, "step_seconds": pace},
        ),
        Row(
            name="Dice at equal wall-clock time against that grid",
            target="never below",
            measured=f"smallest gain over all times {min(gaps):+.1f} points; per seed {spread(gaps)}",
            is_met=min(gaps) >= 0,
            anchor="APF paper: +0.6",
            repetitions=len(SEEDS),
            values={"least_gain": gaps},
        ),
    ]


def plateau_of(curve: Curve) -> float:
    """Return the median Dice of the last part of a training."""
    late = curve.dice[curve.steps >= (1 - TAIL) * curve.steps[-1]]
    return float(statistics.median(late))


def _step_counts(slow: Curve, quick: Curve) -> tuple[float, float]:
    """Return the steps that both need to the plateau of the first."""
    wanted = plateau_of(slow)
    return slow.steps_to(wanted), quick.steps_to(wanted)


def _least_gap(slow: Curve, quick: Curve, pace: dict[str, float]) -> float:
    """Return the smallest lead in points, over all times at which the slower one was validated."""
    times = slow.steps * pace["uniform"]
    return min(
        100 * (quick.until(time / pace["adaptive"]) - slow.until(step))
        for time, step in zip(times, slow.steps, strict=True)
        if not math.isnan(quick.until(time / pace["adaptive"]))
    )
