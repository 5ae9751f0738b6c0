"""Token values of leaves: averages over cells, from memory or streamed over tiles."""

import math
import operator
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.leaf_kernels import gather_means
from vitsci_viz.patching.pyramid import cell_counts
from vitsci_viz.patching.sides import Sides, cell_of, three
from vitsci_viz.patching.source import is_wide, read_window
from vitsci_viz.patching.stream import Tile, run, thread_count, tile_side, tiles
from vitsci_viz.patching.variance import moments
from vitsci_viz.progress import Progress
from vitsci_viz.types import Image, PatchTree

Array = NDArray[Any]
Rows = NDArray[np.int64]
WHOLE_BYTES = 2**30
"""Images up to this size are read at once; larger ones tile by tile."""
CHUNK_PIXELS = 2**19
"""Pixels under the leaves that a thread cuts at a time."""


def leaf_groups(tree: PatchTree, rows: Rows | None = None) -> Iterator[tuple[Sides, Rows]]:
    """Yield every leaf size with the rows that have it, finest first."""
    rows = np.arange(len(tree)) if rows is None else rows
    levels = tree.level[rows]
    for level in np.unique(levels)[::-1]:
        members = rows[levels == level]
        yield tuple(int(side) for side in tree.size[members[0]]), members


def starts(tree: PatchTree, rows: Rows, corner: Sides) -> NDArray[np.int64]:
    """Return the (n, 3) first pixels of leaves, relative to a corner; missing axes are 0."""
    found = np.zeros((len(rows), 3), np.int64)
    found[:, 3 - tree.ndim :] = tree.origin[rows] - np.array(corner)
    return found


