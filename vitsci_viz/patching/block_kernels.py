"""Compiled inner loops over blocks: sums that NumPy and OpenCV cannot express in one pass.

All arrays are three-dimensional (z, y, x), or four-dimensional with channels last; thinner data get axes of
length one. Sums are exact in float64 for integer input, so no result depends on tiles or threads.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
GRADIENT_STEPS = 16
"""Gradient magnitudes are rounded to this fraction of a grey level, which makes their sums exact."""


@numba.njit(cache=True, nogil=True)
def block_gradient(volume: Array, skip: Array, blocks: Array, out: Array) -> None:
    """Sum the gradient magnitude over blocks.

    Parameters
    ----------
    volume : (z, y, x)
        Values with a margin on every side that has neighbours; differences are one-sided at its ends.
    skip : (3, 2) int64
        Margin before and after on every axis that is read but not summed.
    blocks : (3,) int64
        Sides of a block.
    out : (bz, by, bx) float64
        Sums, in `GRADIENT_STEPS` fractions of a grey level.
    """
    nz, ny, nx = volume.shape
    sums = np.zeros(nx, np.float32)
    across = np.zeros(nx, np.float32)
    for bz in range(out.shape[0]):
        for by in range(out.shape[1]):
            z0 = skip[0, 0] + bz * blocks[0]
            y0 = skip[1, 0] + by * blocks[1]
            for z in range(z0, min(z0 + blocks[0], nz - skip[0, 1])):
                za, zb = max(z - 1, 0), min(z + 1, nz - 1)
                zf = np.float32(1.0 / max(zb - za, 1))
                sums[:] = 0
                for y in range(y0, min(y0 + blocks[1], ny - skip[1, 1])):
                    ya, yb = max(y - 1, 0), min(y + 1, ny - 1)
                    yf = np.float32(1.0 / max(yb - ya, 1))
                    row = volume[z, y]
                    for x in range(1, nx - 1):
                        across[x] = (np.float32(row[x + 1]) - np.float32(row[x - 1])) * np.float32(0.5)
                    if nx > 1:
                        across[0] = np.float32(row[1]) - np.float32(row[0])
                        across[nx - 1] = np.float32(row[nx - 1]) - np.float32(row[nx - 2])
                    above, below = volume[z, ya], volume[z, yb]
                    before, behind = volume[za, y], volume[zb, y]
                    for x in range(nx):
                        dz = (np.float32(behind[x]) - np.float32(before[x])) * zf
                        dy = (np.float32(below[x]) - np.float32(above[x])) * yf
                        norm = np.sqrt(dz * dz + dy * dy + across[x] * across[x])
                        sums[x] += np.float32(np.int32(norm * np.float32(16.0) + np.float32(0.5)))
                for bx in range(out.shape[2]):
                    x0 = skip[2, 0] + bx * blocks[2]
                    total = 0.0
                    for x in range(x0, min(x0 + blocks[2], nx - skip[2, 1])):
                        total += sums[x]
                    out[bz, by, bx] += total


@numba.njit(cache=True, nogil=True)
def block_moments(volume: Array, shift: float, blocks: Array, total: Array, square: Array) -> None:
    """Sum values and squares over blocks.

    Parameters
    ----------
    volume : (z, y, x, c)
        Values.
    shift : float
        Subtracted first, against cancellation; whole for integers.
    blocks : (3,) int64
        Sides of a block.
    total : (bz, by, bx, c) float64
        Sums per channel.
    square : (bz, by, bx) float64
        Sums of squares over all channels.
    """
    nz, ny, nx, channels = volume.shape
    lines = volume.reshape(nz, ny, nx * channels)
    sums = np.zeros(nx * channels)
    squares = np.zeros(nx * channels)
    for bz in range(total.shape[0]):
        for by in range(total.shape[1]):
            sums[:] = 0
            squares[:] = 0
            for z in range(bz * blocks[0], min((bz + 1) * blocks[0], nz)):
                for y in range(by * blocks[1], min((by + 1) * blocks[1], ny)):
                    line = lines[z, y]
                    for i in range(len(line)):
                        value = np.float64(line[i]) - shift
                        sums[i] += value
                        squares[i] += value * value
            for bx in range(total.shape[2]):
                i = bx * blocks[2] * channels
                found = 0.0
                for _ in range(bx * blocks[2], min((bx + 1) * blocks[2], nx)):
                    for c in range(channels):
                        total[bz, by, bx, c] += sums[i]
                        found += squares[i]
                        i += 1
                square[bz, by, bx] += found


@numba.njit(cache=True, nogil=True)
def block_errors(total: Array, square: Array, deep: Array, high: Array, wide: Array, out: Array) -> None:
    """Write the sum of squared deviations from the mean of every block, over channels.

    Parameters
    ----------
    total : (bz, by, bx, c) float64
        Sums per channel.
    square : (bz, by, bx) float64
        Sums of squares over all channels.
    deep, high, wide : (bz,), (by,), (bx,) float64
        Samples of a block along every axis.
    out : (bz, by, bx) float64
        Never below 0.
    """
    for bz in range(out.shape[0]):
        for by in range(out.shape[1]):
            lines = deep[bz] * high[by]
            for bx in range(out.shape[2]):
                power = 0.0
                for c in range(total.shape[3]):
                    power += total[bz, by, bx, c] * total[bz, by, bx, c]
                out[bz, by, bx] = max(square[bz, by, bx] - power / (lines * wide[bx]), 0.0)


@numba.njit(cache=True, nogil=True)
def block_counts(edges: Array, skip: Array, side: Array, out: Array) -> None:
    """Count the odd pixels of an edge map (0 or 255) in every block.

    Parameters
    ----------
    edges : (y, x) uint8
        Edges with a margin.
    skip : (2, 2) int64
        Margin before and after on every axis that is not counted.
    side : (2,) int64
        Sides of a block, at most 65,535.
    out : (by, bx) unsigned
        Counts, written in place.
    """
    bottom = edges.shape[0] - skip[0, 1]
    left, width = skip[1, 0], edges.shape[1] - skip[1, 0] - skip[1, 1]
    sums = np.zeros(width, np.uint16)
    for by in range(out.shape[0]):
        sums[:] = 0
        y0 = skip[0, 0] + by * side[0]
        for y in range(y0, min(y0 + side[0], bottom)):
            row = edges[y, left : left + width]
            for x in range(width):
                sums[x] += row[x] & 1
        for bx in range(out.shape[1]):
            total = 0
            for x in range(bx * side[1], min((bx + 1) * side[1], width)):
                total += sums[x]
            out[by, bx] = total


@numba.njit(cache=True, nogil=True)
def gradient_histogram(grey: Array, counts: Array) -> None:
    """Count the values of Canny's gradient magnitude: the sum of both absolute Sobel derivatives.

    Parameters
    ----------
    grey : (y, x) uint8
        Pixels beyond the border repeat it.
    counts : (2048,) int64
        Added to in place.
    """
    height, width = grey.shape
    smooth, steep = np.zeros(width + 2, np.int16), np.zeros(width + 2, np.int16)
    strength = np.zeros(width, np.int16)
    for y in range(height):
        above, line, below = grey[max(y - 1, 0)], grey[y], grey[min(y + 1, height - 1)]
        for x in range(width):
            smooth[x + 1] = np.int16(above[x]) + np.int16(2) * np.int16(line[x]) + np.int16(below[x])
            steep[x + 1] = np.int16(below[x]) - np.int16(above[x])
        smooth[0], smooth[width + 1] = smooth[1], smooth[width]
        steep[0], steep[width + 1] = steep[1], steep[width]
        for x in range(width):
            along_x = smooth[x + 2] - smooth[x]
            along_y = steep[x] + 2 * steep[x + 1] + steep[x + 2]
            strength[x] = abs(along_x) + abs(along_y)
        for x in range(width):
            counts[strength[x]] += 1
