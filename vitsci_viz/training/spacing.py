"""Images and masks at the pixel size that a model is trained at."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.io.resampling import ResampledLevel
from vitsci_viz.types import Image

SAME = 0.02
"""Pixel sizes that differ by less than this share are taken as equal."""
MOST_PIXELS = 2**30
"""Larger images are resampled window by window, as they are read."""


def is_same_spacing(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Tell whether two pixel sizes are equal, or one of them is unknown.

    >>> is_same_spacing((0.5, 0.5), (0.5005, 0.5)), is_same_spacing((0.5, 0.5), (0.25, 0.25))
    (True, False)
    """
    if one is None or other is None:
        return True
    return all(abs(a / b - 1) <= SAME for a, b in zip(one, other, strict=True))


def at_spacing(image: Image, spacing_um: Sequence[float]) -> Image:
    """Return an image with another pixel size.

    Parameters
    ----------
    image : Image
        Of known spacing.
    spacing_um : one per spatial axis
        Wanted sides of a pixel in um.

    Returns
    -------
    Image
        Lazy where a level of the image has this pixel size or the image is large, else in memory: means of the pixels
        where it becomes coarser, linear between them where it becomes finer. The dtype is kept.
    """
    own = image.spacing_um
    if own is None or is_same_spacing(own, spacing_um):
        return image
    image = nearest_level(image, spacing_um)
    own = image.spacing_um or own
    if is_same_spacing(own, spacing_um):
        return image
    shape = tuple(max(1, round(n * a / b)) for n, a, b in zip(image.shape, own, spacing_um, strict=True))
    level = ResampledLevel(image.data, shape)
    pixels = np.asarray(level) if math.prod(image.shape) <= MOST_PIXELS else level
    return replace(image, levels=(pixels,), spacing=tuple(spacing_um), unit="um")


def nearest_level(image: Image, spacing_um: Sequence[float]) -> Image:
    """Drop the levels that are finer than needed."""
    own = image.spacing_um or ()
    first, found = 0, image.spacing
    for number, level in enumerate(image.levels):
        factors = [full / n for full, n in zip(image.shape, level.shape, strict=False)]
        if all(a * f <= b * (1 + SAME) for a, f, b in zip(own, factors, spacing_um, strict=True)):
            first = number
            found = tuple(s * f for s, f in zip(image.spacing or (), factors, strict=True))
    return replace(image, levels=image.levels[first:], spacing=found)


class SampledLevel(BoxLevel):
    """Labels at another resolution: the class at the centre of every new pixel; nothing is read before it is sliced.

    Parameters
    ----------
    source : level array
        Labels, one per pixel.
    shape : tuple of int
        Wanted shape.
    """

    def __init__(self, source: Any, shape: tuple[int, ...]) -> None:
        super().__init__(shape, source.dtype, getattr(source, "path", "the mask"))
        self.source = source

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the box through the pixels of the source at its centres."""
        index = [
            np.minimum(((np.arange(low, high) + 0.5) * full / n).astype(np.int64), full - 1)
            for (low, high), full, n in zip(box, self.source.shape, self.shape, strict=True)
        ]
        window = self.source[tuple(slice(int(part[0]), int(part[-1]) + 1) for part in index)]
        return np.asarray(window)[np.ix_(*(part - part[0] for part in index))]
