"""How fast this machine trains: known from earlier runs, else guessed from a matrix product."""

import itertools
import time
from collections.abc import Callable, Sequence
from functools import cache
from statistics import median
from typing import Any

import numpy as np

from vitsci_viz.views.session.estimate import Speed

PROBE_SIDE = 1024
PROBE_REPEATS = 3
REACHED_SHARE = 0.6
"""Of the speed of a large matrix product, what a training step reaches (0.58 to 0.78 on one processor core)."""
ENOUGH_STEPS = 5
"""A run says how fast the machine is after so many steps; the first ones, which cut trees, are left out."""


@cache
def probe_speed() -> Speed:
    """Time a matrix product in float32 (about 0.1 s, once per process)."""
    rng = np.random.default_rng(0)
    left, right = (rng.random((PROBE_SIDE, PROBE_SIDE), np.float32) for _ in range(2))
    shortest = min(_timed(lambda: left @ right) for _ in range(PROBE_REPEATS))
    return Speed(
        flops_per_s=REACHED_SHARE * 2 * PROBE_SIDE**3 / shortest,
        source=f"guessed from a matrix product timed on this machine's processor, of whose speed training reaches "
        f"about {REACHED_SHARE:.0%}",
    )


def speed_of_run(
    rows: Sequence[dict[str, Any]], flops_per_step: float, *, name: str, overhead_s: float = 0.0
) -> Speed | None:
    """Read from the metrics of a run how fast the machine was; None where it has too few steps.

    Parameters
    ----------
    rows : sequence of dict
        Lines of ``metrics.jsonl``.
    flops_per_step : float
        Operations of one of its steps, counted as those of the run that is planned.
    name : str
        What the run is called.
    overhead_s : float
        Seconds of a step that no operation accounts for; where they are most of it, the run says nothing.
    """
    if len(rows) < 2 * ENOUGH_STEPS:
        return None
    later = rows[ENOUGH_STEPS:]
    gaps = [
        after["seconds"] - before["seconds"]
        for before, after in itertools.pairwise(later)
        if after["step"] == before["step"] + 1 and after["seconds"] > before["seconds"]
    ]
    if len(gaps) < ENOUGH_STEPS - 1:
        return None
    seconds = median(gaps) - overhead_s
    if seconds < overhead_s:
        return None
    return Speed(flops_per_s=flops_per_step / seconds, source=f"from the speed of the run {name} on this machine")


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
