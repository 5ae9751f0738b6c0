"""Compiled running median of many lines."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@numba.njit(cache=True, nogil=True)
def running_median(lines: Array, size: int, out: Array) -> None:
    """Take the running median along the last axis; lines go on beyond their ends as their mirror image.

    The window is kept in order, and one value in it is changed from place to place: for windows of some ten values
    that is several times faster than ranking each anew.

    Parameters
    ----------
    lines : (n, c) float32
        Finite.
    size : int
        Of the window, at most c; of an even number the upper of the middle values counts.
    out : (n, c) float32
        Filled.
    """
    window = np.empty(size, lines.dtype)
    half, columns = size // 2, lines.shape[1]
    for n in range(lines.shape[0]):
        line = lines[n]
        for k in range(size):
            window[k] = line[_reflected(k - half, columns)]
        window.sort()
        out[n, 0] = window[half]
        for c in range(1, columns):
            gone, new = line[_reflected(c - 1 - half, columns)], line[_reflected(c + size - 1 - half, columns)]
            _exchange(window, gone, new)
            out[n, c] = window[half]


@numba.njit(cache=True, nogil=True, inline="always")
def _reflected(index: int, count: int) -> int:
    """Return the index that a place beyond an end is a mirror image of, the end itself taken twice."""
    if index < 0:
        return -index - 1
    return 2 * count - 1 - index if index >= count else index


@numba.njit(cache=True, nogil=True, inline="always")
def _exchange(window: Array, gone: float, new: float) -> None:
    """Put a new value for one that is gone into an ordered window."""
    place = np.searchsorted(window, gone)
    while place + 1 < len(window) and window[place + 1] < new:
        window[place] = window[place + 1]
        place += 1
    while place > 0 and window[place - 1] > new:
        window[place] = window[place - 1]
        place -= 1
    window[place] = new
