"""Images at another pixel size, read piece by piece: every window is that of the whole resampled image."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.lazy import Box, BoxLevel

Array = NDArray[Any]
_BAND_BYTES = 64 * 2**20


class ResampledLevel(BoxLevel):
    """A level at another spatial shape: means of the pixels where it is coarser, linear between them where finer.

    Parameters
    ----------
    source : level array (*spatial[, c])
        Read where it is needed.
    shape : tuple of int
        Wanted spatial shape; the dtype is kept.

    Notes
    -----
    Every value is a sum over a few pixels, always in the same order, so that it does not depend on the window.
    """

    def __init__(self, source: Any, shape: tuple[int, ...]) -> None:
        super().__init__((*shape, *source.shape[len(shape) :]), source.dtype, getattr(source, "path", "the image"))
        self.source = source
        self._ndim = len(shape)

    def read_box(self, box: Box) -> Array:
        """Read what lies under the box in bands, and resample each axis in turn."""
        (first, stop), *rest = box
        factor = math.prod(n / m for n, m in zip(self.source.shape, self.shape, strict=True))
        row_bytes = 4 * math.prod(high - low for low, high in rest) * max(1.0, factor)
        step = max(1, int(_BAND_BYTES / max(1.0, row_bytes)))
        bands = [self._band(((top, min(top + step, stop)), *rest)) for top in range(first, stop, step)]
        return bands[0] if len(bands) == 1 else np.concatenate(bands)

    def _band(self, box: Box) -> Array:
        taps = [
            resampling_taps(low, high, self.source.shape[axis], self.shape[axis])
            for axis, (low, high) in enumerate(box[: self._ndim])
        ]
        key = tuple(slice(int(index.min()), int(index.max()) + 1) for index, _ in taps)
        values = np.asarray(self.source[(*key, *(slice(*pair) for pair in box[self._ndim :]))])
        values = values.astype(np.float64 if values.dtype.itemsize > 4 else np.float32)
        for axis, (index, weight) in enumerate(taps):
            values = _combined(values, index - index.min(), weight, axis)
        return (np.rint(values) if self.dtype.kind in "ui" else values).astype(self.dtype)


def resampling_taps(first: int, stop: int, length: int, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which pixels make up each new one along an axis, and with which weights.

    Parameters
    ----------
    first, stop : int
        The new pixels that are asked for.
    length, wanted : int
        Pixels of the axis before and after.

    Returns
    -------
    index, weight : (stop - first, taps)
        Weights of a pixel sum to 1.

    Examples
    --------
    >>> index, weight = resampling_taps(0, 2, 3, 2)
    >>> index.tolist(), weight.round(2).tolist()
    ([[0, 1, 2], [1, 2, 2]], [[0.67, 0.33, 0.0], [0.33, 0.67, 0.0]])
    """
    factor = length / wanted
    at = np.arange(first, stop)
    if factor > 1:
        low, high = at * factor, (at + 1) * factor
        begin = np.floor(low).astype(np.int64)
        index = begin[:, None] + np.arange(math.ceil(factor) + 1)
        weight = np.clip(np.minimum(high[:, None], index + 1) - np.maximum(low[:, None], index), 0, None) / factor
    else:
        centre = np.clip((at + 0.5) * factor - 0.5, 0, length - 1)
        begin = np.floor(centre).astype(np.int64)
        index = begin[:, None] + np.arange(2)
        weight = np.stack([1 - (centre - begin), centre - begin], axis=1)
    return np.minimum(index, length - 1), weight.astype(np.float64)


def _combined(values: Array, index: NDArray[np.int64], weight: NDArray[np.float64], axis: int) -> Array:
    """Return the weighted sums along one axis."""
    shape = [-1 if other == axis else 1 for other in range(values.ndim)]
    factors = weight.astype(values.dtype)
    total = values.take(index[:, 0], axis=axis) * factors[:, 0].reshape(shape)
    for tap in range(1, index.shape[1]):
        total += values.take(index[:, tap], axis=axis) * factors[:, tap].reshape(shape)
    return total
