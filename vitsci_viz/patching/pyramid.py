"""Sum pyramids: after them every question about a tree is a table look-up."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


BAND_VALUES = 2**24
"""Values that are halved at a time: what lies between stays small beside the level itself."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DetailPyramid:
    """Detail of every possible leaf.

    Parameters
    ----------
    levels : tuple of arrays
        ``levels[0]`` holds the score of every finest cell, each next one that of cells twice as wide on every
        axis, the last one (a single value) that of the root. A cell wholly outside the image does not exist.
        A cell never scores less than a cell inside it.
    shape : tuple of int
        Spatial shape of the image in pixels.
    min_size : tuple of int
        Side of the finest cell on every axis, in pixels.
    is_edges : bool
        True for counts of edge pixels, whose default split value is 50.
    """

    levels: tuple[Array, ...]
    shape: tuple[int, ...]
    min_size: tuple[int, ...]
    is_edges: bool = False

    @property
    def ndim(self) -> int:
        """Number of spatial axes."""
        return len(self.shape)

    @property
    def depth(self) -> int:
        """Level of the finest leaves; the root is level 0."""
        return len(self.levels) - 1

    def cell(self, step: int) -> tuple[int, ...]:
        """Return the side in pixels of the cells of ``levels[step]``."""
        return tuple(side << step for side in self.min_size)

    @functools.cached_property
    def tallies(self) -> tuple[tuple[Array, NDArray[np.int64]], ...]:
        """For every level: distinct positive scores, ascending, and the leaves gained by splitting those cells."""
        empty = (np.zeros(0), np.zeros(0, np.int64))
        return (empty, *(_tally(self.levels[step], self.levels[step - 1].shape) for step in range(1, self.depth + 1)))


def depth_for(shape: Sequence[int], min_size: Sequence[int]) -> int:
    """Return the depth of the smallest root ``min_size * 2**k`` that covers every axis.

    >>> depth_for((100, 300), (8, 8))
    6
    """
    return max(math.ceil(math.log2(math.ceil(length / side))) for length, side in zip(shape, min_size, strict=True))


def grid_shape(shape: Sequence[int], cell: Sequence[int]) -> tuple[int, ...]:
    """Return how many cells cover the image on every axis.

    >>> grid_shape((100, 300), (8, 8))
    (13, 38)
    """
    return tuple(-(-length // side) for length, side in zip(shape, cell, strict=True))


def halve(array: Array, dtype: Any, axes: Sequence[bool] | None = None) -> Array:
    """Sum pairs of neighbours along the chosen axes (all by default); odd ends are summed with nothing.

    >>> halve(np.array([[1, 2, 3]]), np.int64).tolist()
    [[3, 3]]
    """
    chosen = [True] * array.ndim if axes is None else [*axes, *[False] * (array.ndim - len(axes))]
    rows = 2 * max(1, BAND_VALUES * len(array) // (2 * max(1, array.size)))
    if len(array) <= rows:
        return _halve_at_once(array, dtype, chosen)
    length = -(-len(array) // 2) if chosen[0] else len(array)
    rest = (-(-n // 2) if is_chosen else n for n, is_chosen in zip(array.shape[1:], chosen[1:], strict=True))
    out = np.empty((length, *rest), dtype)
    for first in range(0, len(array), rows):
        band = _halve_at_once(array[first : first + rows], dtype, chosen)
        place = first // 2 if chosen[0] else first
        out[place : place + len(band)] = band
    return out


def _halve_at_once(array: Array, dtype: Any, chosen: Sequence[bool]) -> Array:
    for axis, is_chosen in enumerate(chosen):
        if not is_chosen:
            continue
        even = array[(slice(None),) * axis + (slice(0, None, 2),)].astype(dtype)
        odd = array[(slice(None),) * axis + (slice(1, None, 2),)]
        even[(slice(None),) * axis + (slice(0, odd.shape[axis]),)] += odd
        array = even
    return array.astype(dtype, copy=False)


def sum_levels(
    base: Array, shape: Sequence[int], min_size: Sequence[int], *, limit: int | None = None
) -> tuple[Array, ...]:
    """Sum a grid of finest cells up to the root.

    Parameters
    ----------
    base : array
        Detail of every finest cell.
    shape, min_size : sequences of int
        Of the image and of a finest cell.
    limit : int, optional
        Largest value a finest cell can hold; then every level uses the smallest unsigned type that
        cannot overflow, else float64.
    """
    levels = [base]
    for _ in range(depth_for(shape, min_size)):
        if limit is not None:
            limit *= 2 ** len(min_size)
        dtype = np.dtype(np.float64) if limit is None else np.min_scalar_type(limit)
        levels.append(halve(levels[-1], dtype))
    return tuple(levels)


def cell_counts(shape: Sequence[int], cell: Sequence[int]) -> Array:
    """Count the pixels of the image inside every cell: full cells hold ``prod(cell)``, border cells fewer.

    >>> cell_counts((3, 4), (2, 2)).tolist()
    [[4.0, 4.0], [2.0, 2.0]]
    """
    lengths = [
        np.minimum(side, length - side * np.arange(-(-length // side))).astype(np.float64)
        for length, side in zip(shape, cell, strict=True)
    ]
    return functools.reduce(np.multiply.outer, lengths)


def children_gained(parents: Sequence[int], children: Sequence[int]) -> list[tuple[tuple[slice, ...], int]]:
    """List the blocks of a level within which every split gains the same number of leaves.

    All cells have two children on an axis, but the last one has one where the finer grid is odd.
    """
    parts: list[list[tuple[slice, int]]] = []
    for many, fine in zip(parents, children, strict=True):
        whole = fine // 2
        parts.append([(slice(0, whole), 2)] * (whole > 0) + [(slice(whole, many), 1)] * (many > whole))
    return [
        (tuple(piece for piece, _ in block), math.prod(count for _, count in block) - 1) for block in product(*parts)
    ]


def _tally(level: Array, finer: tuple[int, ...]) -> tuple[Array, NDArray[np.int64]]:
    values: list[Array] = []
    gains: list[Array] = []
    for block, gain in children_gained(level.shape, finer):
        value, count = _distinct(level[block])
        values.append(value)
        gains.append(count * gain)
    return merge_tallies(values, gains)


def merge_tallies(values: Sequence[Array], gains: Sequence[Array]) -> tuple[Array, NDArray[np.int64]]:
    """Merge lists of (score, leaves gained) into one with ascending distinct positive scores."""
    every = np.concatenate([np.asarray(value, np.float64) for value in values])
    gained = np.concatenate(gains).astype(np.int64)
    keep = every > 0
    every, gained = every[keep], gained[keep]
    order = np.argsort(every, kind="stable")
    every, gained = every[order], gained[order]
    first = np.flatnonzero(np.diff(every, prepend=-1.0))
    return every[first], np.add.reduceat(gained, first) if len(first) else gained


def _distinct(block: Array) -> tuple[Array, Array]:
    """Count the distinct values of a block; small integers are counted row by row, in little memory."""
    if block.dtype.kind == "u" and block.dtype.itemsize <= 2:
        rows = max(1, 2**22 // max(1, math.prod(block.shape[1:])))
        counts = np.zeros(2 ** (8 * block.dtype.itemsize), np.int64)
        for start in range(0, block.shape[0], rows):
            found = np.bincount(block[start : start + rows].ravel())
            counts[: len(found)] += found
        values = np.flatnonzero(counts)
        return values, counts[values]
    values, count = np.unique(block[block > 0], return_counts=True)
    return values, count
