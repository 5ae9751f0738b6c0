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

Array = NDArray[Any]
TILE = 16
"""Side of a tile of pixels."""
GROUP = 4
"""Rows of pixels, or views, that are added together."""


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
def _under(t: float, columns: int, width: float) -> tuple[int, np.float32, np.float32]:
    """Return the detector pixel before a place, and what a tent there gives to it and to the next."""
    before = math.floor(t)
    after = t - before
    if before < -1 or before >= columns:
        return 0, np.float32(0), np.float32(0)
    this = max(0.0, 1 - after / width) / width
    following = max(0.0, 1 - (1 - after) / width) / width
    if before == -1:
        return 0, np.float32(following), np.float32(0)
    if before == columns - 1:
        return before - 1, np.float32(0), np.float32(this)
    return before, np.float32(this), np.float32(following)


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def add_lines(
    slices: Array, across: Array, along: Array, centre: float, middle: tuple[float, float], out: Array
) -> None:
    """Add up slices along the lines of some views that cross their rows steeply.

    Parameters
    ----------
    slices : (h, w, s) float32
        h and w are multiples of `GROUP`.
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
                    line = out[a, c]
                    for y in range(top, bottom, GROUP):
                        i0, p0, q0 = _beside(x - y * slope, left, right, weight)
                        i1, p1, q1 = _beside(x - (y + 1) * slope, left, right, weight)
                        i2, p2, q2 = _beside(x - (y + 2) * slope, left, right, weight)
                        i3, p3, q3 = _beside(x - (y + 3) * slope, left, right, weight)
                        u0, v0 = slices[y, i0], slices[y, i0 + 1]
                        u1, v1 = slices[y + 1, i1], slices[y + 1, i1 + 1]
                        u2, v2 = slices[y + 2, i2], slices[y + 2, i2 + 1]
                        u3, v3 = slices[y + 3, i3], slices[y + 3, i3 + 1]
                        for s in range(count):
                            line[s] += (
                                (p0 * u0[s] + q0 * v0[s])
                                + (p1 * u1[s] + q1 * v1[s])
                                + (p2 * u2[s] + q2 * v2[s])
                                + (p3 * u3[s] + q3 * v3[s])
                            )


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def add_shares(
    views: Array, cosines: Array, sines: Array, centre: float, rows: Array, columns: Array, out: Array
) -> None:
    """Add to some rows of a slice what every line through a pixel holds, by the pixel's share in that line.

    Parameters
    ----------
    views : (a, c, s) float32
        Line integrals; a is a multiple of `GROUP`, c at least 2.
    cosines, sines : (a,) float64
        Of the angles.
    centre : float
        Where the rotation axis falls on the detector, in pixels.
    rows, columns : (h,), (w,) float64
        Places of the pixels along y and x, in pixels about the axis.
    out : (h, w, s) float32
        Sums.
    """
    channels, count = views.shape[1], views.shape[2]
    widths = np.maximum(np.abs(cosines), np.abs(sines))
    for top in range(0, out.shape[0], TILE):
        for left in range(0, out.shape[1], TILE):
            for a in range(0, views.shape[0], GROUP):
                for y in range(top, min(top + TILE, out.shape[0])):
                    for x in range(left, min(left + TILE, out.shape[1])):
                        t0 = columns[x] * cosines[a] + rows[y] * sines[a] + centre
                        t1 = columns[x] * cosines[a + 1] + rows[y] * sines[a + 1] + centre
                        t2 = columns[x] * cosines[a + 2] + rows[y] * sines[a + 2] + centre
                        t3 = columns[x] * cosines[a + 3] + rows[y] * sines[a + 3] + centre
                        i0, p0, q0 = _under(t0, channels, widths[a])
                        i1, p1, q1 = _under(t1, channels, widths[a + 1])
                        i2, p2, q2 = _under(t2, channels, widths[a + 2])
                        i3, p3, q3 = _under(t3, channels, widths[a + 3])
                        u0, v0 = views[a, i0], views[a, i0 + 1]
                        u1, v1 = views[a + 1, i1], views[a + 1, i1 + 1]
                        u2, v2 = views[a + 2, i2], views[a + 2, i2 + 1]
                        u3, v3 = views[a + 3, i3], views[a + 3, i3 + 1]
                        line = out[y, x]
                        for s in range(count):
                            line[s] += (
                                (p0 * u0[s] + q0 * v0[s])
                                + (p1 * u1[s] + q1 * v1[s])
                                + (p2 * u2[s] + q2 * v2[s])
                                + (p3 * u3[s] + q3 * v3[s])
                            )
