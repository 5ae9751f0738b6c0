"""Compiled inner loops of the forward projector and its adjoint: slices lie together, as in `beam_kernels`.

A pixel at t = x cos(angle) + y sin(angle) + centre gives to detector pixel c what a tent of half width m at its place
holds there, max(0, 1 - |c - t| / m) / m with m = max(|cos|, |sin|). Along a line that is Joseph's sum: one step a row
(or column, whichever the line crosses more steeply), linear between the two pixels beside it. One kernel reads that
matrix by rows, the other by columns.
"""

import math
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.vector_lines import GROUP, LANES, add_pairs

__all__ = ["GROUP", "LANES", "TILE", "add_lines", "add_shares"]

Array = NDArray[Any]
TILE = 32
"""Side of a tile of pixels, whole groups of rows."""


@numba.njit(cache=True, nogil=True, inline="always")
def _beside(x: float, first: int, stop: int, weight: float) -> tuple[int, np.float32, np.float32]:
    """Return the pixel before a place, and the shares of it and of the next; those outside first to stop get none."""
    before = math.floor(x)
    after = x - before
    if before < first - 1 or before >= stop:
        return first, np.float32(0), np.float32(0)
    if before == first - 1:
        return first, np.float32(weight * after), np.float32(0)
    if before == stop - 1:
        return before - 1, np.float32(0), np.float32(weight * (1 - after))
    return before, np.float32(weight * (1 - after)), np.float32(weight * after)


@numba.njit(cache=True, nogil=True, inline="always")
def _under(t: float, columns: int, steep: float) -> tuple[int, np.float32, np.float32]:
    """Return the detector pixel before a place, and what a tent 1 / steep wide there gives it and the next."""
    before = math.floor(t)
    after = t - before
    if before < -1 or before >= columns:
        return 0, np.float32(0), np.float32(0)
    this = max(0.0, 1 - after * steep) * steep
    following = max(0.0, 1 - (1 - after) * steep) * steep
    if before == -1:
        return 0, np.float32(following), np.float32(0)
    if before == columns - 1:
        return before - 1, np.float32(0), np.float32(this)
    return before, np.float32(this), np.float32(following)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_lines(
    slices: Array, across: Array, along: Array, centre: float, middle: tuple[float, float], out: Array
) -> None:
    """Add up slices along the lines of some views that cross their rows steeply.

    Parameters
    ----------
    slices : (h, w, s) float32
        h and w are multiples of `GROUP`, s of `LANES`.
    across, along : (a,) float64
        Of the angles: the cosines and sines where lines run along the first axis; |across| >= |along|.
    centre : float
        Where the rotation axis falls on the detector, in pixels.
    middle : (float, float)
        Pixel of the axis along both axes of a slice.
    out : (a, c, s) float32
        Sums.
    """
    height, width, count = slices.shape
    columns = out.shape[1]
    pixels, sums = slices.reshape(-1), out.reshape(-1)
    starts = np.empty(GROUP, np.int64)
    before, after = np.empty(GROUP, np.float32), np.empty(GROUP, np.float32)
    for top in range(0, height, TILE):
        bottom = min(top + TILE, height)
        for left in range(0, width, TILE):
            right = min(left + TILE, width)
            for a in range(out.shape[0]):
                # Where the shadow of the tile, a pixel wider on either side, begins and ends on the detector.
                half = (right - left + 1) / 2 * abs(across[a]) + (bottom - top) / 2 * abs(along[a])
                shadow = ((left + right - 1) / 2 - middle[1]) * across[a] + centre
                shadow += ((top + bottom - 1) / 2 - middle[0]) * along[a]
                start = max(0, math.floor(shadow - half))
                stop = min(columns, math.ceil(shadow + half) + 1)
                slope, weight = along[a] / across[a], 1 / abs(across[a])
                for c in range(start, stop):
                    x = (c - centre) / across[a] + middle[1] + middle[0] * slope
                    place = (a * columns + c) * count
                    for first in range(top, bottom, GROUP):
                        for k in range(GROUP):
                            y = first + k
                            index, before[k], after[k] = _beside(x - y * slope, left, right, weight)
                            starts[k] = (y * width + index) * count
                        add_pairs(sums, place, pixels, starts, before, after, count)  # pyright: ignore[reportCallIssue]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_shares(
    views: Array, cosines: Array, sines: Array, centre: float, rows: Array, columns: Array, out: Array
) -> None:
    """Add to some rows of a slice what every line through a pixel holds, by the pixel's share in that line.

    Parameters
    ----------
    views : (a, c, s) float32
        Line integrals; a is a multiple of `GROUP`, c at least 2, s a multiple of `LANES`.
    cosines, sines : (a,) float64
        Of the angles.
    centre : float
        Where the rotation axis falls on the detector, in pixels.
    rows, columns : (h,), (w,) float64
        Places of the pixels along y and x, in pixels about the axis.
    out : (h, w, s) float32
        Sums.
    """
    channels, count, width = views.shape[1], views.shape[2], out.shape[1]
    lines, sums = views.reshape(-1), out.reshape(-1)
    starts = np.empty(GROUP, np.int64)
    before, after = np.empty(GROUP, np.float32), np.empty(GROUP, np.float32)
    steep = 1 / np.maximum(np.abs(cosines), np.abs(sines))
    for top in range(0, out.shape[0], TILE):
        for left in range(0, width, TILE):
            for first in range(0, views.shape[0], GROUP):
                for y in range(top, min(top + TILE, out.shape[0])):
                    for x in range(left, min(left + TILE, width)):
                        for k in range(GROUP):
                            a = first + k
                            t = columns[x] * cosines[a] + rows[y] * sines[a] + centre
                            index, before[k], after[k] = _under(t, channels, steep[a])
                            starts[k] = (a * channels + index) * count
                        place = (y * width + x) * count
                        add_pairs(sums, place, lines, starts, before, after, count)  # pyright: ignore[reportCallIssue]
