"""Compiled loop that turns views about a place of the detector."""

import math
from typing import Any

import numba
from numpy.typing import NDArray

Array = NDArray[Any]


@numba.njit(cache=True, nogil=True, inline="always")
def _cubic(part: float) -> tuple[float, float, float, float]:
    """Return the weights of four samples about a place between the second and the third (Keys 1981, equation 15)."""
    rest = 1 - part
    return (
        -0.5 * part * rest * rest,
        1 + part * part * (1.5 * part - 2.5),
        1 + rest * rest * (1.5 * rest - 2.5),
        -0.5 * rest * part * part,
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def turn_rows(
    views: Array, first: int, total: int, centre: float, sine: float, cosine: float, start: int, out: Array
) -> None:
    """Turn some rows of views so that a leaning axis stands upright.

    Parameters
    ----------
    views : (a, h, w) float32
        Rows from `first` of views that have `total`.
    first, total : int
        Which rows they are. What lies beyond the detector is as its last row or column.
    centre : float
        Column of the place about which views turn; its row is the middle.
    sine, cosine : float
        Of the tilt.
    start : int
        First row of the result.
    out : (a, n, w) float32
        Turned rows.
    """
    width, middle = views.shape[2], (total - 1) / 2
    for y in range(out.shape[1]):
        z = start + y - middle
        for x in range(width):
            t = x - centre
            column, row = centre + t * cosine + z * sine, middle - t * sine + z * cosine
            j, i = math.floor(column), math.floor(row)
            p0, p1, p2, p3 = _cubic(column - j)
            q0, q1, q2, q3 = _cubic(row - i)
            j0, j1 = min(max(j - 1, 0), width - 1), min(max(j, 0), width - 1)
            j2, j3 = min(max(j + 1, 0), width - 1), min(max(j + 2, 0), width - 1)
            i0, i1 = min(max(i - 1, 0), total - 1) - first, min(max(i, 0), total - 1) - first
            i2, i3 = min(max(i + 1, 0), total - 1) - first, min(max(i + 2, 0), total - 1) - first
            for a in range(views.shape[0]):
                view = views[a]
                out[a, y, x] = (
                    q0 * (p0 * view[i0, j0] + p1 * view[i0, j1] + p2 * view[i0, j2] + p3 * view[i0, j3])
                    + q1 * (p0 * view[i1, j0] + p1 * view[i1, j1] + p2 * view[i1, j2] + p3 * view[i1, j3])
                    + q2 * (p0 * view[i2, j0] + p1 * view[i2, j1] + p2 * view[i2, j2] + p3 * view[i2, j3])
                    + q3 * (p0 * view[i3, j0] + p1 * view[i3, j1] + p2 * view[i3, j2] + p3 * view[i3, j3])
                )
