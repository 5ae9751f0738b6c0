"""Level arrays that read only what is sliced: one home for slicing, whatever the file."""

import abc
import contextlib
import math
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import Cancelled, InputError, VitsciVizError

BAND_BYTES = 256 * 2**20
"""A strided read larger than this is done in bands, so that it never needs the whole box in memory."""

Box = tuple[tuple[int, int], ...]
"""First and end index along each axis."""


@contextlib.contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Turn whatever a library raises on a damaged file into one clear line.

    Raises
    ------
    InputError
        Anything but our own errors, a cancellation, a lack of memory or a mistake in a program was raised inside.
    """
    try:
        yield
    except (VitsciVizError, Cancelled, MemoryError, NameError):
        raise
    except Exception as error:  # libraries raise anything from struct.error to AttributeError on damaged files
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"{path} must be a whole, readable file of its kind, but could not be read ({reason}): "
            "it may be truncated, damaged or of another kind than its name says"
        ) from error


class BoxLevel(abc.ABC):
    """A level array made from one method that reads a box; slicing works as in NumPy.

    Integers, slices with any step and ``...`` are understood. Sub-classes read a box, safely from several threads.

    Parameters
    ----------
    shape : tuple of int
    dtype : dtype
        In native byte order.
    path : Path or str
        Named in errors.
    """

    def __init__(self, shape: tuple[int, ...], dtype: Any, path: Path | str = "the array") -> None:
        self.shape = tuple(int(n) for n in shape)
        self.dtype = np.dtype(dtype).newbyteorder("=")
        self.path = path

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of the whole level in memory."""
        return math.prod(self.shape) * self.dtype.itemsize

    @abc.abstractmethod
    def read_box(self, box: Box) -> NDArray[Any]:
        """Read a non-empty box."""

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Read where `key` says, with NumPy's meaning of integers, slices and ``...``."""
        ranges, dropped = resolve_key(key, self.shape)
        with reading(self.path):
            picked = self._pick(ranges)
        result = picked.reshape([n for axis, n in enumerate(picked.shape) if axis not in dropped])
        return result if result.ndim else result[()]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read everything; a copy is one that may be changed."""
        return np.array(self[...], dtype=dtype, copy=copy)

    def _pick(self, ranges: tuple[range, ...]) -> NDArray[Any]:
        if any(len(r) == 0 for r in ranges):
            return np.empty([len(r) for r in ranges], self.dtype)
        box = tuple((min(r[0], r[-1]), max(r[0], r[-1]) + 1) for r in ranges)
        size_bytes = math.prod(stop - start for start, stop in box) * self.dtype.itemsize
        if size_bytes > BAND_BYTES and any(abs(r.step) > 1 for r in ranges) and len(ranges[0]) > 1:
            half = len(ranges[0]) // 2
            parts = (ranges[0][:half], ranges[0][half:])
            return np.concatenate([self._pick((part, *ranges[1:])) for part in parts])
        steps = tuple(slice(None, None, r.step) for r in ranges)
        return np.asarray(self.read_box(box), self.dtype)[steps]


def resolve_key(key: Any, shape: tuple[int, ...]) -> tuple[tuple[range, ...], frozenset[int]]:
    """Return the indices wanted along each axis, and the axes that an integer drops.

    >>> resolve_key((3, ..., slice(0, None, 2)), (10, 20, 5))
    ((range(3, 4), range(0, 20), range(0, 5, 2)), frozenset({0}))
    """
    parts = list(key) if isinstance(key, tuple) else [key]
    if sum(part is Ellipsis for part in parts) > 1:
        raise IndexError("a lazy level can be sliced with one '...' only")
    if Ellipsis not in [part if part is Ellipsis else None for part in parts]:
        parts.append(Ellipsis)
    at = next(i for i, part in enumerate(parts) if part is Ellipsis)
    missing = len(shape) - (len(parts) - 1)
    if missing < 0:
        raise IndexError(f"a level with {len(shape)} axes was sliced with {len(parts) - 1} indices")
    parts[at : at + 1] = [slice(None)] * missing
    ranges = tuple(_axis_range(part, n) for part, n in zip(parts, shape, strict=True))
    return ranges, frozenset(axis for axis, part in enumerate(parts) if not isinstance(part, slice))


def _axis_range(part: Any, length: int) -> range:
    if isinstance(part, slice):
        return range(length)[part]
    if part is None or isinstance(part, bool | np.bool_ | list | np.ndarray):
        raise TypeError(
            f"a lazy level takes integers, slices and '...', got {type(part).__name__}: slice first, "
            "then index the array"
        )
    index = operator.index(part)
    if not -length <= index < length:
        raise IndexError(f"index {index} is outside an axis of length {length}")
    index %= length
    return range(index, index + 1)
