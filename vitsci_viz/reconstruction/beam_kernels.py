"""Compiled inner loops of parallel-beam back-projection: slices lie together, so that no load is scattered.

In parallel beam every slice sees the same lines, so a pixel's place on the detector is found once for all slices, and
the inner loop is nothing but multiplications and additions over contiguous slices. Pixels go in tiles whose shadow
stays in the cache, and views in groups, so that a sum is loaded and stored once for several views.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
TILE = 16
"""Side of a tile of pixels."""
GROUP = 4
"""Views that are added together."""


@numba.njit(cache=True, nogil=True, inline="always")
def _hit(t: float, columns: int) -> tuple[int, np.float32, np.float32]:
    """Return the detector pixel before a place, and the weights of it and of the next; zero outside."""
    if t < 0 or t > columns - 1:
        return 0, np.float32(0), np.float32(0)
    index = min(int(t), columns - 2)
    after = np.float32(t - index)
    return index, np.float32(1) - after, after


@numba.njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def add_views(
    views: Array, cosines: Array, sines: Array, centre: float, rows: Array, columns: Array, out: Array
) -> None:
    """Add the back-projection of views to some rows of a slice.

    Parameters
    ----------
    views : (a, c, s) float32
        Filtered line integrals; a is a multiple of `GROUP`, c at least 2.
    cosines, sines : (a,) float64
        Of the angles.
    centre : float
        Where the rotation axis falls on the detector, in pixels.
    rows, columns : (h,), (w,) float64
        Places of the pixels along y and x, in pixels about the axis.
    out : (h, w, s) float32
        Sums.
    """
    channels, slices = views.shape[1], views.shape[2]
    for top in range(0, out.shape[0], TILE):
        for left in range(0, out.shape[1], TILE):
            for a in range(0, views.shape[0], GROUP):
                for y in range(top, min(top + TILE, out.shape[0])):
                    t0 = rows[y] * sines[a] + centre
                    t1 = rows[y] * sines[a + 1] + centre
                    t2 = rows[y] * sines[a + 2] + centre
                    t3 = rows[y] * sines[a + 3] + centre
                    for x in range(left, min(left + TILE, out.shape[1])):
                        i0, p0, q0 = _hit(t0 + columns[x] * cosines[a], channels)
                        i1, p1, q1 = _hit(t1 + columns[x] * cosines[a + 1], channels)
                        i2, p2, q2 = _hit(t2 + columns[x] * cosines[a + 2], channels)
                        i3, p3, q3 = _hit(t3 + columns[x] * cosines[a + 3], channels)
                        u0, v0 = views[a, i0], views[a, i0 + 1]
                        u1, v1 = views[a + 1, i1], views[a + 1, i1 + 1]
                        u2, v2 = views[a + 2, i2], views[a + 2, i2 + 1]
                        u3, v3 = views[a + 3, i3], views[a + 3, i3 + 1]
                        line = out[y, x]
                        for s in range(slices):
                            line[s] += (
                                (p0 * u0[s] + q0 * v0[s])
                                + (p1 * u1[s] + q1 * v1[s])
                                + (p2 * u2[s] + q2 * v2[s])
                                + (p3 * u3[s] + q3 * v3[s])
                            )
