"""From pixels of any type to the 8-bit grey scale that edges and gradients are defined on."""

import itertools
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import is_wide, read_window
from vitsci_viz.patching.stream import tile_side, tiles
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image

Array = NDArray[Any]
PERCENTILES = (0.5, 99.5)
"""Values between these percentiles of the sample span 0-255; data that are 8-bit already are left alone."""
LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue (ITU-R BT.601)."""
SAMPLE_BLOCK = {1: 65_536, 2: 128, 3: 32}
SAMPLE_STRIDE = {1: 4, 2: 4, 3: 4}
WHOLE = 2**21
"""Images with at most this many pixels are sampled whole."""


@dataclass(frozen=True, kw_only=True)
class GreyScale:
    """The linear map from native values to 0-255; None where the data are 8-bit already."""

    low: float
    high: float

    def apply(self, grey: Array) -> NDArray[np.float32]:
        """Scale to float32 within 0-255, saturating outside."""
        span = self.high - self.low
        factor = 255.0 / span if span > 0 else 0.0
        scaled = (grey.astype(np.float64 if is_wide(grey.dtype) else np.float32) - self.low) * factor
        return np.clip(scaled, 0, 255).astype(np.float32)


def sample_windows(shape: tuple[int, ...]) -> list[tuple[slice, ...]]:
    """Return the fixed windows that global statistics are taken from.

    Small images are taken whole; larger ones as blocks on a regular lattice, the same for every machine,
    memory and thread count.

    >>> len(sample_windows((4096, 4096))), len(sample_windows((100, 100)))
    (64, 1)
    """
    if np.prod(shape) <= WHOLE:
        return [tuple(slice(0, length) for length in shape)]
    block = SAMPLE_BLOCK.get(len(shape), 16)
    stride = block * SAMPLE_STRIDE.get(len(shape), 4)
    starts: list[list[int]] = []
    for length in shape:
        first = min((stride - block) // 2, max(0, (length - block) // 2))
        starts.append([*range(first, max(first + 1, length - block // 2), stride)])
    limit = 1024
    blocks = list(itertools.product(*starts))
    blocks = blocks[:: max(1, -(-len(blocks) // limit))]
    return [tuple(slice(s, min(s + block, n)) for s, n in zip(start, shape, strict=True)) for start in blocks]


def to_grey(pixels: Array, options: PatchOptions, channels: bool) -> Array:
    """Reduce channels to one value a pixel, in the data's own scale.

    Parameters
    ----------
    pixels : (*shape[, c])
        Any real dtype.
    options : PatchOptions
        `channel`: luminance (ITU-R BT.601 for three channels, else the mean), max, or an index.
    channels : bool
        The last axis holds channels.

    Raises
    ------
    OptionError
        The channel index does not exist.
    """
    count = pixels.shape[-1] if channels else 1
    if isinstance(options.channel, int) and options.channel >= count:
        raise OptionError(f"channel must be below the number of channels ({count}), got {options.channel}")
    if not channels:
        return pixels
    if isinstance(options.channel, int):
        return np.ascontiguousarray(pixels[..., options.channel])
    if count == 1:
        return np.ascontiguousarray(pixels[..., 0])
    if options.channel == "max":
        return pixels.max(axis=-1)
    if count == 3:
        if is_wide(pixels.dtype):  # OpenCV would take them as float32
            red, green, blue = (pixels[..., index] * weight for index, weight in enumerate(LUMINANCE))
            return red + green + blue
        if pixels.dtype not in (np.dtype(np.uint8), np.dtype(np.uint16), np.dtype(np.float32)):
            pixels = pixels.astype(np.float32)
        flat = pixels.reshape(-1, pixels.shape[-2], 3)
        return cv2.cvtColor(flat, cv2.COLOR_RGB2GRAY).reshape(pixels.shape[:-1])
    mean = pixels.mean(axis=-1, dtype=np.float64 if pixels.dtype.itemsize > 2 else np.float32)
    if pixels.dtype == np.uint8:
        return np.rint(mean).astype(np.uint8)
    return mean if is_wide(pixels.dtype) else mean.astype(np.float32)


def grey_scale(image: Image, options: PatchOptions, *, progress: Progress = silent) -> GreyScale | None:
    """Find the map to 0-255 from a first pass: percentiles of the sample; 8-bit data need none.

    Raises
    ------
    InputError
        Floating-point data hold NaN or infinite values; the count and the first place are named.
    """
    dtype = np.dtype(image.data.dtype)
    if dtype == np.uint8:
        return None
    if dtype.kind == "b":
        return GreyScale(low=0.0, high=1.0)
    if dtype.kind == "f":
        refuse_not_finite(image, progress=progress)
    channels = image.axes.endswith("c")
    windows = sample_windows(image.shape)
    sample = np.concatenate([to_grey(read_window(image, window), options, channels).ravel() for window in windows])
    low, high = np.percentile(sample, PERCENTILES)
    if low == high:
        # All but a few pixels are the same: the few are what there is to see.
        low, high = sample.min(), sample.max()
    return GreyScale(low=float(low), high=float(high))


def refuse_not_finite(image: Image, *, progress: Progress = silent) -> None:
    """Read the image tile by tile and refuse NaN and infinite values with their count and first place."""
    count, place = 0, None
    jobs = tiles(image.shape, tile_side((1,) * image.ndim), 0)
    for done, tile in enumerate(jobs):
        progress("checking values", done, len(jobs))
        bad = ~np.isfinite(read_window(image, tile.core))
        found = int(np.count_nonzero(bad))
        if found and place is None:
            first = np.unravel_index(int(np.argmax(bad)), bad.shape)[: image.ndim]
            place = tuple(int(i) + part.start for i, part in zip(first, tile.core, strict=True))
        count += found
    if count:
        axes = ", ".join(image.spatial_axes)
        raise InputError(
            f"{image.name} must hold finite values only: {count:,} of {np.prod(image.data.shape):,} are NaN or "
            f"infinite, the first at ({axes}) = {place}; fill or crop them before patching"
        )


def to_8bit(grey: Array, scale: GreyScale | None) -> Array:
    """Return grey values as uint8, rounded; 8-bit data pass unchanged."""
    if scale is None:
        return grey.astype(np.uint8, copy=False)
    return np.rint(scale.apply(grey)).astype(np.uint8)
