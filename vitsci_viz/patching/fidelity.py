"""What a tree can keep, known before any training: PSNR and SSIM of the reconstruction from tokens."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.cutting import leaf_groups
from vitsci_viz.patching.pyramid import depth_for, grid_shape, halve
from vitsci_viz.patching.sides import Sides, cell_of, per_axis
from vitsci_viz.patching.similarity import SsimReference, data_range
from vitsci_viz.patching.source import as_image, read_window
from vitsci_viz.patching.stream import Tile, run, tile_side, tiles
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.variance import moments, shift_for, squared_error
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import PatchTree

Array = NDArray[Any]
WHOLE_VALUES = 2**26
"""Images with at most this many values get their tables in one piece, which keeps them for other patch sizes; larger
ones are read tile by tile, as sums over 2-pixel cells take about 12 times the memory of 8-bit pixels."""


def reconstruct(image: Any, tree: PatchTree, patch_size: int | Sequence[int]) -> Array:
    """Return what the tokens keep of an image: gather, then scatter by nearest.

    Returns
    -------
    (*shape[, c]) array
        Every token cell holds the mean of its pixels.
    """
    sides = per_axis(patch_size if isinstance(patch_size, int) else tuple(patch_size), tree.ndim, "patch_size")
    return scatter(gather(image, tree, sides))


class ErrorTable:
    """Squared error of every possible leaf, so that the PSNR of any tree is a look-up.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        Up to three spatial axes; images of more than 2^26 values are read tile by tile.
    progress : callable
        Called with each tile while tables are made.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.

    Notes
    -----
    A token cell is replaced by its mean, so the squared error of a leaf is the sum of the SSE of its cells, and the
    reconstruction itself is never made. Tables are kept per leaf side and patch size.
    """

    def __init__(self, image: Any, *, progress: Progress = silent, execution: ExecutionOptions | None = None) -> None:
        self.image = as_image(image)
        self.range = data_range(self.image)
        self._shift = shift_for(self.image)
        self._progress, self._execution = progress, execution
        self._tables: dict[tuple[Sides, Sides], Array] = {}
        self._errors: dict[Sides, Array] = {}

    def squared_error(self, tree: PatchTree, patch_size: int | tuple[int, ...]) -> float:
        """Return the sum of squared differences between image and reconstruction, over pixels and channels.

        Raises
        ------
        InputError
            The tree belongs to an image of another shape.
        """
        if tree.shape != self.image.shape:
            raise InputError(f"image and tree must have one shape: {self.image.shape} and {tree.shape}")
        sides = per_axis(patch_size, tree.ndim, "patch_size")
        groups = list(leaf_groups(tree))
        if any((size, sides) not in self._tables for size, _ in groups):
            self.prepare(min(size for size, _ in groups), sides)
        return float(
            sum(
                self._tables[size, sides][tuple((tree.origin[rows] // np.array(size)).T)].sum() for size, rows in groups
            )
        )

    def psnr(self, tree: PatchTree, patch_size: int | tuple[int, ...]) -> float:
        """Return the peak signal-to-noise ratio of the reconstruction in dB; infinite where nothing is lost.

        Notes
        -----
        10 log10(R^2 / MSE) with R as `data_range` says and the MSE over pixels and channels.
        """
        error = self.squared_error(tree, patch_size) / float(np.prod(self.image.data.shape))
        return float("inf") if error == 0 else float(10 * np.log10(self.range**2 / error))

    def prepare(self, finest: Sides, sides: Sides) -> None:
        """Read the image for all leaves from a finest one upwards: trees of these leaves are look-ups after that.

        Parameters
        ----------
        finest, sides : tuple of int
            Side of the finest leaf and of a token on every axis.
        """
        shape, nothing = self.image.shape, np.zeros(())
        leaves = [tuple(s << step for s in finest) for step in range(depth_for(shape, finest) + 1)]
        lossless = [leaf for leaf in leaves if all(side == 1 for side in cell_of(leaf, sides))]
        self._tables |= {(leaf, sides): np.broadcast_to(nothing, grid_shape(shape, leaf)) for leaf in lossless}
        wanted = [leaf for leaf in leaves if (leaf, sides) not in self._tables]
        if not wanted:
            return
        if int(np.prod(self.image.data.shape)) <= WHOLE_VALUES:
            if any(cell_of(leaf, sides) not in self._errors for leaf in wanted):
                pixels = self._pixels((slice(None),) * self.image.ndim)
                cells = {cell_of(leaf, sides) for leaf in wanted}
                self._errors |= {
                    cell: squared_error(*sums, shape, cell) for cell, sums in _cell_moments(pixels, cells, self._shift)
                }
            for leaf in wanted:
                self._tables[leaf, sides] = _sum_to(self._errors[cell_of(leaf, sides)], cell_of(leaf, sides), leaf)
            return
        self._prepare_streamed(wanted, sides)

    def _pixels(self, window: tuple[slice, ...]) -> Array:
        pixels = read_window(self.image, window)
        return pixels if self.image.axes.endswith("c") else pixels[..., None]

    def _prepare_streamed(self, wanted: list[Sides], sides: Sides) -> None:
        """Fill tables tile by tile; leaves and cells wider than a tile are put together from tiles afterwards."""
        shape, side = self.image.shape, tile_side(wanted[0])
        cells = {leaf: cell_of(leaf, sides) for leaf in wanted}
        parts = {leaf: tuple(np.minimum(leaf, side).tolist()) for leaf in wanted}
        steps = {leaf: tuple(np.minimum(cells[leaf], side).tolist()) for leaf in wanted}
        tables = {leaf: np.zeros(grid_shape(shape, parts[leaf])) for leaf in wanted if steps[leaf] == cells[leaf]}
        wide = {
            step: (np.zeros((*grid_shape(shape, step), self.image.channels)), np.zeros(grid_shape(shape, step)))
            for step in {steps[leaf] for leaf in wanted if leaf not in tables}
        }

        def work(tile: Tile) -> tuple[dict[Sides, Array], dict[Sides, tuple[Array, Array]]]:
            pixels = self._pixels(tile.core)
            found: dict[Sides, Array] = {}
            own: dict[Sides, tuple[Array, Array]] = {}
            for cell, sums in _cell_moments(pixels, set(steps.values()), self._shift):
                if cell in wide:
                    own[cell] = sums
                error = squared_error(*sums, pixels.shape[:-1], cell)
                found |= {leaf: _sum_to(error, cell, parts[leaf]) for leaf in tables if cells[leaf] == cell}
            return found, own

        jobs = tiles(shape, side, 0)
        for tile, (found, own) in run(
            jobs, work, stage="error table", progress=self._progress, execution=self._execution
        ):
            for leaf, values in found.items():
                tables[leaf][tile.cells(parts[leaf])] = values
            for step, sums in own.items():
                for whole, part in zip(wide[step], sums, strict=True):
                    whole[tile.cells(step)] = part
        for leaf, cell in cells.items():
            if leaf in tables:
                self._tables[leaf, sides] = _sum_to(tables[leaf], parts[leaf], leaf)
                continue
            total, square = (_sum_to(part, steps[leaf], cell) for part in wide[steps[leaf]])
            self._tables[leaf, sides] = _sum_to(squared_error(total, square, shape, cell), cell, leaf)


def _cell_moments(pixels: Array, cells: Collection[Sides], shift: float) -> Iterator[tuple[Sides, tuple[Array, Array]]]:
    """Yield sums and sums of squares for several cell sides, ascending; coarser ones are summed from finer ones."""
    last: tuple[Sides, tuple[Array, Array]] | None = None
    for cell in sorted(cells):
        if last is not None and all(b % a == 0 for a, b in zip(last[0], cell, strict=True)):
            finer, (total, square) = last
            last = cell, (_sum_to(total, finer, cell), _sum_to(square, finer, cell))
        else:
            last = cell, moments(pixels, cell, shift)
        yield last


def _sum_to(values: Array, cell: Sides, target: Sides) -> Array:
    """Sum a grid of cells to a grid of coarser ones."""
    while cell != target:
        axes = [side < wanted for side, wanted in zip(cell, target, strict=True)]
        values = halve(values, np.float64, axes)
        cell = tuple(side * 2 if grow else side for side, grow in zip(cell, axes, strict=True))
    return values


def psnr(image: Any, tree: PatchTree, patch_size: int | tuple[int, ...]) -> float:
    """Return the PSNR in dB of what the tokens of a tree keep of an image (see `ErrorTable.psnr`)."""
    return ErrorTable(image).psnr(tree, patch_size)


def ssim(image: Any, tree: PatchTree, patch_size: int | tuple[int, ...]) -> float:
    """Return the SSIM of what the tokens of a tree keep of an image (see `SsimReference`)."""
    return SsimReference(image).ssim_of_tree(tree, patch_size)
