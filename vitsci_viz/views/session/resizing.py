"""Averages over blocks of pixels, of any real dtype."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def block_means(pixels: Array, factor: int, interpolation: int = cv2.INTER_AREA) -> Array:
    """Average blocks of ``factor x factor`` pixels; blocks that reach beyond the end average what is inside.

    >>> block_means(np.array([[1, 3, 5], [1, 3, 9]], np.float32), 2).tolist()
    [[2.0, 7.0]]
    """
    rows, columns = pixels.shape[:2]
    out = np.empty((-(-rows // factor), -(-columns // factor), *pixels.shape[2:]), _resizable(pixels.dtype))
    for from_rows, to_rows in _whole_and_rest(rows, factor):
        for from_columns, to_columns in _whole_and_rest(columns, factor):
            height, width = to_rows.stop - to_rows.start, to_columns.stop - to_columns.start
            part = pixels[from_rows, from_columns]
            out[to_rows, to_columns] = resized(part, height, width, interpolation=interpolation)
    return out


def _whole_and_rest(length: int, factor: int) -> list[tuple[slice, slice]]:
    """Return pixels and blocks of the whole blocks, and of what is left at the end."""
    whole = length // factor
    parts = [(slice(0, whole * factor), slice(0, whole)), (slice(whole * factor, length), slice(whole, whole + 1))]
    return [part for part in parts if part[0].stop > part[0].start]


def resized(pixels: Array, height: int, width: int, *, interpolation: int = cv2.INTER_AREA) -> Array:
    """Resize (h, w[, c]) pixels of any real dtype; types that OpenCV cannot resize become float32."""
    source = np.ascontiguousarray(pixels, dtype=_resizable(pixels.dtype))
    small: Array = np.asarray(cv2.resize(source, (width, height), interpolation=interpolation))
    return small.reshape(height, width, *pixels.shape[2:])


def _resizable(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.name in ("uint8", "uint16", "float32", "float64") else np.dtype(np.float32)
