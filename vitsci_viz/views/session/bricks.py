"""Levels of a volume that cost decoding, read in bricks that are kept: the next slice is mostly there already."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.types import LevelArray
from vitsci_viz.views.session.cache import OnceCache

Array = NDArray[Any]

MOST_THREADS = 4


class BrickLevel:
    """A level array (z, y, x) that reads and keeps whole bricks.

    Parameters
    ----------
    source : level array
        Read brick by brick, by several threads at once.
    sides : tuple of int
        Of a brick: the chunks that the file is stored in.
    kept : OnceCache
        Where bricks are kept, shared by the levels of a volume.
    """

    def __init__(self, source: LevelArray, sides: tuple[int, ...], kept: OnceCache[Array]) -> None:
        self._source, self._kept = source, kept
        self.shape = tuple(int(n) for n in source.shape)
        self.dtype = np.dtype(source.dtype)
        self._sides = tuple(min(int(side), n) for side, n in zip(sides, self.shape, strict=True))

    def __getitem__(self, key: tuple[slice, slice, slice]) -> Array:
        """Read a box given by three slices of step 1."""
        box = [range(n)[part] for n, part in zip(self.shape, key, strict=True)]
        out = np.empty([len(part) for part in box], self.dtype)
        if not out.size:
            return out
        numbers = [range(p.start // s, -(-p.stop // s)) for p, s in zip(box, self._sides, strict=True)]
        places = list(itertools.product(*numbers))
        bricks = [self._brick(places[0])] if len(places) == 1 else _pool().map(self._brick, places)
        for place, brick in zip(places, bricks, strict=True):
            own, to = zip(*map(_overlap, place, self._sides, brick.shape, box), strict=True)
            out[to] = brick[own]
        return out

    def _brick(self, place: tuple[int, ...]) -> Array:
        def read() -> Array:
            box = tuple(
                slice(at * s, min((at + 1) * s, n)) for at, s, n in zip(place, self._sides, self.shape, strict=True)
            )
            return np.asarray(self._source[box])

        return self._kept.get((id(self), place), read)


def chunk_sides(source: LevelArray) -> tuple[int, ...] | None:
    """Return the sides of the chunks of a level that is stored in chunks, None of any other."""
    chunks = getattr(getattr(source, "array", None), "chunks", None)
    return None if chunks is None else tuple(int(side) for side in chunks)


def _overlap(place: int, side: int, length: int, wanted: range) -> tuple[slice, slice]:
    """Return the part of a brick that is wanted along one axis, in the brick and in the result."""
    first = place * side
    low, high = max(first, wanted.start), min(first + length, wanted.stop)
    return slice(low - first, high - first), slice(low - wanted.start, high - wanted.start)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="bricks")