def whole_bytes(execution: ExecutionOptions | None) -> int:
    """Return the size up to which an image is read at once: a quarter of a memory bound, at most `WHOLE_BYTES`."""
    return WHOLE_BYTES if execution is None or execution.memory is None else min(WHOLE_BYTES, execution.memory // 4)


def cell_means(
    image: Image, tree: PatchTree, sides: Sides, count: int, progress: Progress, execution: ExecutionOptions | None
) -> Array:
    """Average the pixels of every token cell of every leaf.

    Parameters
    ----------
    image : Image
        Up to three spatial axes.
    tree : PatchTree
        Leaves to cut.
    sides : tuple of int
        Side of a token on every axis.
    count : int
        Rows to return, at least one per leaf; the rest stay zero.
    progress : callable
        Called with each tile, where the image is larger than `WHOLE_BYTES`.
    execution : ExecutionOptions or None
        Threads; never changes the answer.

    Returns
    -------
    (count, *sides, c) float32; float64 for types that float32 cannot hold
    """
    dtype = np.dtype(image.data.dtype)
    tokens = np.zeros((count, *sides, image.channels), np.float64 if is_wide(dtype) else np.float32)
    if int(np.prod(image.data.shape)) * dtype.itemsize <= whole_bytes(execution):
        pixels = _with_channel(image, read_window(image, (slice(None),) * image.ndim))
        _cut(pixels, (0,) * image.ndim, tree, np.arange(len(tree)), sides, tokens, thread_count(execution))
        return tokens
    _cut_tiles(image, tree, sides, tokens, progress, execution)
    return tokens


def _with_channel(image: Image, pixels: Array) -> Array:
    return pixels if image.axes.endswith("c") else pixels[..., None]


def _cut(pixels: Array, corner: Sides, tree: PatchTree, rows: Rows, sides: Sides, tokens: Array, threads: int) -> None:
    """Cut leaves that lie in one array whose first pixel is at `corner`."""
    volume = pixels.reshape(*three(pixels.shape[:-1]), pixels.shape[-1])
    out = tokens.reshape(len(tokens), *three(tokens.shape[1:-1]), tokens.shape[-1])

    def cut(size: Sides, members: Rows) -> None:
        cell = cell_of(size, sides)
        cells = tuple(side // c for side, c in zip(size, cell, strict=True))
        column = _column_type(volume.dtype, cell)
        scratch = np.zeros(three(size)[2] * volume.shape[-1], column)
        first, is_exact = starts(tree, members, corner), column.kind == "i"
        if cells == sides:
            gather_means(volume, first, members, np.array(three(cell)), is_exact, scratch, out)
            return
        found = np.zeros((len(members), *three(cells), volume.shape[-1]), tokens.dtype)
        gather_means(volume, first, np.arange(len(members)), np.array(three(cell)), is_exact, scratch, found)
        tokens[members] = _repeated(found.reshape(len(members), *cells, -1), sides)

    chunks = [(size, members, max(1, CHUNK_PIXELS // math.prod(size))) for size, members in leaf_groups(tree, rows)]
    jobs = [
        (size, members[first : first + many])
        for size, members, many in chunks
        for first in range(0, len(members), many)
    ]
    if threads <= 1 or len(jobs) <= 1:
        for job in jobs:
            cut(*job)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="cut") as pool:
        for done in [pool.submit(cut, *job) for job in jobs]:
            done.result()


def _column_type(dtype: np.dtype[Any], cell: Sides) -> np.dtype[Any]:
    """Return a type that sums a whole cell without loss: signed for 8- and 16-bit data, else float64."""
    if dtype not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        return np.dtype(np.float64)
    return np.dtype(np.int32 if math.prod(cell) * np.iinfo(dtype).max < 2**31 else np.int64)


def _repeated(cells: Array, sides: Sides) -> Array:
    """Grow (n, *cells, c) to (n, *sides, c) where a leaf is finer than a token."""
    for axis, side in enumerate(sides, start=1):
        if cells.shape[axis] != side:
            cells = np.repeat(cells, side // cells.shape[axis], axis=axis)
    return cells


def _cut_tiles(
    image: Image, tree: PatchTree, sides: Sides, tokens: Array, progress: Progress, execution: ExecutionOptions | None
) -> None:
    side = tile_side(tuple(int(s) for s in tree.size.min(axis=0)))
    is_wide = (tree.size > np.array(side)).any(axis=1)
    wide = [int(row) for row in np.flatnonzero(is_wide)]
    sums = {row: np.zeros((*_cells(tree, row, sides), image.channels)) for row in wide}
    home = (tree.origin // np.array(side)).astype(np.int64)

    def work(tile: Tile) -> list[tuple[int, tuple[slice, ...], Array]]:
        pixels = _with_channel(image, read_window(image, tile.core))
        corner = tuple(part.start for part in tile.core)
        here = (home == np.array(corner) // np.array(side)).all(axis=1) & ~is_wide
        _cut(pixels, corner, tree, np.flatnonzero(here), sides, tokens, threads=1)
        return [part for row in wide if (part := _part(tree, row, sides, tile, pixels)) is not None]

    shares = [
        (tuple(part.start for part in tile.core), parts)
        for tile, parts in run(tiles(tree.shape, side, 0), work, stage="tokens", progress=progress, execution=execution)
    ]
    # In the order of the tiles: sums of floats must not depend on which thread is first.
    for _, parts in sorted(shares, key=operator.itemgetter(0)):
        for row, place, total in parts:
            sums[row][place] += total
    for row, total in sums.items():
        size = tuple(int(s) for s in tree.size[row])
        inside = [min(s, n - int(o)) for s, n, o in zip(size, tree.shape, tree.origin[row], strict=True)]
        counts = np.zeros(total.shape[:-1])
        known = cell_counts(inside, cell_of(size, sides))
        counts[tuple(slice(0, n) for n in known.shape)] = known
        means = np.divide(total, counts[..., None], out=np.zeros_like(total), where=counts[..., None] > 0)
        tokens[row] = _repeated(means[None], sides)[0]


def _cells(tree: PatchTree, row: int, sides: Sides) -> Sides:
    size = tuple(int(s) for s in tree.size[row])
    return tuple(s // c for s, c in zip(size, cell_of(size, sides), strict=True))


def _part(
    tree: PatchTree, row: int, sides: Sides, tile: Tile, pixels: Array
) -> tuple[int, tuple[slice, ...], Array] | None:
    """Sum one tile's share of the cells of a leaf that is wider than a tile."""
    cell = cell_of(tuple(int(s) for s in tree.size[row]), sides)
    own: list[slice] = []
    place: list[slice] = []
    step: list[int] = []
    for part, first, length, side in zip(tile.core, tree.origin[row], tree.size[row], cell, strict=True):
        low, high = max(part.start, int(first)), min(part.stop, int(first + length))
        if low >= high:
            return None
        own.append(slice(low - part.start, high - part.start))
        place.append(slice((low - int(first)) // side, -(-(high - int(first)) // side)))
        step.append(min(side, part.stop - part.start if side > high - low else side))
    total, _ = moments(np.ascontiguousarray(pixels[tuple(own)]), tuple(step))
    return row, tuple(place), total
