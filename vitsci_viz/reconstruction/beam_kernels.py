"""Compiled inner loops of parallel-beam back-projection: slices lie together, so that no load is scattered.

In parallel beam every slice sees the same lines, so a pixel's place on the detector is found once for all slices, and
the inner loop is nothing but multiplications and additions over contiguous slices. Pixels go in tiles whose sums and
shadow stay in the cache, and views in groups, so that a sum is loaded and stored once for several views.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.vector_lines import ALIGNED_BYTES, BEAMS, GROUP, LANES, add_interpolated

__all__ = ["BEAMS", "GROUP", "LANES", "TILE", "add_views"]

Array = NDArray[Any]
TILE = 32
"""Side of a tile of pixels."""
_SPARE = ALIGNED_BYTES // 4


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_views(
    views: Array, cosines: Array, sines: Array, centre: float, rows: Array, columns: Array, radius: float, out: Array
) -> None:
    """Write the back-projection of views into a row of tiles.

    Parameters
    ----------
    views : (a, c, s) float32
        Filtered line integrals; a is a multiple of `BEAMS`, c at least 2, s a multiple of `LANES`. Fast where they
        are aligned.
    cosines, sines : (a,) float64
        Of the angles.
    centre : float
        Where the rotation axis falls on the detector, in pixels.
    rows, columns : (h,), (w,) float64
        Places of the pixels along y and x, in pixels about the axis; h is `TILE` at the most.
    radius : float
        Pixels further from the axis are zero.
    out : (n, h, w) float32
        The first n of the s slices.
    """
    slices, width = views.shape[2], len(columns)
    spare = np.empty(TILE * TILE * slices + _SPARE, np.float32)
    skipped = -spare.ctypes.data % ALIGNED_BYTES // 4
    sums = spare[skipped : skipped + TILE * TILE * slices]
    for left in range(0, width, TILE):
        places = columns[left : left + TILE]
        sums[:] = 0
        _add_to_tile(views, cosines, sines, centre, rows, places, radius, sums)
        for y in range(len(rows)):
            for z in range(out.shape[0]):
                for x in range(len(places)):
                    out[z, y, left + x] = sums[(y * TILE + x) * slices + z]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_to_tile(
    views: Array, cosines: Array, sines: Array, centre: float, rows: Array, columns: Array, radius: float, sums: Array
) -> None:
    """Add views to the sums of one tile, slices together."""
    channels, slices = views.shape[1], views.shape[2]
    lines = views.reshape(-1)
    offsets, starts = np.empty(BEAMS), np.empty(BEAMS)
    for first in range(0, views.shape[0], BEAMS):
        slopes = cosines[first : first + BEAMS]
        for k in range(BEAMS):
            starts[k] = (first + k) * channels * slices
        for y in range(len(rows)):
            for k in range(BEAMS):
                offsets[k] = rows[y] * sines[first + k] + centre
            for x in range(len(columns)):
                if columns[x] * columns[x] + rows[y] * rows[y] > radius * radius:
                    continue
                place = (y * TILE + x) * slices
                add_interpolated(sums, place, lines, columns[x], slopes, offsets, starts, channels, slices)  # pyright: ignore[reportCallIssue]
