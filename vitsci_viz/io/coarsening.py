"""Coarser levels of a pyramid, band by band: labels by the most frequent class, numbers by their mean."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Coarsen = Callable[[Array], Array]
"""Halves every spatial axis of a band."""

SMALLEST_PX = 512
"""A pyramid ends with the first level whose longest side is no longer than this."""


def level_shapes(shape: Sequence[int]) -> list[tuple[int, ...]]:
    """Return the spatial shape of every level, each half the one before, rounded up.

    >>> level_shapes((2000, 1025))
    [(2000, 1025), (1000, 513), (500, 257)]
    """
    shapes = [tuple(int(n) for n in shape)]
    while max(shapes[-1]) > SMALLEST_PX:
        shapes.append(tuple(-(-n // 2) for n in shapes[-1]))
    return shapes


def most_frequent(labels: Array) -> Array:
    """Halve labels: each block of two pixels an axis becomes its most frequent class, ties the larger index.

    Nearest neighbours would do with one pixel in four, and thin structures would break up by chance.

    Parameters
    ----------
    labels : (y, x) or (z, y, x) integers
        A band; blocks are cut off at its end.

    Examples
    --------
    >>> most_frequent(np.array([[1, 1, 0, 2], [1, 0, 2, 0]], np.uint8))
    array([[1, 2]], dtype=uint8)
    """
    volume = np.ascontiguousarray(labels).reshape((1,) * (3 - labels.ndim) + labels.shape)
    out = np.empty(tuple(-(-n // 2) for n in volume.shape), labels.dtype)
    _most_frequent(volume, out)
    return out.reshape(tuple(-(-n // 2) for n in labels.shape))


def block_mean(values: Array) -> Array:
    """Halve (*spatial, c) numbers by the mean of each block; blocks are cut off at the end of the band.

    Examples
    --------
    >>> block_mean(np.array([[1], [2], [5]], np.uint8)).ravel()
    array([2, 5], dtype=uint8)
    """
    means = values.astype(np.float32, copy=False)
    for axis in range(values.ndim - 1):
        pairs = np.moveaxis(means, axis, 0)
        halved = pairs[0::2].copy()
        whole = halved[: len(pairs) // 2]  # without a block that is cut off
        whole += pairs[1::2]
        whole *= np.float32(0.5)
        means = np.moveaxis(halved, 0, axis)
    return means.astype(values.dtype) if values.dtype.kind == "f" else np.rint(means).astype(values.dtype)


def pyramid_bands(bands: Iterator[Array], levels: int, rows: int, coarsen: Coarsen) -> Iterator[tuple[int, int, Array]]:
    """Turn the bands of the finest level into those of every level, as soon as each is whole.

    Parameters
    ----------
    bands : iterator of (rows or fewer at the end, ...) arrays
        From the first row to the last.
    levels : int
        Levels to make, the finest included.
    rows : int
        Rows of a band of every level, even; the last band of a level may have fewer.
    coarsen : callable
        Halves a band.

    Yields
    ------
    level, first row, band
    """
    waiting: list[list[Array]] = [[] for _ in range(levels)]
    done = [0] * levels

    def push(level: int, band: Array) -> Iterator[tuple[int, int, Array]]:
        yield level, done[level], band
        done[level] += len(band)
        if level + 1 < levels:
            waiting[level + 1].append(coarsen(band))
            if sum(map(len, waiting[level + 1])) >= rows:
                yield from flush(level + 1)

    def flush(level: int) -> Iterator[tuple[int, int, Array]]:
        parts, waiting[level] = waiting[level], []
        if parts:
            yield from push(level, np.concatenate(parts) if len(parts) > 1 else parts[0])

    for band in bands:
        yield from push(0, band)
    for level in range(1, levels):
        yield from flush(level)


@numba.njit(cache=True, nogil=True)
def _most_frequent(labels: Array, out: Array) -> None:
    """Look at every block of (z, y, x) labels; most blocks hold one class, which is seen at once."""
    nz, ny, nx = labels.shape
    for z in range(out.shape[0]):
        z0, z1 = 2 * z, min(2 * z + 2, nz)
        for y in range(out.shape[1]):
            y0, y1 = 2 * y, min(2 * y + 2, ny)
            first, last, line = labels[z0, y0], labels[z1 - 1, y1 - 1], out[z, y]
            for x in range(nx // 2):
                value = first[2 * x]
                line[x] = value
                if z1 - z0 == 2 or first[2 * x + 1] != value or last[2 * x] != value or last[2 * x + 1] != value:
                    line[x] = _winner(labels[z0:z1, y0:y1, 2 * x : 2 * x + 2])
            if nx % 2:
                line[nx // 2] = _winner(labels[z0:z1, y0:y1, nx - 1 :])


@numba.njit(cache=True, nogil=True)
def _winner(block: Array) -> int:
    """Return the most frequent value of a block, of equally frequent ones the largest."""
    most, best = 0, 0
    for z in range(block.shape[0]):
        for y in range(block.shape[1]):
            for x in range(block.shape[2]):
                value, count = block[z, y, x], 0
                for kz in range(block.shape[0]):
                    for ky in range(block.shape[1]):
                        for kx in range(block.shape[2]):
                            count += block[kz, ky, kx] == value
                if count > most or (count == most and value > best):
                    most, best = count, value
    return best
