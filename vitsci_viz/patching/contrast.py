"""Numbers to colours: the values shown as black and white, and the picture that follows from them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

PERCENTILES = (0.1, 99.9)
OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#bbbbbb")
"""Okabe and Ito's class colours, the most visible on a dark canvas first."""


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """Values shown as black and as white, one pair per channel."""

    low: tuple[float, ...]
    high: tuple[float, ...]
    is_identity: bool = False


def contrast_of(sample: Array) -> Contrast:
    """Return the contrast of an image from some of its pixels.

    Parameters
    ----------
    sample : (..., c) any dtype
        8-bit values are shown as they are, booleans as black and white, anything else between the outer percentiles
        of its finite pixels: shared by the channels of a colour image, each channel its own otherwise.

    Examples
    --------
    >>> contrast_of(np.zeros((4, 5, 1), np.uint8)).high
    (255.0,)
    """
    channels = sample.shape[-1]
    if sample.dtype == np.uint8:
        return Contrast(low=(0.0,) * channels, high=(255.0,) * channels, is_identity=channels in (1, 3, 4))
    sample = sample.reshape(-1, channels)
    sample = sample[np.isfinite(sample).all(axis=1)]
    if sample.dtype == np.bool_ or not len(sample):
        return Contrast(low=(0.0,) * channels, high=(1.0,) * channels)
    low, high = np.percentile(sample.astype(np.float64), PERCENTILES, axis=None if channels == 3 else 0)
    low, high = np.broadcast_to(low, channels), np.broadcast_to(high, channels)
    high = np.where(high > low, high, low + np.maximum(1, np.abs(low)))
    return Contrast(low=tuple(map(float, low)), high=tuple(map(float, high)))


def to_rgb(pixels: Array, contrast: Contrast) -> NDArray[np.uint8]:
    """Colour a box of pixels.

    Parameters
    ----------
    pixels : (h, w, c) any dtype
        One channel is grey, three (four) are red, green, blue (and an ignored alpha), other counts are added up
        in class colours.
    contrast : Contrast
        From `contrast_of`.

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


def from_hex(text: str) -> tuple[int, int, int]:
    """Read ``#rrggbb``.

    >>> from_hex("#e69f00")
    (230, 159, 0)
    """
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)
