"""How times are taken: in turn, so that a busy machine is busy for all, and as medians."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    name : str
        What was measured.
    target : str
        What is wanted.
    measured : str
        What came out.
    is_met : bool or None
        None where there is nothing to meet.
    anchor : str
        What to compare with, as its source says it.
    repetitions : int
        Times that every part was measured.
    values : mapping
        Plain numbers for the JSON file.
    """

    name: str
    target: str
    measured: str
    is_met: bool | None
    anchor: str = "-"
    repetitions: int = 1
    values: Mapping[str, Any] = field(default_factory=dict)


def in_turn(works: Mapping[str, Callable[[], Any]], repetitions: int) -> dict[str, list[float]]:
    """Return the seconds of every work, measured one after the other in every round; one round before counts not."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for round_number in range(repetitions + 1):
        for name, work in works.items():
            gc.collect()
            started = time.perf_counter()
            work()
            if round_number:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def ratio(seconds: Mapping[str, list[float]], name: str, reference: str) -> float:
    """Return the median over the rounds of one work's time over another's."""
    pairs = zip(seconds[name], seconds[reference], strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)


def median_ms(seconds: list[float]) -> float:
    """Return the median in milliseconds."""
    return 1e3 * statistics.median(seconds)
