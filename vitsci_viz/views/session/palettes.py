"""Colours: levels of leaves, scalars, classes; all safe for colour-blind eyes."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.colours import class_colour
from vitsci_viz.patching.draw import SHADE_OPACITY, level_colours

Palette = NDArray[np.uint8]

SHADE = 128
"""Raster index of the line of level k is ``k + 1``; of its shading ``SHADE | k + 1``; 0 is empty."""
MASK_OPACITY = 102
"""Forty per cent."""
IGNORED_INDEX = 127
"""Raster index of what is not labelled."""
IGNORED_COLOUR = (150, 150, 150)


@functools.cache
def level_names(depth: int) -> tuple[str, ...]:
    """Return the colour of each level from the root to `depth` as ``#rrggbb``.

    >>> level_names(2)
    ('#38598c', '#2ab07f', '#fde725')
    """
    return tuple(to_hex(colour) for colour in level_colours(depth))


def to_hex(colour: Palette) -> str:
    """Write a colour as ``#rrggbb``."""
    red, green, blue = (int(part) for part in colour[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


@functools.cache
def leaf_palette(depth: int) -> Palette:
    """Return the palette of a leaf raster: opaque lines and half-transparent shading for each level."""
    palette = np.zeros((256, 4), np.uint8)
    for level, colour in enumerate(level_colours(depth)):
        palette[level + 1] = (*colour, 255)
        palette[SHADE | level + 1] = (*colour, round(255 * SHADE_OPACITY))
    return palette


@functools.cache
def scalar_palette() -> Palette:
    """Return viridis with full opacity."""
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    viridis = np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_VIRIDIS)[:, 0, ::-1], np.uint8)
    return np.concatenate([viridis, np.full((256, 1), 255, np.uint8)], axis=1)


def class_hex(index: int) -> str:
    """Return the colour of a class as ``#rrggbb``; they repeat after eight.

    >>> class_hex(1), class_hex(9)
    ('#e69f00', '#e69f00')
    """
    return to_hex(np.array(class_colour(index), np.uint8))


@functools.cache
def mask_palette() -> Palette:
    """Return the palette of masks: class k is filled at index k and outlined at index ``128 + k``; 0 is empty."""
    palette = np.zeros((256, 4), np.uint8)
    for value in range(1, 128):
        colour = IGNORED_COLOUR if value == IGNORED_INDEX else class_colour(value)
        palette[value] = (*colour, MASK_OPACITY)
        palette[128 + value] = (*colour, 255)
    return palette
