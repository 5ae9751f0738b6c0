"""Summed gradient magnitude of every cell, in one to three dimensions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.block_kernels import GRADIENT_STEPS, block_gradient
from vitsci_viz.patching.blur import blurred
from vitsci_viz.patching.intensity import GreyScale, to_grey
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import grid_shape
from vitsci_viz.patching.sides import three
from vitsci_viz.patching.source import read_window
from vitsci_viz.patching.stream import Tile
from vitsci_viz.types import Image

Array = NDArray[Any]


def gradient_halo(kernel: int) -> int:
    """Return the pixels to read around a tile: the reach of the blur and of a central difference."""
    return kernel // 2 + 1


def gradient_summer(
    image: Image, options: PatchOptions, min_size: Sequence[int], kernel: int, scale: GreyScale | None
) -> Callable[[Tile], Array]:
    """Return the function that sums the gradient magnitude of every cell of a tile.

    Notes
    -----
    Central differences per pixel (one-sided at the ends of the image) of the blurred grey values on the 0-255 scale;
    the magnitude is rounded to a sixteenth of a grey level, so that sums are exact and no tile or thread shows.
    """
    channels = image.axes.endswith("c")

    def total(tile: Tile) -> Array:
        grey = to_grey(read_window(image, tile.window), options, channels)
        grey = np.ascontiguousarray(blurred(grey if scale is None else scale.apply(grey), kernel))
        sums = np.zeros(three(grid_shape([c.stop - c.start for c in tile.core], min_size)), np.float64)
        skip = np.zeros((3, 2), np.int64)
        skip[3 - image.ndim :] = tile.margins
        block_gradient(grey.reshape(three(grey.shape)), skip, np.array(three(min_size)), sums)
        return (sums / GRADIENT_STEPS).reshape(sums.shape[3 - image.ndim :])

    return total
