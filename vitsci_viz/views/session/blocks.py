"""Levels that cost decoding, read in blocks that are kept: a pan decodes only what comes into sight."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.types import LevelArray
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.resizing import block_means

Array = NDArray[Any]

SIDE = 512
"""Side of a block in pixels."""
KEPT_BYTES = 192 * 2**20
"""Decoded blocks kept per level."""
MOST_THREADS = 8


class BlockLevel:
    """A level array (y, x[, c]) that keeps decoded blocks, optionally averaged down from its source.

    Parameters
    ----------
    source : level array
        Read in blocks, by several threads at once.
    factor : int
        Source pixels per pixel of this level, along y and x.
    interpolation : int
        OpenCV's; nearest for labels.
    """

    def __init__(self, source: LevelArray, factor: int = 1, *, interpolation: int = cv2.INTER_AREA) -> None:
        self.source = source
        rows, columns, *rest = source.shape
        self.shape = (-(-rows // factor), -(-columns // factor), *rest)
        self.dtype = source.dtype
        self._factor, self._interpolation = factor, interpolation
        block_bytes = SIDE * SIDE * int(np.prod(rest, dtype=np.int64)) * self.dtype.itemsize
        self._blocks: OnceCache[Array] = OnceCache(max(16, KEPT_BYTES // block_bytes))

    def __getitem__(self, key: tuple[slice, slice]) -> Array:
        """Read a box given by two slices."""
        rows, columns = range(self.shape[0])[key[0]], range(self.shape[1])[key[1]]
        places = [
            (y, x)
            for y in range(rows.start // SIDE, -(-rows.stop // SIDE))
            for x in range(columns.start // SIDE, -(-columns.stop // SIDE))
        ]
        blocks = [self._block(places[0])] if len(places) == 1 else list(_pool().map(self._block, places))
        out = np.empty((rows.stop - rows.start, columns.stop - columns.start, *self.shape[2:]), blocks[0].dtype)
        for (y, x), block in zip(places, blocks, strict=True):
            own_rows, to_rows = _overlap(y, block.shape[0], rows)
            own_columns, to_columns = _overlap(x, block.shape[1], columns)
            out[to_rows, to_columns] = block[own_rows, own_columns]
        return out[:: rows.step, :: columns.step]

    def _block(self, place: tuple[int, int]) -> Array:
        return self._blocks.get(place, lambda: self._read(place))

    def _read(self, place: tuple[int, int]) -> Array:
        side = SIDE * self._factor
        box = tuple(
            slice(at * side, min((at + 1) * side, length))
            for at, length in zip(place, self.source.shape[:2], strict=True)
        )
        pixels = np.asarray(self.source[box])
        return pixels if self._factor == 1 else block_means(pixels, self._factor, self._interpolation)


def _overlap(place: int, length: int, wanted: range) -> tuple[slice, slice]:
    """Return the part of a block that is wanted, in the block and in the result."""
    first = place * SIDE
    low, high = max(first, wanted.start), min(first + length, wanted.stop)
    return slice(low - first, high - first), slice(low - wanted.start, high - wanted.start)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="blocks")
