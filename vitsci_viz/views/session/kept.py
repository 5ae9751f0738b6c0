"""What tokens keep of a window, computed on the window alone.

A token cell is a mean over pixels. Where a cell is wider than a pixel of the level that the screen shows, its mean
replaces the pixels; elsewhere the pixel of the level (itself a mean) already is what the tokens say at this zoom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.sides import cell_of
from vitsci_viz.types import PatchTree
from vitsci_viz.views.session.display import DisplayLevel
from vitsci_viz.views.session.picture import PixelBox, box_in
from vitsci_viz.views.session.resizing import block_means
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]

WIDEST_CELL = 128
"""Cells wider than this many pixels of the shown level are averaged from a coarser level where there is one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class KeptWindow:
    """The pixels of a level in a window and what the tokens keep of them, (h, w, c) each."""

    pixels: Floats
    kept: Floats
    level: DisplayLevel
    box: PixelBox


@dataclass(frozen=True, eq=False, kw_only=True)
class _Axis:
    """Pixels of a level along one axis: finest-level position of the first one, its step, their count."""

    first: int
    count: int
    step: float

    def index(self, side: int) -> Rows:
        """Return which block of `side` finest-level pixels holds the middle of every pixel."""
        return np.floor((np.arange(self.first, self.first + self.count) + 0.5) * self.step / side).astype(np.int64)


def kept_window(
    session: PatchSession, options: PatchOptions, window: Window, *, slice_index: int | None = None
) -> KeptWindow | None:
    """Return what the tokens keep in a window, at the level that fits the screen.

    Parameters
    ----------
    session : PatchSession
        The open image.
    options : PatchOptions
        The setting.
    window : Window
        What the screen shows.
    slice_index : int, optional
        Slice of a volume.

    Returns
    -------
    KeptWindow or None
        None where the window misses the image.

    Notes
    -----
    At the finest level this equals ``scatter(gather(image, tree, patch_size))`` on the window, up to rounding of
    cells wider than `WIDEST_CELL`.
    """
    level = session.display.level_for(window.scale)
    box = box_in(level, window, session.shape)
    if box is None:
        return None
    pixels = session.display.read(level, box.rows, box.columns, slice_index).astype(np.float32)
    kept = pixels.copy()
    patch = session.sides(options).patch_size
    place = slice_index or 0
    for size, origin in _groups(session.tree(options), box, place):
        cell = cell_of(size, patch)
        if all(side <= step * 1.001 for side, step in zip(cell, level.step, strict=True)):
            continue
        _put_means(session, level, box, kept, size[-2:], origin, cell, place)
    return KeptWindow(pixels=pixels, kept=kept, level=level, box=box)


def _groups(tree: PatchTree, box: PixelBox, slice_index: int) -> Iterator[tuple[tuple[int, ...], Rows]]:
    """Yield every leaf size with the (n, 2) origins of the leaves that the box shows."""
    x0, y0, x1, y1 = box.extent
    last = tree.origin + tree.size
    seen = (tree.origin[:, -1] < x1) & (last[:, -1] > x0) & (tree.origin[:, -2] < y1) & (last[:, -2] > y0)
    if tree.ndim == 3:
        seen &= (tree.origin[:, 0] <= slice_index) & (slice_index < last[:, 0])
    members = np.flatnonzero(seen)
    for level in np.unique(tree.level[members]):
        chosen = members[tree.level[members] == level]
        yield tuple(int(side) for side in tree.size[chosen[0]]), tree.origin[chosen][:, -2:]


def _put_means(
    session: PatchSession,
    level: DisplayLevel,
    box: PixelBox,
    kept: Floats,
    size: tuple[int, ...],
    origin: Rows,
    cell: tuple[int, ...],
    slice_index: int,
) -> None:
    """Replace the pixels inside leaves of one size by the means of their cells."""
    axes = (_axis(box.rows, level.step_yx[0]), _axis(box.columns, level.step_yx[1]))
    leaf_rows, leaf_columns = (axis.index(side) for axis, side in zip(axes, size, strict=True))
    grid = np.zeros((leaf_rows[-1] - leaf_rows[0] + 1, leaf_columns[-1] - leaf_columns[0] + 1), np.bool_)
    at = origin // np.array(size) - (leaf_rows[0], leaf_columns[0])
    inside = ((at >= 0) & (at < grid.shape)).all(axis=1)
    grid[tuple(at[inside].T)] = True
    rows, columns = np.nonzero(grid[np.ix_(leaf_rows - leaf_rows[0], leaf_columns - leaf_columns[0])])
    if not len(rows):
        return
    span = (int(rows.min()), int(rows.max()) + 1, int(columns.min()), int(columns.max()) + 1)
    cell_rows, cell_columns = (axis.index(side) for axis, side in zip(axes, cell[-2:], strict=True))
    first_cell = (int(cell_rows[span[0]]), int(cell_columns[span[2]]))
    last_cell = (int(cell_rows[span[1] - 1]), int(cell_columns[span[3] - 1]))
    means = _cell_means(session, level, cell, first_cell, last_cell, slice_index)
    kept[rows, columns] = means[cell_rows[rows] - first_cell[0], cell_columns[columns] - first_cell[1]]


def _axis(pixels: slice, step: float) -> _Axis:
    return _Axis(first=pixels.start, count=pixels.stop - pixels.start, step=step)


def _cell_means(
    session: PatchSession,
    level: DisplayLevel,
    cell: tuple[int, ...],
    first: tuple[int, int],
    last: tuple[int, int],
    slice_index: int,
) -> Floats:
    """Average the pixels of every cell from the first to the last one, (rows, columns, c)."""
    side = min(cell[-2:])
    if side > WIDEST_CELL * min(level.step_yx):
        level = session.display.level_for(side / WIDEST_CELL)
    slices: list[slice] = []
    borders: list[Rows] = []
    for axis, step in enumerate(level.step_yx):
        length = level.array.shape[session.image.ndim - 2 + axis]
        edges = np.arange(first[axis], last[axis] + 2) * cell[axis - 2] / step
        edges = np.clip(np.ceil(edges - 0.5 - 1e-6), 0, length).astype(np.int64)
        slices.append(slice(int(edges[0]), int(edges[-1])))
        borders.append(edges - edges[0])
    pixels = _slab_mean(session, level, cell, (slices[0], slices[1]), slice_index)
    factors = {side / step for side, step in zip(cell[-2:], level.step_yx, strict=True)}
    if len(factors) == 1 and (factor := factors.pop()).is_integer():
        return block_means(pixels.astype(np.float32), int(factor))
    total = pixels.astype(np.float64)
    for axis in (0, 1):
        total = np.add.reduceat(total, borders[axis][:-1], axis=axis)
    counts = np.multiply.outer(np.diff(borders[0]), np.diff(borders[1]))
    return (total / counts[..., None]).astype(np.float32)


def _slab_mean(
    session: PatchSession, level: DisplayLevel, cell: tuple[int, ...], box: tuple[slice, slice], slice_index: int
) -> NDArray[Any]:
    """Read a box; of a volume the mean of all slices that the cells around the slice reach over."""
    if not session.is_volume:
        return session.display.read(level, *box, None)
    depth = int(level.array.shape[0])
    first = slice_index // cell[0] * cell[0] / level.step[0]
    start = min(int(first), depth - 1)
    stop = max(start + 1, min(depth, round(first + cell[0] / level.step[0])))
    slab = np.asarray(level.array[(slice(start, stop), *box)]).mean(axis=0, dtype=np.float64)
    return slab if session.image.axes.endswith("c") else slab[..., None]
