"""Detail per finest cell: edge pixels, gradient magnitude or variance, over fixed tiles."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.intensity import GreyScale, grey_scale, refuse_not_finite, sample_windows, to_8bit, to_grey
from vitsci_viz.patching.kernels import GRADIENT_STEPS, block_counts, block_gradient, block_moments
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import DetailPyramid, cell_counts, depth_for, grid_shape, halve, sum_levels
from vitsci_viz.patching.sides import resolve_sides, three
from vitsci_viz.patching.source import as_image, read_window
from vitsci_viz.patching.stream import Tile, run, tile_side, tiles
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image

Array = NDArray[Any]
EDGE_HALO = 128
"""Pixels read around an edge tile: beyond the reach of blur and Sobel, and far enough for hysteresis."""
BLUR_TABLE = ((1024, 3), (4096, 5), (8192, 7), (16384, 9), (32768, 11))
"""Longest side up to which a kernel side holds (SC'24 paper, section IV); 13 beyond."""
AUTO_QUANTILES = (0.8, 0.9)
"""Quantiles of the positive gradient magnitude that automatic Canny thresholds sit at."""


def detail_pyramid(
    image: Any,
    options: PatchOptions | None = None,
    *,
    detail: Any = None,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> DetailPyramid:
    """Measure the detail of every possible leaf: the one step that touches pixels.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        Any real dtype; read tile by tile.
    options : PatchOptions
        `detail`, `thresholds`, `blur`, `channel`, `physical`, `patch_size` and `min_size` matter here.
    detail : array (*shape), optional
        Non-negative detail of every pixel, used in place of the edge or gradient map.
    progress : callable
        Called with each finished tile.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.

    Returns
    -------
    DetailPyramid
        For `tree_from_pyramid` and `length_curve`.

    Raises
    ------
    InputError
        NaN or infinite pixels, no pixels, or a detail map of another shape or with negative values.
    OptionError
        Edges of anything but a 2-D image, a detail map with "variance", a clash of options and image.

    Notes
    -----
    Edges of images whose longest side exceeds 4,096 pixels are defined on a fixed grid of 4,096-pixel tiles with a
    halo of 128 pixels, in memory or not: memory and threads never change a tree.
    """
    options = options or PatchOptions()
    image = as_image(image)
    min_size = resolve_sides(options, image.ndim, image.spacing).min_size
    kind = detail_kind(options, image.ndim)
    if detail is not None:
        if kind == "variance":
            raise OptionError("detail='variance' measures the image itself: leave the detail map out, or use 'edges'")
        return _given(image, detail, min_size)
    if kind == "variance":
        return _variance(image, min_size, progress, execution)
    kernel = blur_kernel(options, image)
    scale = grey_scale(image, options, progress=progress)
    if kind == "edges":
        return _edges(image, options, min_size, kernel, scale, progress, execution)
    return _gradient(image, options, min_size, kernel, scale, progress, execution)


def detail_kind(options: PatchOptions, ndim: int) -> str:
    """Return what counts as detail: as asked, else edges for images and gradient for anything else.

    Raises
    ------
    OptionError
        Edges or gradient where they are not defined.
    """
    kind = options.detail or ("edges" if ndim == 2 else "gradient")
    if kind == "edges" and ndim != 2:
        raise OptionError(f"detail='edges' needs a 2-D image, got {ndim}-D: use 'gradient' or 'variance'")
    if kind == "gradient" and ndim > 3:
        raise OptionError(f"detail='gradient' needs at most 3 axes, got {ndim}: use 'variance'")
    return kind


def blur_kernel(options: PatchOptions, image: Image) -> int:
    """Return the side of the Gaussian kernel in pixels: 0 for none, else odd.

    Raises
    ------
    OptionError
        `physical=True` without a known spacing.
    """
    if options.blur == "auto":
        longest = max(image.shape)
        return next((side for limit, side in BLUR_TABLE if longest <= limit), 13)
    if not options.physical or options.blur == 0:
        return options.blur
    if image.spacing_um is None:
        raise OptionError("physical=True needs a known spacing: give the image one, or use pixels")
    return 2 * round((options.blur / min(image.spacing_um) - 1) / 2) + 1 if options.blur > min(image.spacing_um) else 0


def blurred(grey: Array, kernel: int) -> Array:
    """Blur with a Gaussian of odd side `kernel` (sigma derived from it as OpenCV does); 0 and 1 leave it alone.

    Three-dimensional 8-bit data are rounded after each of two passes, (y, x) and z.
    """
    if kernel <= 1:
        return grey
    if grey.ndim == 1:
        return cv2.GaussianBlur(grey[None], (kernel, 1), 0)[0]
    if grey.ndim == 2:
        return cv2.GaussianBlur(grey, (kernel, kernel), 0)
    flat = np.stack([cv2.GaussianBlur(plane, (kernel, kernel), 0) for plane in grey])
    return cv2.GaussianBlur(flat.reshape(len(flat), -1), (1, kernel), 0).reshape(flat.shape)


def auto_thresholds(image: Image, options: PatchOptions, kernel: int, scale: GreyScale | None) -> tuple[float, float]:
    """Return Canny thresholds from the image: quantiles of the positive gradient magnitude after blur.

    Parameters
    ----------
    image : Image
        Sampled on fixed windows.
    options : PatchOptions
        `channel` matters.
    kernel : int
        Side of the blur.
    scale : GreyScale or None
        Map to 0-255.

    Returns
    -------
    (low, high)
        On the scale of Canny's L1 Sobel magnitude of 8-bit data.
    """
    counts = np.zeros(2048, np.int64)
    channels = image.axes.endswith("c")
    for window in sample_windows(image.shape):
        grey = blurred(to_8bit(to_grey(read_window(image, window), options, channels), scale), kernel)
        along_y = cv2.Sobel(grey, cv2.CV_16S, 0, 1, borderType=cv2.BORDER_REPLICATE)
        along_x = cv2.Sobel(grey, cv2.CV_16S, 1, 0, borderType=cv2.BORDER_REPLICATE)
        found = np.bincount((np.abs(along_y) + np.abs(along_x)).ravel(), minlength=2048)
        counts += found[:2048]
    total = np.cumsum(counts[1:])
    if total[-1] == 0:
        return 0.0, 0.0
    low, high = (1 + int(np.searchsorted(total, share * total[-1])) for share in AUTO_QUANTILES)
    return float(low), float(high)


def canny_thresholds(
    image: Image, options: PatchOptions, *, kernel: int | None = None, scale: GreyScale | None = None
) -> tuple[float, float]:
    """Return the Canny thresholds that hold for an image: as asked, or automatic."""
    if options.thresholds != "auto":
        return options.thresholds
    return auto_thresholds(image, options, blur_kernel(options, image) if kernel is None else kernel, scale)


def edge_tile(
    pixels: Array, options: PatchOptions, kernel: int, scale: GreyScale | None, limits: tuple[float, float]
) -> Array:
    """Return the Canny edges of one window as uint8, 0 or 255.

    References
    ----------
    Canny, A computational approach to edge detection, PAMI 1986; SC'24 paper, section III.
    """
    grey = to_8bit(to_grey(pixels, options, pixels.ndim == 3), scale)
    return cv2.Canny(blurred(np.ascontiguousarray(grey), kernel), *limits)


def edge_map(image: Any, options: PatchOptions | None = None) -> NDArray[np.uint8]:
    """Return the whole edge map of an image, 0 or 1, as the trees see it (for looking at; needs memory).

    Raises
    ------
    OptionError
        The image is not 2-D.
    """
    options = options or PatchOptions()
    image = as_image(image)
    if image.ndim != 2:
        raise OptionError(f"an edge map needs a 2-D image, got {image.ndim}-D")
    kernel, scale = blur_kernel(options, image), grey_scale(image, options)
    limits = canny_thresholds(image, options, kernel=kernel, scale=scale)
    edges = np.zeros(image.shape, np.uint8)
    for tile in tiles(image.shape, tile_side((1, 1)), EDGE_HALO):
        edges[tile.core] = edge_tile(read_window(image, tile.window), options, kernel, scale, limits)[tile.crop()] & 1
    return edges


def _edges(
    image: Image, options: PatchOptions, min_size: tuple[int, ...], kernel: int, scale: GreyScale | None,
    progress: Progress, execution: ExecutionOptions | None,
) -> DetailPyramid:  # fmt: skip
    limits = canny_thresholds(image, options, kernel=kernel, scale=scale)

    def count(tile: Tile) -> Array:
        edges = edge_tile(read_window(image, tile.window), options, kernel, scale, limits)
        return count_edges(edges, min_size, margins=tile.margins)

    return _from_tiles(image, min_size, EDGE_HALO, count, progress, execution, limit=int(np.prod(min_size)))


def count_edges(
    edges: Array, min_size: Sequence[int], *, margins: Sequence[tuple[int, int]] = ((0, 0), (0, 0))
) -> Array:
    """Count the nonzero pixels of an edge map (0 or 255) in every cell.

    Parameters
    ----------
    edges : (y, x) uint8
        Edge map of a window.
    min_size : sequence of int
        Sides of a cell.
    margins : two pairs of int
        Pixels of the window before and after the part to count, on every axis.

    Returns
    -------
    (cells_y, cells_x)
        The smallest unsigned type that holds the area of a cell.
    """
    inside = [n - before - after for n, (before, after) in zip(edges.shape, margins, strict=True)]
    counts = np.empty(grid_shape(inside, min_size), np.min_scalar_type(math.prod(min_size)))
    block_counts(np.ascontiguousarray(edges), np.array(margins), np.array(min_size), counts)
    return counts


def _gradient(
    image: Image, options: PatchOptions, min_size: tuple[int, ...], kernel: int, scale: GreyScale | None,
    progress: Progress, execution: ExecutionOptions | None,
) -> DetailPyramid:  # fmt: skip
    channels = image.axes.endswith("c")

    def total(tile: Tile) -> Array:
        grey = to_grey(read_window(image, tile.window), options, channels)
        grey = np.ascontiguousarray(blurred(grey if scale is None else scale.apply(grey), kernel))
        sums = np.zeros(three(grid_shape([c.stop - c.start for c in tile.core], min_size)), np.float64)
        skip = np.zeros((3, 2), np.int64)
        skip[3 - image.ndim :] = tile.margins
        block_gradient(grey.reshape(three(grey.shape)), skip, np.array(three(min_size)), sums)
        return (sums / GRADIENT_STEPS).reshape(sums.shape[3 - image.ndim :])

    return _from_tiles(image, min_size, kernel // 2 + 1, total, progress, execution)


def _given(image: Image, detail: Any, min_size: tuple[int, ...]) -> DetailPyramid:
    detail = np.asarray(detail)
    if detail.shape != image.shape:
        raise InputError(f"a detail map must have the image's spatial shape {image.shape}, got {detail.shape}")
    bad = ~(np.isfinite(detail) & (detail >= 0))
    if bad.any():
        place = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
        raise InputError(
            f"a detail map must be finite and not negative: {np.count_nonzero(bad):,} values are NaN, infinite or "
            f"negative, the first at {place}; take absolute values and fill the gaps"
        )
    total, _ = moments(detail.astype(np.float64)[..., None], min_size)
    is_edges = detail.dtype == bool or (detail.dtype.kind in "ui" and int(detail.max()) <= 1)
    return DetailPyramid(
        levels=sum_levels(total[..., 0], image.shape, min_size), shape=image.shape, min_size=min_size, is_edges=is_edges
    )


def _from_tiles(
    image: Image, min_size: tuple[int, ...], halo: int, measure: Callable[[Tile], Array],
    progress: Progress, execution: ExecutionOptions | None, *, limit: int | None = None,
) -> DetailPyramid:  # fmt: skip
    dtype = np.dtype(np.float64) if limit is None else np.min_scalar_type(limit)
    base = np.zeros(grid_shape(image.shape, min_size), dtype)
    jobs = tiles(image.shape, tile_side(min_size), halo)
    for tile, found in run(jobs, measure, stage="detail", progress=progress, execution=execution):
        base[tile.cells(min_size)] = found
    return DetailPyramid(
        levels=sum_levels(base, image.shape, min_size, limit=limit),
        shape=image.shape,
        min_size=min_size,
        is_edges=limit is not None,
    )


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


def _variance(
    image: Image, min_size: tuple[int, ...], progress: Progress, execution: ExecutionOptions | None
) -> DetailPyramid:
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
    """Return what to subtract before squares are summed: 0 for integers, a mean for finite floats.

    Raises
    ------
    InputError
        NaN or infinite values.
    """
    if np.dtype(image.data.dtype).kind != "f":
        return 0.0
    refuse_not_finite(image, progress=progress)
    return float(np.mean(read_window(image, sample_windows(image.shape)[0]), dtype=np.float64))


def squared_error(total: Array, square: Array, shape: Sequence[int], cell: Sequence[int]) -> Array:
    """Return the sum of squared deviations from the mean of every cell, over channels.

    Notes
    -----
    SSE = sum x^2 - (sum x)^2 / n with n the pixels of the cell inside the image; exact for 8- and 16-bit data as
    long as the sums stay below 2^53, never below 0.
    """
    count = cell_counts(shape, cell)
    return np.maximum(square - (total**2).sum(axis=-1) / count, 0.0)


def _largest_child(level: Array) -> Array:
    for axis in range(level.ndim):
        level = np.maximum.reduceat(level, np.arange(0, level.shape[axis], 2), axis=axis)
    return level
