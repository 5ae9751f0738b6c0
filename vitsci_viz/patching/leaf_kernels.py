"""Compiled inner loops over leaves: cut, put back, paint and tally in one pass.

All arrays are three-dimensional (z, y, x), or four-dimensional with channels last; thinner data get axes of
length one. Sums are exact in float64 for integer input, so no result depends on tiles or threads.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@numba.njit(cache=True, nogil=True)
def gather_means(volume: Array, start: Array, rows: Array, cell: Array, is_exact: bool, sums: Array, out: Array) -> int:
    """Average the pixels of every token cell of leaves of one size; cells outside the image stay zero.

    Parameters
    ----------
    volume : (z, y, x, c)
        Values.
    start : (n, 3) int64
        First pixel of every leaf.
    rows : (n,) int64
        Row of `out` of every leaf.
    cell : (3,) int64
        Pixels per token value on every axis.
    is_exact : bool
        `sums` are integers that hold the sum of a whole cell, so that the order of additions is free.
    sums : (px * cell[2] * c,)
        Scratch of a type that holds a column sum: signed for 8- and 16-bit integers, else float64.
    out : (>= n, pz, py, px, c) float32 or float64
        Token values, zero on entry.

    Returns
    -------
    int
        Of no meaning.
    """
    nz, ny, nx, channels = volume.shape
    lines = volume.reshape(nz, ny, nx * channels)
    length, pz, py, px, _ = out.shape
    values = out.reshape(length, pz, py, px * channels)
    touched = 0
    for leaf in range(len(start)):
        x0, y_end, z_end = (
            start[leaf, 2],
            min(start[leaf, 1] + py * cell[1], ny),
            min(start[leaf, 0] + pz * cell[0], nz),
        )
        columns = min(px * cell[2], nx - x0)
        left, right = x0 * channels, (x0 + columns) * channels
        if is_exact and cell[1] <= 4:
            # The lines of a small leaf lie far apart: ask for all of them at once, instead of waiting for each in turn.
            for z in range(start[leaf, 0], z_end):
                for y in range(start[leaf, 1], y_end):
                    for x in range(left, right, 64):
                        touched += int(lines[z, y, x])
                    touched += int(lines[z, y, right - 1])
        for tz in range(pz):
            z0 = start[leaf, 0] + tz * cell[0]
            z1 = min(z0 + cell[0], nz)
            for ty in range(py):
                y0 = start[leaf, 1] + ty * cell[1]
                y1 = min(y0 + cell[1], ny)
                if z1 <= z0 or y1 <= y0:
                    continue
                target = values[rows[leaf], tz, ty]
                if is_exact:
                    _add_lines_exactly(lines[z0:z1, y0:y1, left:right], sums)
                else:
                    _add_lines(lines[z0:z1, y0:y1, left:right], sums)
                if is_exact and columns == px * cell[2]:
                    _average_pairs(sums, px, cell[2], channels, (z1 - z0) * (y1 - y0) * cell[2], target)
                else:
                    _average_runs(sums, columns, cell[2], channels, (z1 - z0) * (y1 - y0), target)
    return touched


@numba.njit(cache=True, nogil=True)
def _add_lines(lines: Array, sums: Array) -> None:
    """Write the sum over (z, y) of lines, one after the other."""
    depth, height, width = lines.shape
    sums[:width] = 0
    for z in range(depth):
        for y in range(height):
            line = lines[z, y]
            for i in range(width):
                sums[i] += line[i]


@numba.njit(cache=True, nogil=True)
def _add_lines_exactly(lines: Array, sums: Array) -> None:
    """Write the sum over (z, y) of lines of small integers, four at a time."""
    depth, height, width = lines.shape
    is_first = True
    for z in range(depth):
        y = 0
        while y < height:
            if y + 4 <= height:
                a, b, c, d = lines[z, y], lines[z, y + 1], lines[z, y + 2], lines[z, y + 3]
                if is_first:
                    for i in range(width):
                        sums[i] = np.int32(a[i]) + np.int32(b[i]) + np.int32(c[i]) + np.int32(d[i])
                else:
                    for i in range(width):
                        sums[i] += np.int32(a[i]) + np.int32(b[i]) + np.int32(c[i]) + np.int32(d[i])
                y += 4
            elif y + 2 <= height and is_first:
                a, b = lines[z, y], lines[z, y + 1]
                for i in range(width):
                    sums[i] = np.int32(a[i]) + np.int32(b[i])
                y += 2
            else:
                a = lines[z, y]
                for i in range(width):
                    sums[i] = np.int32(a[i]) if is_first else sums[i] + np.int32(a[i])
                y += 1
            is_first = False


@numba.njit(cache=True, nogil=True)
def _average_pairs(sums: Array, cells: int, wide: int, channels: int, count: int, target: Array) -> None:
    """Halve a line of sums until there is one a cell, `wide` a power of two; then divide by the pixels of a cell."""
    width = cells * wide
    while width > cells:
        width //= 2
        if channels == 1:
            for i in range(width):
                sums[i] = sums[2 * i] + sums[2 * i + 1]
        elif channels == 3:  # spelled out, as the compiler then knows the stride
            for i in range(width):
                sums[3 * i] = sums[6 * i] + sums[6 * i + 3]
                sums[3 * i + 1] = sums[6 * i + 1] + sums[6 * i + 4]
                sums[3 * i + 2] = sums[6 * i + 2] + sums[6 * i + 5]
        else:
            for i in range(width):
                for c in range(channels):
                    sums[i * channels + c] = sums[2 * i * channels + c] + sums[(2 * i + 1) * channels + c]
    if count & (count - 1) == 0:
        factor = np.float32(1.0 / count)  # a power of two, so that only the sum is rounded
        for i in range(cells * channels):
            target[i] = np.float32(sums[i]) * factor
    else:
        for i in range(cells * channels):
            target[i] = sums[i] / count


@numba.njit(cache=True, nogil=True)
def _average_runs(sums: Array, columns: int, wide: int, channels: int, lines: int, target: Array) -> None:
    """Add the sums of every cell from left to right and divide by its pixels; the last cell may be cut off."""
    for first in range(0, columns, wide):
        inside = min(wide, columns - first)
        for c in range(channels):
            value = 0.0
            at = first * channels + c
            for _ in range(inside):
                value += sums[at]
                at += channels
            target[first // wide * channels + c] = value / (lines * inside)


@numba.njit(cache=True, nogil=True)
def scatter_cells(leaves: Array, start: Array, size: Array, out: Array) -> None:
    """Copy token cells to the pixels of leaves of one size; what lies outside the image is left out.

    Parameters
    ----------
    leaves : (n, pz, py, px, c)
        Token values.
    start : (n, 3) int64
        First pixel of every leaf.
    size : (3,) int64
        Side of the leaves.
    out : (z, y, x, c)
        The image, written in place.
    """
    nz, ny, nx, channels = out.shape
    count, pz, py, px, _ = leaves.shape
    lines = out.reshape(nz, ny, nx * channels)
    values = leaves.reshape(count, pz, py, px * channels)
    wide = max(1, size[2] // px)
    skip = max(1, px // size[2])
    for leaf in range(count):
        z0, y0, x0 = start[leaf]
        first, last = x0 * channels, min(x0 + size[2], nx) * channels
        for z in range(z0, min(z0 + size[0], nz)):
            tz = (z - z0) * pz // size[0]
            done = -1
            for y in range(y0, min(y0 + size[1], ny)):
                ty = (y - y0) * py // size[1]
                if ty == done:
                    lines[z, y, first:last] = lines[z, y - 1, first:last]
                    continue
                done = ty
                line, cells, at = lines[z, y], values[leaf, tz, ty], first
                for tx in range(0, px, skip):
                    for _ in range(wide):
                        if at >= last:
                            break
                        for c in range(channels):
                            line[at + c] = cells[tx * channels + c]
                        at += channels


@numba.njit(cache=True, nogil=True)
def paint_leaves(
    origin: Array, size: Array, level: Array, shape: Array, window: Array, smallest: float, lines: Array, shades: Array
) -> None:
    """Draw leaves coarse to fine: outlines one pixel wide, or filled where a side is smaller than `smallest`.

    Parameters
    ----------
    origin, size : (n, 2) int64
        Leaves, clipped here to the shape.
    level : (n,) int16
        Level of every leaf.
    shape : (2,) int64
        Shape of the domain.
    window : (4,) float64
        x0, y0, x1, y1 of what the raster shows, in the units of the leaves.
    smallest : float
        In raster pixels.
    lines, shades : (h, w) uint8
        Written in place: level + 1.
    """
    height, width = lines.shape
    per_y, per_x = height / (window[3] - window[1]), width / (window[2] - window[0])
    seen = np.zeros(len(level), np.int64)
    count, coarsest, finest = 0, 127, 0
    for leaf in range(len(level)):
        y, x = origin[leaf, 0], origin[leaf, 1]
        if y < window[3] and x < window[2] and y + size[leaf, 0] > window[1] and x + size[leaf, 1] > window[0]:
            seen[count] = leaf
            count += 1
            coarsest, finest = min(coarsest, level[leaf]), max(finest, level[leaf])
    for wanted in range(coarsest, finest + 1):
        for leaf in seen[:count]:
            if level[leaf] != wanted:
                continue
            tall, wide = size[leaf, 0] * per_y, size[leaf, 1] * per_x
            top = int(np.floor((origin[leaf, 0] - window[1]) * per_y + 0.5))
            left = int(np.floor((origin[leaf, 1] - window[0]) * per_x + 0.5))
            bottom = int(np.floor((min(origin[leaf, 0] + size[leaf, 0], shape[0]) - window[1]) * per_y + 0.5))
            right = int(np.floor((min(origin[leaf, 1] + size[leaf, 1], shape[1]) - window[0]) * per_x + 0.5))
            if min(tall, wide) < smallest:
                for y in range(max(top, 0), min(max(bottom, top + 1), height)):
                    for x in range(max(left, 0), min(max(right, left + 1), width)):
                        shades[y, x] = wanted + 1
                continue
            # the far edge of the last leaf stays visible on the last pixel
            bottom, right = bottom - (bottom == height), right - (right == width)
            for x in range(max(left, 0), min(right, width - 1) + 1):
                if 0 <= top < height:
                    lines[top, x] = wanted + 1
                if 0 <= bottom < height:
                    lines[bottom, x] = wanted + 1
            for y in range(max(top, 0), min(bottom, height - 1) + 1):
                if 0 <= left < width:
                    lines[y, left] = wanted + 1
                if 0 <= right < width:
                    lines[y, right] = wanted + 1


@numba.njit(cache=True, nogil=True)
def tally_cells(grid: Array, first: Array, cells: Array, tally: Array) -> None:
    """Count how often each value occurs among the cells of leaves.

    Parameters
    ----------
    grid : (z, y, x) unsigned
        A value per cell.
    first : (n, 3) int64
        First cell of every leaf.
    cells : (3,) int64
        Cells of a leaf on every axis, all inside the grid.
    tally : (largest value + 1,) int64
        Added to in place.
    """
    for leaf in range(len(first)):
        z0, y0, x0 = first[leaf]
        for z in range(z0, z0 + cells[0]):
            for y in range(y0, y0 + cells[1]):
                for x in range(x0, x0 + cells[2]):
                    tally[grid[z, y, x]] += 1
