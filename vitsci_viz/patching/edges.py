"""Canny edges over fixed tiles, and how many of them lie in every cell."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.block_kernels import block_counts, gradient_histogram
from vitsci_viz.patching.blur import blur_kernel, blurred
from vitsci_viz.patching.intensity import GreyScale, grey_scale, sample_windows, to_8bit, to_grey
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import grid_shape
from vitsci_viz.patching.source import as_image, read_window
from vitsci_viz.patching.stream import Tile, tile_side, tiles
from vitsci_viz.types import Image

Array = NDArray[Any]
EDGE_HALO = 256
"""Pixels read around an edge tile: beyond the reach of blur and Sobel, and far enough for hysteresis."""
BAND_ROWS = 512
"""Rows that are turned grey and blurred together."""
AUTO_QUANTILES = (0.8, 0.9)
"""Quantiles of the positive gradient magnitude that automatic Canny thresholds sit at."""


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
        gradient_histogram(np.ascontiguousarray(grey), counts)
    total: NDArray[np.int64] = np.cumsum(counts[1:])
    if total[-1] == 0:
        return 0.0, 0.0
    low, high = (1 + int(total.searchsorted(share * int(total[-1]))) for share in AUTO_QUANTILES)
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
    return cv2.Canny(smooth_grey(pixels, options, kernel, scale), *limits)


def smooth_grey(pixels: Array, options: PatchOptions, kernel: int, scale: GreyScale | None) -> NDArray[np.uint8]:
    """Return the blurred 8-bit grey values that edges are found in.

    Bands of rows with the reach of the blur around them give the same values as the whole and stay in the cache
    between the two steps.
    """
    smooth = np.empty(pixels.shape[:2], np.uint8)
    reach = kernel // 2
    for first in range(0, len(pixels), BAND_ROWS):
        low = max(0, first - reach)
        grey = to_8bit(to_grey(pixels[low : first + BAND_ROWS + reach], options, pixels.ndim == 3), scale)
        band = blurred(np.ascontiguousarray(grey), kernel)
        smooth[first : first + BAND_ROWS] = band[first - low : first - low + BAND_ROWS]
    return smooth


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


def edge_counter(
    image: Image, options: PatchOptions, min_size: Sequence[int], kernel: int, scale: GreyScale | None
) -> Callable[[Tile], Array]:
    """Return the function that counts the edge pixels of every cell of a tile read with `EDGE_HALO`."""
    limits = canny_thresholds(image, options, kernel=kernel, scale=scale)

    def count(tile: Tile) -> Array:
        edges = edge_tile(read_window(image, tile.window), options, kernel, scale, limits)
        return count_edges(edges, min_size, margins=tile.margins)

    return count


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
