"""The curves of a run while it goes on: lines are read as they come, and thinned to what a screen can show."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.training.run_folder import RunFolder, read_metrics

CURVE_POINTS = 600
"""A chart is hardly wider in pixels."""
SMOOTH_SHARE = 0.03
"""Of a run's steps, those that a smoothed loss looks back on."""

Floats = NDArray[np.float64]


def _none() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False, kw_only=True)
class Curves:
    """What is drawn of a run.

    Parameters
    ----------
    step, minutes, loss, smooth : (n,) float64
        The loss, thinned by means over neighbouring steps, and smoothed; `minutes` is the time of training.
    dice_step, dice_minutes, dice : (k,) float64
        Mean Dice of every validation.
    """

    step: Floats = field(default_factory=_none)
    minutes: Floats = field(default_factory=_none)
    loss: Floats = field(default_factory=_none)
    smooth: Floats = field(default_factory=_none)
    dice_step: Floats = field(default_factory=_none)
    dice_minutes: Floats = field(default_factory=_none)
    dice: Floats = field(default_factory=_none)


class MetricsReader:
    """Follows ``metrics.jsonl``: every look reads only what has been added.

    A resumed run drops lines and writes them again; then everything is read anew.

    Parameters
    ----------
    folder : RunFolder
        The run; it need not have begun.

    Attributes
    ----------
    rows : list of dict
        All lines so far.
    changes : int
        How often there was anything new.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.rows: list[dict[str, Any]] = []
        self.changes = 0
        self._next_byte = 0

    def look(self) -> bool:
        """Read what has been added; return whether there was anything."""
        try:
            rows, next_byte = read_metrics(self.folder, after_byte=self._next_byte)
        except ValueError:  # lines were dropped under way, and this looked into the middle of one
            rows, next_byte = [], -1
        is_next = not rows or not self.rows or rows[0]["step"] == self.rows[-1]["step"] + 1
        if next_byte < self._next_byte or not is_next:
            self.rows, self._next_byte = read_metrics(self.folder)
            self.changes += 1
            return True
        self.rows += rows
        self._next_byte = next_byte
        self.changes += bool(rows)
        return bool(rows)

    @property
    def last(self) -> dict[str, Any]:
        """The newest line; empty before the first one."""
        return self.rows[-1] if self.rows else {}

    @property
    def best_dice(self) -> float | None:
        """The best validation so far."""
        known = [row["val_dice"] for row in self.rows if row.get("val_dice") is not None]
        return max(known) if known else None


def curves_of(rows: list[dict[str, Any]], *, points: int = CURVE_POINTS) -> Curves:
    """Return what is drawn of a run's lines.

    Parameters
    ----------
    rows : list of dict
        Lines of ``metrics.jsonl``.
    points : int
        Most points of the loss.

    Examples
    --------
    >>> rows = [{"step": n, "loss": 1 / n, "seconds": 2.0 * n, "val_dice": 0.5 if n == 4 else None}
    ...         for n in range(1, 5)]
    >>> found = curves_of(rows, points=2)
    >>> found.step.tolist(), found.dice.tolist()
    ([1.5, 3.5], [0.5])
    """
    if not rows:
        return Curves()
    step, seconds, loss = (np.array([row[name] for row in rows], np.float64) for name in ("step", "seconds", "loss"))
    smooth = smoothed(loss, max(1.0, SMOOTH_SHARE * len(rows)))
    bins = np.arange(len(rows)) * min(points, len(rows)) // len(rows)
    seen = [row for row in rows if row.get("val_dice") is not None]
    return Curves(
        step=_means(step, bins),
        minutes=_means(seconds, bins) / 60,
        loss=_means(loss, bins),
        smooth=_means(smooth, bins),
        dice_step=np.array([row["step"] for row in seen], np.float64),
        dice_minutes=np.array([row["seconds"] for row in seen], np.float64) / 60,
        dice=np.array([row["val_dice"] for row in seen], np.float64),
    )


def smoothed(values: Floats, window: float) -> Floats:
    """Return the exponential moving average that looks back on about `window` values, without a bias at the start.

    >>> smoothed(np.array([3.0, 3.0, 3.0]), 2.0).tolist()
    [3.0, 3.0, 3.0]
    """
    keep = 1 - 1 / max(1.0, window)
    result = np.empty_like(values)
    total = weight = 0.0
    for place, value in enumerate(values):
        total, weight = keep * total + value, keep * weight + 1
        result[place] = total / weight
    return result


def _means(values: Floats, bins: NDArray[np.int64]) -> Floats:
    return np.bincount(bins, weights=values) / np.bincount(bins)
