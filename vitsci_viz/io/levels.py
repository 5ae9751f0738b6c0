"""Level arrays on top of files and of each other: mapped, decoded once, rearranged, made opaque."""

import contextlib
import math
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.lazy import Box, BoxLevel

MAP_BYTES = 16 * 2**20
"""Size of one map: the pages of a map count as memory of this process until it is gone."""


class MappedLevel(BoxLevel):
    """Uncompressed numbers in one piece of a file, mapped a window at a time.

    A map that lives as long as the image would count every page ever read as memory of this process.

    Parameters
    ----------
    path : Path
    offset : int
        Position of the first number in bytes.
    shape, dtype
        Of the whole array, in C order; the dtype as stored (any byte order).
    """

    def __init__(self, path: Path, offset: int, shape: tuple[int, ...], dtype: Any) -> None:
        super().__init__(shape, dtype, path)
        self.offset = int(offset)
        self.stored = np.dtype(dtype)
        size_bytes, needed = Path(path).stat().st_size, self.offset + self.nbytes
        if size_bytes < needed:
            raise InputError(
                f"{path} must hold {needed:,} bytes for {self.shape} {self.dtype}, but has {size_bytes:,}: "
                "it is truncated, or its shape or type is another"
            )

    def read_box(self, box: Box) -> NDArray[Any]:
        """Map the rows that hold the box, a few at a time, and copy the box out."""
        (first, end), *rest = box
        row_bytes = math.prod(self.shape[1:]) * self.stored.itemsize
        out = np.empty([stop - start for start, stop in box], self.dtype)
        step = max(1, MAP_BYTES // row_bytes)
        for top in range(first, end, step):
            count = min(step, end - top)
            rows = np.memmap(self.path, self.stored, "r", self.offset + top * row_bytes, (count, *self.shape[1:]))
            out[top - first : top - first + count] = rows[(slice(None), *(slice(*pair) for pair in rest))]
        return out


class ArrayLevel(BoxLevel):
    """Anything that slices lazily itself (zarr, HDF5, NIfTI), given NumPy's slicing and plain arrays.

    Parameters
    ----------
    array : array-like
        Has ``shape``, ``dtype`` and takes a tuple of slices.
    path : Path or str
        Named in errors.
    serial : bool
        Only one thread may read at a time.
    """

    def __init__(self, array: Any, path: Path | str = "the array", *, serial: bool = False) -> None:
        super().__init__(array.shape, array.dtype, path)
        self.array = array
        self._lock = threading.Lock() if serial else contextlib.nullcontext()

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read through the wrapped array."""
        with self._lock:
            return np.asarray(self.array[tuple(slice(*pair) for pair in box)])


class DecodedLevel(BoxLevel):
    """A file that can only be decoded whole: decoded at the first slice, then kept.

    Parameters
    ----------
    decode : callable
        Returns the whole array.
    shape, dtype, path
        Known from the file's header.
    """

    def __init__(self, decode: Callable[[], NDArray[Any]], shape: tuple[int, ...], dtype: Any, path: Path) -> None:
        super().__init__(shape, dtype, path)
        self._decode = decode
        self._whole: NDArray[Any] | None = None
        self._lock = threading.Lock()

    def read_box(self, box: Box) -> NDArray[Any]:
        """Return a view of the decoded image."""
        with self._lock:
            if self._whole is None:
                self._whole = self._decode_checked()
        return self._whole[tuple(slice(*pair) for pair in box)]

    def _decode_checked(self) -> NDArray[Any]:
        import psutil

        free_bytes = psutil.virtual_memory().available
        if self.nbytes > free_bytes:
            raise InputError(
                f"{self.path} must be decoded whole and needs {self.nbytes / 2**30:.1f} GiB, but "
                f"{free_bytes / 2**30:.1f} GiB are free: convert it to a tiled TIFF or OME-Zarr, "
                "which is read in windows"
            )
        whole = self._decode()
        if whole.shape != self.shape:
            raise InputError(f"{self.path} announces the shape {self.shape} but holds {whole.shape}: it is damaged")
        whole.flags.writeable = False
        return whole


class ArrangedLevel(BoxLevel):
    """Another level with some axes fixed at an index and the others in another order.

    Parameters
    ----------
    source : level array
    order : tuple of int
        Source axis of each axis of this level.
    fixed : dict of int to int
        Index at which every other source axis is held.
    """

    def __init__(self, source: Any, order: tuple[int, ...], fixed: dict[int, int]) -> None:
        super().__init__(
            tuple(source.shape[axis] for axis in order), source.dtype, getattr(source, "path", "the array")
        )
        self.source = source
        self._order = order
        self._fixed = fixed

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the box from the source and reorder its axes."""
        key: list[Any] = [slice(None)] * len(self.source.shape)
        for axis, index in self._fixed.items():
            key[axis] = index
        for pair, axis in zip(box, self._order, strict=True):
            key[axis] = slice(*pair)
        left = sorted(self._order)
        return np.asarray(self.source[tuple(key)]).transpose([left.index(axis) for axis in self._order])


class PaletteLevel(BoxLevel):
    """An image of indices into a palette, shown in the palette's colours.

    Parameters
    ----------
    source : level array
        Indices.
    palette : (n, 3) uint8
        Colour of each index.
    """

    def __init__(self, source: Any, palette: NDArray[np.uint8]) -> None:
        super().__init__((*source.shape, palette.shape[1]), palette.dtype, getattr(source, "path", "the array"))
        self.source = source
        self._palette = palette

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the indices of the box and look their colours up."""
        indices = np.asarray(self.source[tuple(slice(*pair) for pair in box[:-1])])
        return self._palette[indices][..., slice(*box[-1])]


class OpaqueLevel(BoxLevel):
    """An image whose last channel is alpha, shown on white: without alpha, unchanged where opaque.

    Parameters
    ----------
    source : level array (..., c + 1)
        Integers (white is the largest value) or floats (white is 1).
    premultiplied : bool
        The colours have been multiplied by alpha already.
    """

    def __init__(self, source: Any, *, premultiplied: bool = False) -> None:
        shape = tuple(source.shape)
        super().__init__((*shape[:-1], shape[-1] - 1), source.dtype, getattr(source, "path", "the array"))
        self.source = source
        self._premultiplied = premultiplied

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read colours and alpha of the box and composite on white."""
        first, end = box[-1]
        key = tuple(slice(*pair) for pair in box[:-1])
        return composite_on_white(np.asarray(self.source[key]), premultiplied=self._premultiplied)[..., first:end]


def composite_on_white(pixels: NDArray[Any], *, premultiplied: bool = False) -> NDArray[Any]:
    r"""Composite colours with alpha (last channel) on white.

    Notes
    -----
    .. math:: r = \alpha c + (1 - \alpha) w
    """
    colours, alpha = pixels[..., :-1], pixels[..., -1:]
    is_integer = np.issubdtype(pixels.dtype, np.integer)
    white = float(np.iinfo(pixels.dtype).max) if is_integer else 1.0
    if np.all(alpha == white):
        return np.ascontiguousarray(colours)
    weight = alpha / white
    mixed = (colours if premultiplied else colours * weight) + (1.0 - weight) * white
    return (np.rint(np.clip(mixed, 0, white)) if is_integer else mixed).astype(pixels.dtype)
