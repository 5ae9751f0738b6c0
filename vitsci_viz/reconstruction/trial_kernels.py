"""Compiled loops over the pixels inside the circle of trial slices: no copy of them is made."""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _ends(row: int, side: int, radius: float) -> tuple[int, int]:
    """Return the first pixel of a row inside the circle about the middle of a slice, and the one after the last."""
    middle = (side - 1) / 2
    left = radius * radius - (row - middle) ** 2
    if left < 0:
        return 0, 0
    half = math.sqrt(left)
    return max(0, math.ceil(middle - half)), min(side, math.floor(middle + half) + 1)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def sums_inside(slices: Array, radius: float) -> Array:
    """Return what the pixels of every slice inside a circle add up to.

    Parameters
    ----------
    slices : (k, n, n) float
        Trial slices.
    radius : float
        Of the circle, in pixels.

    Returns
    -------
    (k, 2) float64
        Of values, and of magnitudes.
    """
    found = np.zeros((len(slices), 2))
    side = slices.shape[1]
    for k in range(len(slices)):
        for y in range(side):
            first, stop = _ends(y, side, radius)
            for x in range(first, stop):
                found[k, 0] += slices[k, y, x]
                found[k, 1] += abs(slices[k, y, x])
    return found


@numba.njit(cache=True, nogil=True, error_model="numpy")
def range_inside(slices: Array, radius: float) -> tuple[float, float]:
    """Return the smallest and the largest value inside a circle of all slices (k, n, n)."""
    low, high = np.inf, -np.inf
    side = slices.shape[1]
    for k in range(len(slices)):
        for y in range(side):
            first, stop = _ends(y, side, radius)
            for x in range(first, stop):
                low, high = min(low, slices[k, y, x]), max(high, slices[k, y, x])
    return low, high


@numba.njit(cache=True, nogil=True, error_model="numpy")
def histograms_inside(slices: Array, radius: float, low: float, high: float, bins: int) -> Array:
    """Count the values inside a circle of every slice; each counts for the two bins that it lies between.

    Parameters
    ----------
    slices : (k, n, n) float
        Trial slices.
    radius : float
        Of the circle, in pixels.
    low, high : float
        Places of the first bin and of the last one; all values lie between.
    bins : int
        Evenly spaced.

    Returns
    -------
    (k, bins) float64
    """
    found = np.zeros((len(slices), bins))
    scale, side = (bins - 1) / (high - low), slices.shape[1]
    for k in range(len(slices)):
        for y in range(side):
            first, stop = _ends(y, side, radius)
            for x in range(first, stop):
                place = (slices[k, y, x] - low) * scale
                index = min(int(place), bins - 2)
                found[k, index] += 1 - (place - index)
                found[k, index + 1] += place - index
    return found
