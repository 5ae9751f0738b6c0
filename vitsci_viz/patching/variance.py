"""Moments of cells, and the summed squared deviation from the mean they give."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.block_kernels import block_errors, block_moments
from vitsci_viz.patching.intensity import refuse_not_finite, sample_windows
from vitsci_viz.patching.pyramid import DetailPyramid, cell_counts, depth_for, grid_shape, halve
from vitsci_viz.patching.sides import three
from vitsci_viz.patching.source import read_window
from vitsci_viz.patching.stream import Tile, run, tile_side, tiles
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image

Array = NDArray[Any]


def moments(pixels: Array, cell: Sequence[int], shift: float = 0.0) -> tuple[Array, Array]:
    """Sum the values and the squares of every cell.

    Parameters
    ----------
    pixels : (*shape, c)
        Up to three spatial axes in one compiled pass; more are summed with NumPy.
    cell : sequence of int
        Sides of a cell.
    shift : float
        Subtracted from every value first.

    Returns
    -------
    total : (*cells, c) float64
        Sums per channel.
    square : (*cells) float64
        Sums of squares over the channels.
    """
    ndim, channels = pixels.ndim - 1, pixels.shape[-1]
    cells = grid_shape(pixels.shape[:-1], cell)
    if ndim > 3:
        return _moments_slow(pixels.astype(np.float64) - shift, cell)
    total = np.zeros((*three(cells), channels))
    square = np.zeros(three(cells))
    flat = np.ascontiguousarray(pixels).reshape(*three(pixels.shape[:-1]), channels)
    block_moments(flat, shift, np.array(three(cell)), total, square)
    return total.reshape(*cells, channels), square.reshape(cells)


def _moments_slow(pixels: Array, cell: Sequence[int]) -> tuple[Array, Array]:
    total, square = pixels, (pixels**2).sum(axis=-1)
    done = (1,) * len(cell)
    while done != tuple(cell):
        axes = [side < wanted for side, wanted in zip(done, cell, strict=True)]
        done = tuple(side * 2 if grow else side for side, grow in zip(done, axes, strict=True))
        total, square = halve(total, np.float64, axes), halve(square, np.float64, axes)
    return total, square


def variance_pyramid(
    image: Image,
    min_size: tuple[int, ...],
    *,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> DetailPyramid:
    """Return the SSE of every possible leaf.

    Parameters
    ----------
    image : Image
        Any number of spatial axes and channels.
    min_size : tuple of int
        Side of the finest leaf.
    progress : callable
        Called with each finished tile.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.
    """
    shift = shift_for(image, progress=progress)
    total = np.zeros((*grid_shape(image.shape, min_size), image.channels))
    square = np.zeros(total.shape[:-1])

    def measure(tile: Tile) -> tuple[Array, Array]:
        pixels = read_window(image, tile.core)
        return moments(pixels if image.axes.endswith("c") else pixels[..., None], min_size, shift)

    jobs = tiles(image.shape, tile_side(min_size), 0)
    for tile, found in run(jobs, measure, stage="detail", progress=progress, execution=execution):
        total[tile.cells(min_size)], square[tile.cells(min_size)] = found
    levels = [squared_error(total, square, image.shape, min_size)]
    cell, axes = min_size, [True] * image.ndim
    for _ in range(depth_for(image.shape, min_size)):
        cell = tuple(side * 2 for side in cell)
        total, square = halve(total, np.float64, axes), halve(square, np.float64)
        inside = _largest_child(levels[-1])
        levels.append(np.maximum(squared_error(total, square, image.shape, cell), inside))
    return DetailPyramid(levels=tuple(levels), shape=image.shape, min_size=min_size)


def shift_for(image: Image, *, progress: Progress = silent) -> float:
    """Return what to subtract before squares are summed, against cancellation: 0 for 8-bit data, else about the mean.

    It is whole for integers, so that their sums stay exact.

    Raises
    ------
    InputError
        NaN or infinite values.
    """
    dtype = np.dtype(image.data.dtype)
    if dtype.itemsize == 1:
        return 0.0
    is_float = dtype.kind == "f"
    if is_float:
        refuse_not_finite(image, progress=progress)
    mean = np.mean(read_window(image, sample_windows(image.shape)[0]), dtype=np.float64)
    return float(mean if is_float else np.rint(mean))


def squared_error(total: Array, square: Array, shape: Sequence[int], cell: Sequence[int]) -> Array:
    """Return the sum of squared deviations from the mean of every cell, over channels.

    Notes
    -----
    SSE = sum x^2 - (sum x)^2 / n with n the pixels of the cell inside the image; exact for 8- and 16-bit data as
    long as the sums stay below 2^53, never below 0.
    """
    if square.ndim > 3:
        return np.maximum(square - (total**2).sum(axis=-1) / cell_counts(shape, cell), 0.0)
    deep, high, wide = (cell_counts((n,), (side,)) for n, side in zip(three(shape), three(cell), strict=True))
    error = np.empty(three(square.shape))
    block_errors(total.reshape(*error.shape, total.shape[-1]), square.reshape(error.shape), deep, high, wide, error)
    return error.reshape(square.shape)


def _largest_child(level: Array) -> Array:
    for axis in range(level.ndim):
        starts: NDArray[np.int64] = np.arange(0, int(level.shape[axis]), 2)
        level = np.maximum.reduceat(level, starts, axis=axis)
    return level
