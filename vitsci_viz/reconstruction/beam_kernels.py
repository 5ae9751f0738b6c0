"""Compiled inner loops of parallel-beam back-projection: slices lie together, so that no load is scattered.

In parallel beam every slice sees the same lines, so a pixel's place on the detector is found once for all slices, and
the inner loop is nothing but multiplications and additions over contiguous slices. Pixels go in tiles whose shadow
stays in the cache, and views in groups, so that a sum is loaded and stored once for several views.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.vector_lines import GROUP, LANES, add_pairs

__all__ = ["GROUP", "LANES", "TILE", "add_views"]

Array = NDArray[Any]
TILE = 32
"""Side of a tile of pixels."""


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_views(
    views: Array, cosines: Array, sines: Array, centre: float, rows: Array, columns: Array, radius: float, out: Array
) -> None:
    """Add the back-projection of views to some rows of a slice.

    Parameters
    ----------
    views : (a, c, s) float32
        Filtered line integrals; a is a multiple of `GROUP`, c at least 2, s a multiple of `LANES`.
    cosines, sines : (a,) float64
        Of the angles.
    centre : float
        Where the rotation axis falls on the detector, in pixels.
    rows, columns : (h,), (w,) float64
        Places of the pixels along y and x, in pixels about the axis.
    radius : float
        Pixels further from the axis are left out.
    out : (h, w, s) float32
        Sums.
    """
    channels, slices, width = views.shape[1], views.shape[2], out.shape[1]
    lines, sums = views.reshape(-1), out.reshape(-1)
    starts = np.empty(GROUP, np.int64)
    before, after = np.empty(GROUP, np.float32), np.empty(GROUP, np.float32)
    for top in range(0, out.shape[0], TILE):
        for left in range(0, width, TILE):
            for first in range(0, views.shape[0], GROUP):
                for y in range(top, min(top + TILE, out.shape[0])):
                    for x in range(left, min(left + TILE, width)):
                        if columns[x] * columns[x] + rows[y] * rows[y] > radius * radius:
                            continue
                        for k in range(GROUP):
                            a = first + k
                            t = columns[x] * cosines[a] + rows[y] * sines[a] + centre
                            index, before[k], after[k] = 0, 0, 0
                            if 0 <= t <= channels - 1:
                                index = min(int(t), channels - 2)
                                after[k] = np.float32(t - index)
                                before[k] = np.float32(1) - after[k]
                            starts[k] = (a * channels + index) * slices
                        place = (y * width + x) * slices
                        add_pairs(sums, place, lines, starts, before, after, slices)  # pyright: ignore[reportCallIssue]
