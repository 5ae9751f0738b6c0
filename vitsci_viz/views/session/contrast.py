"""Numbers to colours: one global contrast per image, so that nothing flickers while panning."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.palettes import OKABE_ITO, from_hex

Array = NDArray[Any]

PERCENTILES = (0.1, 99.9)
SAMPLE_SIDE = 512


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Values shown as black and as white, one pair per channel."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    is_identity: bool


def find_contrast(pyramid: DisplayPyramid) -> Contrast:
    """Return the contrast of an image: 8 bit as it is, anything else by percentiles of an overview."""
    image = pyramid.image
    channels = image.channels
    if image.data.dtype == np.uint8:
        return Contrast(low=(0.0,) * channels, high=(255.0,) * channels, is_identity=channels in (1, 3, 4))
    if image.data.dtype == np.bool_:
        return Contrast(low=(0.0,) * channels, high=(1.0,) * channels, is_identity=False)
    level = pyramid.level_for(max(image.shape[-2:]) / SAMPLE_SIDE)
    middle = image.shape[0] // 2 if image.ndim == 3 else None
    step = max(1, max(level.array.shape[image.ndim - 2 : image.ndim]) // (2 * SAMPLE_SIDE))
    sample = pyramid.read(level, slice(None, None, step), slice(None, None, step), middle).reshape(-1, channels)
    sample = sample[np.isfinite(sample).all(axis=1)]
    if not len(sample):
        return Contrast(low=(0.0,) * channels, high=(1.0,) * channels, is_identity=False)
    low, high = np.percentile(sample.astype(np.float64), PERCENTILES, axis=None if channels == 3 else 0)
    low, high = np.broadcast_to(low, channels), np.broadcast_to(high, channels)
    high = np.where(high > low, high, low + np.maximum(1, np.abs(low)))
    return Contrast(low=tuple(map(float, low)), high=tuple(map(float, high)), is_identity=False)


def to_rgb(pixels: Array, contrast: Contrast) -> NDArray[np.uint8]:
    """Colour a box of pixels.

    Parameters
    ----------
    pixels : (h, w, c) any dtype
        One channel is grey, three (four) are red, green, blue (and an ignored alpha), other counts are added up
        in class colours.
    contrast : Contrast
        From `find_contrast`.

    Returns
    -------
    (h, w, 3) uint8
    """
    channels = pixels.shape[-1]
    if contrast.is_identity:
        shown = pixels.astype(np.uint8, copy=False)
    else:
        low, span = np.array(contrast.low, np.float32), np.subtract(contrast.high, contrast.low, dtype=np.float32)
        scaled = (pixels.astype(np.float32) - low) * (255.0 / span)
        shown = np.clip(np.nan_to_num(scaled) + 0.5, 0, 255).astype(np.uint8)
    if channels == 1:
        return np.repeat(shown, 3, axis=-1)
    if channels in (3, 4):
        return np.ascontiguousarray(shown[..., :3])
    colours = np.array([from_hex(OKABE_ITO[k % len(OKABE_ITO)]) for k in range(channels)], np.float32) / 255
    return np.clip(shown.astype(np.float32) @ colours, 0, 255).astype(np.uint8)
