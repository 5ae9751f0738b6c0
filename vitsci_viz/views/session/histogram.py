"""How often every value of a picture or a volume occurs, and which values to show as black and white."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.contrast import PERCENTILES

BINS = 256
ROOM = 0.02
"""Share of the range that is shown beyond the outer percentiles."""
WIDEST = (0.01, 99.99)
"""Percentiles that the axis of a histogram reaches to: a single hot voxel would make all else one bin."""

Span = tuple[float, float]
"""Values shown as black and as white."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Histogram:
    """Counts of equal bins.

    Parameters
    ----------
    counts : (n,) int64
        Values in every bin; those beyond the ends count in the first and the last one.
    low, high : float
        Lower end of the first bin, upper end of the last.
    least, most : float
        Smallest and largest value at all.
    auto : (float, float)
        Values to show as black and white: the outer percentiles.
    share : float
        Part of the whole that was counted.
    """

    counts: NDArray[np.int64]
    low: float
    high: float
    least: float
    most: float
    auto: Span
    share: float = 1.0


def histogram_of(values: NDArray[Any], *, share: float = 1.0) -> Histogram:
    """Count values; what is not finite is left out.

    Parameters
    ----------
    values : any shape, real
        In the unit that is shown.
    share : float
        Part of the whole that they are.

    Examples
    --------
    >>> found = histogram_of(np.arange(1000.0))
    >>> int(found.counts.sum()), round(found.auto[1])
    (1000, 998)
    """
    known = np.asarray(values, np.float64).ravel()
    known = known[np.isfinite(known)]
    if not known.size:
        return Histogram(
            counts=np.zeros(BINS, np.int64), low=0.0, high=1.0, least=0.0, most=1.0, auto=(0.0, 1.0), share=share
        )
    dark, low, high, bright = (float(v) for v in np.percentile(known, (WIDEST[0], *PERCENTILES, WIDEST[1])))
    if not high > low:
        low, high = low, low + max(1.0, abs(low))
    room = ROOM * (max(bright, high) - min(dark, low))
    first, last = min(dark, low) - room, max(bright, high) + room
    counts, _ = np.histogram(np.clip(known, first, last), bins=BINS, range=(first, last))
    return Histogram(
        counts=counts.astype(np.int64), low=first, high=last, least=float(known.min()), most=float(known.max()),
        auto=(low, high), share=share,
    )  # fmt: skip


def checked_span(span: Span, histogram: Histogram) -> Span:
    """Return a window of values that is at least one bin wide, the lower value first.

    >>> checked_span((300.0, 100.0), histogram_of(np.arange(1000.0)))
    (100.0, 300.0)
    """
    low, high = sorted(span)
    least = (histogram.high - histogram.low) / len(histogram.counts)
    return (low, high) if high - low >= least else (low, low + least)
