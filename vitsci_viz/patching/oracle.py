"""Oracle Dice: the best a token head with nearest de-patching could reach on a mask."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.patching.cutting import leaf_groups
from vitsci_viz.patching.leaf_kernels import tally_cells
from vitsci_viz.patching.pyramid import halve
from vitsci_viz.patching.sides import Sides, cell_of, per_axis, three
from vitsci_viz.patching.source import as_image, read_window
from vitsci_viz.types import PatchTree

Array = NDArray[Any]
MASK_PIXELS = 2**30
"""Masks are held in memory, up to this size."""
COUNTED_AREA = 2**16
"""Fractions of cells up to this area are tallied by count, of larger ones one by one."""


class MaskTable:
    """Class counts of every possible token cell, so that the oracle Dice of any tree is a look-up.

    Parameters
    ----------
    mask : Image or array (*shape) of integers
        Class indices from 0; 0 is background.
    classes : sequence of int, optional
        Classes to score; by default every class in the mask but 0.

    Raises
    ------
    InputError
        The mask has channels, negative or fractional values, or is larger than memory should hold.
    """

    def __init__(self, mask: Any, classes: Sequence[int] | None = None) -> None:
        mask = as_image(mask)
        if mask.axes.endswith("c"):
            raise InputError(f"a mask must have one value per pixel, got {mask.channels} channels")
        if np.prod(mask.shape) > MASK_PIXELS:
            raise InputError(f"a mask must have at most {MASK_PIXELS:,} pixels, got {mask.shape}: take a region")
        values = read_window(mask, (slice(None),) * mask.ndim)
        if values.dtype.kind not in "ui" or values.min() < 0:
            raise InputError(f"a mask must hold class indices from 0, got {values.dtype} with minimum {values.min()}")
        self.shape = mask.shape
        present = [int(value) for value in np.unique(values) if value > 0]
        self.classes = tuple(present if classes is None else [value for value in classes if value in present])
        ones = (1,) * mask.ndim
        self._counts: dict[tuple[int, Sides], Array] = {
            (value, ones): (values == value).view(np.uint8) for value in self.classes
        }

    def oracle_dice(self, tree: PatchTree, patch_size: int | tuple[int, ...]) -> dict[int, float]:
        """Return the oracle Dice of every class.

        Parameters
        ----------
        tree : PatchTree
            Leaves that cut the mask; its shape is the mask's.
        patch_size : int or one per axis
            Side of a token.

        Raises
        ------
        InputError
            Shapes differ.

        Notes
        -----
        Every token cell holds the foreground fraction of its pixels; cells at or above a threshold are called
        foreground; the threshold is the one that maximises Dice = 2 TP / (predicted + true). It bounds a token head
        with nearest de-patching, not decoders with pixel skips.
        """
        if tree.shape != self.shape:
            raise InputError(f"mask and tree must have one shape: the mask has {self.shape}, the tree {tree.shape}")
        sides = per_axis(patch_size, tree.ndim, "patch_size")
        groups = list(leaf_groups(tree))
        return {value: self._best_dice(value, tree, sides, groups) for value in self.classes}

    def _best_dice(
        self, value: int, tree: PatchTree, sides: Sides, groups: Sequence[tuple[Sides, NDArray[np.int64]]]
    ) -> float:
        parts = [part for size, rows in groups for part in self._fractions(value, tree, sides, size, rows)]
        fraction, true, area = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(-fraction, kind="stable")
        fraction, hits, predicted = fraction[order], np.cumsum(true[order]), np.cumsum(area[order])
        last = np.flatnonzero(np.diff(fraction, append=-1.0))
        return float((2 * hits[last] / (predicted[last] + hits[-1])).max())

    def _fractions(
        self, value: int, tree: PatchTree, sides: Sides, size: Sides, rows: NDArray[np.int64]
    ) -> list[tuple[Array, Array, Array]]:
        """Return (fraction, true pixels, pixels) of the token cells of one leaf size, tallied where possible."""
        index = tree.origin[rows] // np.array(size)
        inside = cell_counts_at(index, size, self.shape)
        true = self._grid(value, size)[tuple(index.T)].astype(np.int64)
        is_full = true == inside
        full, pixels_full = (np.array([array[is_full].sum()], np.float64) for array in (true, inside))
        parts: list[tuple[Array, Array, Array]] = [(np.ones(1), full, pixels_full)]
        mixed = index[(true > 0) & ~is_full]
        if not len(mixed):
            return parts
        cell = cell_of(size, sides)
        per_leaf = [side // own for side, own in zip(size, cell, strict=True)]
        if int(np.prod(cell)) <= COUNTED_AREA:
            is_whole_leaf = _inside((mixed + 1) * np.array(size), tuple(n + 1 for n in self.shape))
            parts.append(self._tallied(value, cell, per_leaf, mixed[is_whole_leaf]))
            mixed = mixed[~is_whole_leaf]
        offsets = np.stack(np.meshgrid(*(np.arange(n) for n in per_leaf), indexing="ij"), -1).reshape(-1, tree.ndim)
        cells = (mixed[:, None, :] * np.array(per_leaf) + offsets).reshape(-1, tree.ndim)
        grid = self._grid(value, cell)
        cells = cells[_inside(cells, grid.shape)]
        counts, pixels = grid[tuple(cells.T)].astype(np.int64), cell_counts_at(cells, cell, self.shape)
        area = int(np.prod(cell))
        is_whole = (pixels == area) & (area <= COUNTED_AREA)
        tally = np.bincount(counts[is_whole], minlength=1)
        found = np.flatnonzero(tally)
        parts.append((found / area, found * tally[found].astype(np.float64), area * tally[found].astype(np.float64)))
        rest = counts[~is_whole].astype(np.float64)
        parts.append((rest / pixels[~is_whole], rest, pixels[~is_whole].astype(np.float64)))
        return parts

    def _tallied(
        self, value: int, cell: Sides, per_leaf: Sequence[int], leaves: NDArray[np.int64]
    ) -> tuple[Array, Array, Array]:
        """Return (fraction, true pixels, pixels) of the cells of leaves that lie wholly inside, by count."""
        grid, area = self._grid(value, cell), int(np.prod(cell))
        first = np.zeros((len(leaves), 3), np.int64)
        first[:, 3 - len(cell) :] = leaves * np.array(per_leaf)
        tally = np.zeros(area + 1, np.int64)
        tally_cells(grid.reshape(three(grid.shape)), first, np.array(three(per_leaf)), tally)
        found = np.flatnonzero(tally)
        times = tally[found].astype(np.float64)
        return found / area, found * times, area * times

    def _grid(self, value: int, cell: Sides) -> Array:
        """Count a class in every cell, from the next finer grid that divides it."""
        if (value, cell) not in self._counts:
            finer = tuple(max(1, side // 2) for side in cell)
            axes = [a < b for a, b in zip(finer, cell, strict=True)]
            dtype = np.min_scalar_type(int(np.prod(cell)))
            self._counts[value, cell] = halve(self._grid(value, finer), dtype, axes)
        return self._counts[value, cell]


def _inside(index: NDArray[np.int64], shape: Sequence[int]) -> NDArray[np.bool_]:
    """Tell which cells lie in a grid; axis by axis, as a reduction along a short axis is slow."""
    found = np.ones(len(index), np.bool_)
    for axis, length in enumerate(shape):
        found &= index[:, axis] < length
    return found


def cell_counts_at(index: NDArray[np.int64], cell: Sides, shape: Sequence[int]) -> NDArray[np.int64]:
    """Return the pixels inside the image of chosen cells.

    Parameters
    ----------
    index : (n, d) int64
        Cell indices.
    cell, shape : sequences of int
        Side of a cell and shape of the image.
    """
    count = np.ones(len(index), np.int64)
    for axis, (side, length) in enumerate(zip(cell, shape, strict=True)):
        count *= np.minimum(side, length - index[:, axis] * side)
    return count


def oracle_dice(
    mask: Any, tree: PatchTree, patch_size: int | tuple[int, ...], *, classes: Sequence[int] | None = None
) -> dict[int, float]:
    """Return the oracle Dice of every class of a mask for a tree (see `MaskTable.oracle_dice`)."""
    return MaskTable(mask, classes).oracle_dice(tree, patch_size)
