"""Compiled inner loops over the samples of a sinogram: transmission, medians, filling of gaps."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def transmission(counts: Array, dark: Array, fields: Array, series: Array, share: Array, out: Array) -> None:
    """Divide counts above the dark by the beam at the time of every view.

    Parameters
    ----------
    counts : (a, c)
        Of one detector row.
    dark : (c,) float32
        Counts without the beam.
    fields : (series, c) float32
        Counts of the beam above the dark.
    series : (a,) int64
        The series of flats before every view.
    share : (a,) float32
        Of the series after it.
    out : (a, c) float32
        Filled with the transmission.
    """
    last = fields.shape[0] - 1
    for a in range(counts.shape[0]):
        before, after, weight = fields[series[a]], fields[min(series[a] + 1, last)], share[a]
        for c in range(counts.shape[1]):
            beam = before[c] + weight * (after[c] - before[c])
            out[a, c] = (np.float32(counts[a, c]) - dark[c]) / beam


@numba.njit(cache=True, nogil=True, inline="always")
def _median5(a: float, b: float, c: float, d: float, e: float) -> float:
    """Return the middle one of five values by comparing pairs."""
    a, b = min(a, b), max(a, b)
    d, e = min(d, e), max(d, e)
    a, d = min(a, d), max(a, d)
    b, e = min(b, e), max(b, e)
    b, c = min(b, c), max(b, c)
    c, d = min(c, d), max(c, d)
    return max(b, min(c, d))


@numba.njit(cache=True, nogil=True, inline="always")
def _mirror(index: int, count: int) -> int:
    """Return the index that a place up to two beyond an end is a mirror image of."""
    if index < 0:
        index = -index
    return 2 * (count - 1) - index if index >= count else index


@numba.njit(cache=True, nogil=True, inline="always")
def _stands_out(here: float, line: Array, first: int, last: int, limit: float) -> bool:
    """Tell whether a value lies above all of a part of a line by more than a limit."""
    for c in range(max(first, 0), min(last + 1, len(line))):  # noqa: SIM110 - Numba compiles no generators
        if here - line[c] <= limit:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def mark_outliers(values: Array, limit: float, ceiling: float, reach: int, marks: Array) -> int:
    """Mark samples that are brighter than all around them; return how many there are.

    Parameters
    ----------
    values : (a, c) float32
        Of one detector row; at least three columns.
    limit : float
        Largest difference that is left alone.
    ceiling : float
        No sample is as bright: above it, standing out from its own view is enough.
    reach : int
        Columns that the sample may move from one view to the next.
    marks : (a, c) bool
        Set where a sample is an outlier, left elsewhere.
    """
    views, columns = values.shape
    found = 0
    for a in range(views):
        line = values[a]
        for c in range(columns):
            here = line[c]
            left2, left1 = line[_mirror(c - 2, columns)], line[_mirror(c - 1, columns)]
            right1, right2 = line[_mirror(c + 1, columns)], line[_mirror(c + 2, columns)]
            if here - _median5(left2, left1, here, right1, right2) <= limit:
                continue
            is_possible = here <= ceiling
            if is_possible and a > 0 and not _stands_out(here, values[a - 1], c - reach, c + reach, limit):
                continue
            if is_possible and a + 1 < views and not _stands_out(here, values[a + 1], c - reach, c + reach, limit):
                continue
            marks[a, c] = True
            found += 1
    return found


@numba.njit(cache=True, nogil=True)
def fill_gaps(values: Array, gaps: Array) -> int:
    """Fill marked samples in place, between the nearest others of the view or else of the views before and after.

    Parameters
    ----------
    values : (a, c) float32
        Of one detector row.
    gaps : (a, c) bool
        What to fill.

    Returns
    -------
    int
        Views that had no sample at all; where every view is so, nothing is filled.
    """
    views, columns = values.shape
    is_lost = np.zeros(views, np.bool_)
    for a in range(views):
        is_lost[a] = not _fill_line(values[a], gaps[a])
    lost = is_lost.sum()
    if 0 < lost < views:
        line, gap = np.empty(views, values.dtype), is_lost.copy()
        for c in range(columns):
            line[:] = values[:, c]
            _fill_line(line, gap)
            values[:, c] = line
    return lost


@numba.njit(cache=True, nogil=True)
def _fill_line(line: Array, gaps: Array) -> bool:
    """Fill gaps of one line by linear interpolation, its ends by the nearest; False where all are gaps."""
    count, last = len(line), -1
    for i in range(count):
        if gaps[i]:
            continue
        if last < 0:
            line[:i] = line[i]
        else:
            for j in range(last + 1, i):
                line[j] = line[last] + (line[i] - line[last]) * (j - last) / (i - last)
        last = i
    if last >= 0:
        line[last + 1 :] = line[last]
    return last >= 0
