"""Models of pixels on images of any size: overlapping tiles, blended where they meet, finished band by band."""

import itertools
import math
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import OutputError
from vitsci_viz.io.levels import MappedLevel
from vitsci_viz.patching.stream import Tile
from vitsci_viz.progress import Progress
from vitsci_viz.workflows.painted import PixelField, labels_of
from vitsci_viz.workflows.tile_layout import even_tiles

Array = NDArray[Any]
Floats = NDArray[np.float32]
Predict = Callable[[Tile], Floats]
"""Returns the probabilities of a tile's window, (*window, K) float32."""

HELD_BYTES = 2**30
"""Probabilities up to this size are kept in memory, larger ones in a temporary file."""


def predict_tiles(
    shape: tuple[int, ...],
    classes: int,
    predict: Predict,
    *,
    side: Sequence[int],
    halo: int,
    progress: Progress,
    held_bytes: int = HELD_BYTES,
) -> PixelField:
    """Predict an image tile by tile.

    Parameters
    ----------
    shape : tuple of int
        Spatial shape of the image.
    classes : int
        Number of classes.
    predict : callable
        Predicts one window.
    side : sequence of int
        Longest sides of a tile without its halo.
    halo : int
        Border around a tile; tiles overlap by twice as much or more, and their weights fall linearly across that.
    progress : callable
        Told of every tile.
    held_bytes : int
        Probabilities larger than this go to a temporary file, which is removed with the field.

    Returns
    -------
    PixelField

    Raises
    ------
    OutputError
        The temporary file does not fit on the disk.
    """
    size_bytes = 2 * classes * math.prod(shape)
    store = _InMemory(shape, classes) if size_bytes <= held_bytes else _OnDisk(shape, classes)
    try:
        for band in _blended(shape, classes, predict, side, halo, progress):
            store.append(band)
        return store.field()
    except BaseException:
        store.discard()
        raise


def _blended(
    shape: tuple[int, ...], classes: int, predict: Predict, side: Sequence[int], halo: int, progress: Progress
) -> Iterator[Floats]:
    """Yield the rows of the image as soon as no later tile reaches them."""
    jobs = even_tiles(shape, side, halo)
    waiting = np.zeros((0, *shape[1:], classes), np.float32)
    weights = np.zeros((0, *shape[1:]), np.float32)
    rows = [list(row) for _, row in groupby(jobs, key=lambda tile: tile.window[0].start)]
    first, done = 0, 0
    for row, following in itertools.zip_longest(rows, rows[1:]):
        missing = row[0].window[0].stop - first - len(waiting)
        waiting = np.concatenate([waiting, np.zeros((missing, *waiting.shape[1:]), np.float32)])
        weights = np.concatenate([weights, np.zeros((missing, *weights.shape[1:]), np.float32)])
        for tile in row:
            progress("forward", done, len(jobs))
            weight = tile_weight(tile, shape, halo)
            place = (slice(tile.window[0].start - first, tile.window[0].stop - first), *tile.window[1:])
            waiting[place] += predict(tile) * weight[..., None]
            weights[place] += weight
            done += 1
        count = (shape[0] if following is None else following[0].window[0].start) - first
        yield waiting[:count] / weights[:count, ..., None]
        waiting, weights, first = waiting[count:].copy(), weights[count:].copy(), first + count
    progress("forward", len(jobs), len(jobs))


def tile_weight(tile: Tile, shape: Sequence[int], halo: int) -> Floats:
    """Return the weight of every pixel of a tile's window: falling to the sides where another tile goes on.

    >>> tile = Tile(core=(slice(4, 8),), window=(slice(2, 10),))
    >>> tile_weight(tile, (10,), 2).tolist()
    [0.125, 0.375, 0.625, 0.875, 1.0, 1.0, 1.0, 1.0]
    """
    weight = np.ones((), np.float32)
    for part, length in zip(tile.window, shape, strict=True):
        along = np.arange(part.stop - part.start) + 0.5
        own = np.ones(len(along))
        if halo and part.start > 0:
            own = np.minimum(own, along / (2 * halo))
        if halo and part.stop < length:
            own = np.minimum(own, along[::-1] / (2 * halo))
        weight = weight[..., None] * own.astype(np.float32)
    return weight


class _InMemory:
    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        self._probabilities = np.empty((*shape, classes), np.float16)
        self._labels = np.empty(shape, np.uint8)
        self._rows = 0

    def append(self, band: Floats) -> None:
        part = slice(self._rows, self._rows + len(band))
        self._probabilities[part], self._labels[part] = band, labels_of(band)
        self._rows += len(band)

    def field(self) -> PixelField:
        return PixelField(probabilities=self._probabilities, labels=self._labels)

    def discard(self) -> None:
        self._rows = 0


class _OnDisk:
    """Two files in a temporary folder that goes when the field does."""

    def __init__(self, shape: tuple[int, ...], classes: int) -> None:
        self._shape, self._classes = shape, classes
        needed, free = (2 * classes + 1) * math.prod(shape), shutil.disk_usage(tempfile.gettempdir()).free
        if free < needed:
            raise OutputError(
                f"predicting {shape} pixels needs {needed / 2**30:.1f} GiB in {tempfile.gettempdir()}, which has "
                f"{free / 2**30:.1f} GiB: make room, or name another folder with TMPDIR"
            )
        self._folder = Path(tempfile.mkdtemp(prefix="vitsci_viz_"))
        self._files = [(self._folder / name).open("wb") for name in ("probabilities", "labels")]

    def append(self, band: Floats) -> None:
        try:
            for file, values in zip(self._files, (band.astype(np.float16), labels_of(band)), strict=True):
                file.write(np.ascontiguousarray(values).data)
        except OSError as error:
            raise OutputError(f"could not write to {self._folder}: {error.strerror or error}") from error

    def field(self) -> PixelField:
        for file in self._files:
            file.close()
        field = PixelField(
            probabilities=MappedLevel(self._folder / "probabilities", 0, (*self._shape, self._classes), np.float16),
            labels=MappedLevel(self._folder / "labels", 0, self._shape, np.uint8),
        )
        weakref.finalize(field, shutil.rmtree, self._folder, ignore_errors=True)
        return field

    def discard(self) -> None:
        for file in self._files:
            file.close()
        shutil.rmtree(self._folder, ignore_errors=True)
