"""Structural similarity of an image with what tokens keep of it, in bands that stay in the processor's cache."""

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from vitsci_viz.errors import InputError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.intensity import to_grey
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image, is_wide, read_window
from vitsci_viz.patching.stream import tile_side, tiles
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.types import Image, PatchTree

Array = NDArray[Any]
Floats = NDArray[np.float32]
SSIM_WINDOW = 7
SSIM_PIXELS = 2**28
"""SSIM compares whole images in memory, up to this size."""
BAND_PIXELS = 2**18


def data_range(image: Image) -> float:
    """Return the range PSNR and SSIM refer to: 255 for 8-bit data, else maximum - minimum of the image (1 if flat)."""
    low, high = value_bounds(image)
    return high - low or 1.0


def value_bounds(image: Image) -> tuple[float, float]:
    """Return 0 and 255 for 8-bit data, else the minimum and the maximum of the image."""
    if np.dtype(image.data.dtype) == np.uint8:
        return 0.0, 255.0
    bounds = [
        (float(pixels.min()), float(pixels.max()))
        for tile in tiles(image.shape, tile_side((1,) * image.ndim), 0)
        for pixels in [read_window(image, tile.core)]
    ]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


class SsimReference:
    """An image prepared for structural similarity with its reconstructions, on luminance.

    Parameters
    ----------
    image : Image or array
        Up to 2^28 pixels.

    Raises
    ------
    InputError
        The image is larger than memory should hold: use a region or a coarser level.

    References
    ----------
    Wang et al., Image quality assessment: from error visibility to structural similarity, TIP 2004. Uniform
    7-pixel window and sample covariance, as scikit-image's default.
    """

    def __init__(self, image: Any) -> None:
        self.image = as_image(image)
        if np.prod(self.image.shape) > SSIM_PIXELS:
            raise InputError(f"SSIM needs at most {SSIM_PIXELS:,} pixels, got {self.image.shape}: take a region")
        low, high = value_bounds(self.image)
        self.range = high - low or 1.0
        self._shift = (low + high) / 2  # squares of values far from 0 would drown their variance
        self._grey = self._luminance(np.asarray(self.image))
        count = SSIM_WINDOW**self.image.ndim
        self._sample = np.float32(count / (count - 1))
        self._mean = _window_mean(self._grey)
        self._variance = (_window_mean(self._grey**2) - self._mean**2) * self._sample

    def ssim(self, reconstruction: Array) -> float:
        """Return the mean structural similarity with a reconstruction of the image's shape, at most 1."""
        return self._compare(self._luminance(reconstruction))

    def ssim_of_tree(
        self, tree: PatchTree, patch_size: int | tuple[int, ...], *, execution: ExecutionOptions | None = None
    ) -> float:
        """Return the similarity with what the tokens of a tree keep.

        Parameters
        ----------
        tree : PatchTree
            Leaves of this image.
        patch_size : int or one per axis
            Side of a token.
        execution : ExecutionOptions, optional
            Threads; never changes the answer.

        Notes
        -----
        Luminance is linear in the channels, so only the luminance is cut and put together again.
        """
        grey = Image(levels=(self._grey,), axes=self.image.spatial_axes, name=self.image.name)
        return self._compare(scatter(gather(grey, tree, patch_size, execution=execution)))

    def _luminance(self, pixels: Array) -> Floats:
        pixels = pixels if is_wide(pixels.dtype) else pixels.astype(np.float32)
        grey = to_grey(pixels, PatchOptions(), self.image.axes.endswith("c"))
        return (grey - self._shift).astype(np.float32, copy=False)

    def _compare(self, grey: Floats) -> float:
        total, count = 0.0, 0
        for window, core in _bands(grey.shape):
            values = self._similarity(grey[window], window)[core]
            total += float(values.sum(dtype=np.float64))
            count += values.size
        return total / count

    def _similarity(self, grey: Floats, window: tuple[slice, ...]) -> Floats:
        r"""Return the similarity of every pixel of a window.

        Notes
        -----
        .. math:: \frac{(2 \mu_a \mu_b + c_1)(2 \sigma_{ab} + c_2)}
                  {(\mu_a^2 + \mu_b^2 + c_1)(\sigma_a^2 + \sigma_b^2 + c_2)}
        """
        own, own_mean = self._grey[window], self._mean[window]
        mean = _window_mean(grey)
        variance = (_window_mean(grey * grey) - mean * mean) * self._sample
        covariance = (_window_mean(grey * own) - mean * own_mean) * self._sample
        a, b = own_mean + self._shift, mean + self._shift
        c1, c2 = np.float32((0.01 * self.range) ** 2), np.float32((0.03 * self.range) ** 2)
        alike = (2 * a * b + c1) * (2 * covariance + c2)
        return np.divide(alike, (a * a + b * b + c1) * (self._variance[window] + variance + c2), dtype=np.float32)


def _bands(shape: tuple[int, ...]) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Yield windows along the first axis and, inside each, the pixels whose neighbourhood lies in the image.

    An axis too short for any such pixel counts whole.
    """
    edge = SSIM_WINDOW // 2
    inner = tuple(slice(edge, n - edge) if n > 2 * edge else slice(None) for n in shape)
    if shape[0] <= 2 * edge:
        yield (slice(None),), inner
        return
    step = max(1, BAND_PIXELS // max(1, int(np.prod(shape[1:]))))
    for first in range(edge, shape[0] - edge, step):
        last = min(first + step, shape[0] - edge)
        yield (slice(first - edge, last + edge),), (slice(edge, edge + last - first), *inner[1:])


def _window_mean(values: Floats) -> Floats:
    if values.ndim == 2:
        mean = cv2.boxFilter(values, cv2.CV_32F, (SSIM_WINDOW, SSIM_WINDOW), borderType=cv2.BORDER_REFLECT)
        return np.asarray(mean, np.float32)
    mean = np.empty_like(values)
    ndimage.uniform_filter(values, SSIM_WINDOW, output=mean)  # pyright: ignore[reportUnknownMemberType]
    return mean
