"""From tokens to any window of the image: what `scatter` makes whole, a piece at a time."""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.patching.cutting import leaf_groups
from vitsci_viz.patching.sides import Sides, cell_of, three
from vitsci_viz.types import PatchTree

Array = NDArray[Any]
Rows = NDArray[np.int64]


def rows_in(tree: PatchTree, window: Sequence[slice]) -> Rows:
    """Return the rows of the leaves that share a pixel with a window of the domain.

    Parameters
    ----------
    tree : PatchTree
        Leaves.
    window : sequence of slice
        One a spatial axis, with both ends.
    """
    inside = np.ones(len(tree), bool)
    for axis, part in enumerate(window):
        first = tree.origin[:, axis]
        inside &= (first < part.stop) & (first + tree.size[:, axis] > part.start)
    return np.flatnonzero(inside)


def paint(tree: PatchTree, values: Array, window: Sequence[slice], out: Array) -> None:
    """Write the pixels of one window; pixels under no leaf keep what they held.

    Parameters
    ----------
    tree : PatchTree
        Leaves, any of them may be missing.
    values : (n, *patch, c)
        What every cell of every leaf holds, in the order of the leaves.
    window : sequence of slice
        One a spatial axis, with both ends, inside the domain.
    out : (*window, c)
        Of the values' type, C-contiguous; written in place.

    Raises
    ------
    InputError
        `values` or `out` have another shape.

    See Also
    --------
    vitsci_viz.patching.tokens.scatter : the whole image at once.
    """
    shape = tuple(part.stop - part.start for part in window)
    if values.ndim != tree.ndim + 2 or len(values) != len(tree) or out.shape != (*shape, values.shape[-1]):
        raise InputError(
            f"painting needs one row of cells per leaf and a canvas of the window: {len(tree)} leaves and the window "
            f"{shape}, got values {values.shape} and a canvas {out.shape}"
        )
    rows = rows_in(tree, window)
    corner = np.array([part.start for part in window])
    start, size = np.zeros((len(rows), 3), np.int64), np.ones((len(rows), 3), np.int64)
    start[:, 3 - tree.ndim :] = tree.origin[rows] - corner
    size[:, 3 - tree.ndim :] = tree.size[rows]
    # The compiled loops only copy, and do not know half precision: its bits will do.
    carrier = np.dtype(np.uint16) if values.dtype == np.float16 else values.dtype
    cells = np.ascontiguousarray(values).view(carrier)
    cells = cells.reshape(len(values), *three(values.shape[1:-1]), values.shape[-1])
    canvas = out.view(carrier).reshape(*three(shape), out.shape[-1])
    if values.shape[-1] == 1:
        _paint_runs(cells[..., 0], rows, start, size, canvas[..., 0])
    else:
        _paint_cells(cells, rows, start, size, canvas)


def merged_cells(tree: PatchTree, values: Array) -> Array:
    """Average the cells that stand for one pixel, where a leaf is finer than a token.

    A leaf of 4 pixels under a token of 8 has four cells for every pixel; a model may say something else in each of
    them. Their mean takes the place of all four, so that nearest de-patching (`paint`, `scatter`) shows it.

    Parameters
    ----------
    tree : PatchTree
        Leaves.
    values : (n, *patch, c) float
        Probabilities or logits of every cell.

    Returns
    -------
    (n, *patch, c)
        Of the same type; `values` itself where no leaf is finer than a token.
    """
    sides = tuple(int(side) for side in values.shape[1:-1])
    if not (tree.size < np.array(sides)).any():
        return values
    merged = values.copy()
    for size, members in leaf_groups(tree):
        repeats = _repeats(size, sides)
        if max(repeats) == 1:
            continue
        part = values[members]
        for axis, count in enumerate(repeats, start=1):
            grouped = part.reshape(*part.shape[:axis], -1, count, *part.shape[axis + 1 :])
            part = np.repeat(grouped.mean(axis=axis + 1), count, axis=axis)
        merged[members] = part
    return merged


def _repeats(size: Sides, sides: Sides) -> Sides:
    """Return how many cells stand for one pixel on every axis."""
    pixels = (leaf // cell for leaf, cell in zip(size, cell_of(size, sides), strict=True))
    return tuple(side // count for side, count in zip(sides, pixels, strict=True))


@numba.njit(cache=True, nogil=True)
def _paint_runs(values: Array, rows: Array, start: Array, size: Array, out: Array) -> None:
    """Copy one value per cell to the pixels of leaves, clipped on every side of the canvas.

    Parameters
    ----------
    values : (n, pz, py, px)
        Cells of every leaf.
    rows : (m,) int64
        The leaves to paint.
    start, size : (m, 3) int64
        First pixel, relative to the canvas (negative where the leaf begins before it), and sides.
    out : (z, y, x)
        Written in place.
    """
    nz, ny, nx = out.shape
    _, pz, py, px = values.shape
    for i in range(len(rows)):
        z0, y0, x0 = start[i]
        sz, sy, sx = size[i]
        left, right = max(x0, 0), min(x0 + sx, nx)
        for z in range(max(z0, 0), min(z0 + sz, nz)):
            tz = (z - z0) * pz // sz
            done = -1
            for y in range(max(y0, 0), min(y0 + sy, ny)):
                ty = (y - y0) * py // sy
                line = out[z, y]
                if ty == done:
                    line[left:right] = out[z, y - 1, left:right]
                    continue
                done = ty
                cells = values[rows[i], tz, ty]
                if sx > px:
                    wide = sx // px
                    for tx in range((left - x0) // wide, -(-(right - x0) // wide)):
                        line[max(left, x0 + tx * wide) : min(right, x0 + (tx + 1) * wide)] = cells[tx]
                else:
                    skip = px // sx
                    for x in range(left, right):
                        line[x] = cells[(x - x0) * skip]


@numba.njit(cache=True, nogil=True)
def _paint_cells(values: Array, rows: Array, start: Array, size: Array, out: Array) -> None:
    """Copy several values per cell, as `_paint_runs` does for one: (n, pz, py, px, c) to (z, y, x, c)."""
    nz, ny, nx, channels = out.shape
    _, pz, py, px, _ = values.shape
    for i in range(len(rows)):
        z0, y0, x0 = start[i]
        sz, sy, sx = size[i]
        left, right = max(x0, 0), min(x0 + sx, nx)
        for z in range(max(z0, 0), min(z0 + sz, nz)):
            tz = (z - z0) * pz // sz
            done = -1
            for y in range(max(y0, 0), min(y0 + sy, ny)):
                ty = (y - y0) * py // sy
                if ty == done:
                    out[z, y, left:right] = out[z, y - 1, left:right]
                    continue
                done = ty
                cells = values[rows[i], tz, ty]
                for x in range(left, right):
                    cell = cells[(x - x0) * px // sx]
                    for c in range(channels):
                        out[z, y, x, c] = cell[c]
