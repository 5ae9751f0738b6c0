"""The image at every zoom: stored levels, and overviews made for images that bring none."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.types import Image, LevelArray

Array = NDArray[Any]

COARSE_SIDE = 1024
"""Overviews are made until the longest side is at most this many pixels."""
QUICK_PIXELS = 2**26
"""A level up to this size is halved at once; a larger one in the background, shown by samples meanwhile."""
SAMPLED_FROM = 8
"""Averaging is given up for samples where a screen pixel holds at least this many pixels a side."""
STRIPE_PIXELS = 2**25
"""Pixels of a large level that are read at a time."""
SLACK = 1.001
"""Steps of stored levels are rarely exact powers of two."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False, kw_only=True)
class DisplayLevel:
    """One resolution with its step: finest-level pixels per pixel along y and x (z first for volumes)."""

    array: LevelArray
    step: tuple[float, ...]

    @property
    def step_yx(self) -> tuple[float, float]:
        """Step along y and x."""
        return self.step[-2], self.step[-1]


class SampledLevel:
    """Every n-th pixel of a large level: what is shown until its overview is made.

    Parameters
    ----------
    source : level array (y, x[, c])
        The large level.
    every : int
        Distance between samples along y and x.
    """

    def __init__(self, source: LevelArray, every: int) -> None:
        self._source, self._every, self._middle = source, every, every // 2
        rows, columns, *rest = source.shape
        self.shape = (*(max(1, -((self._middle - n) // every)) for n in (rows, columns)), *rest)
        self.dtype = source.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> Array:
        """Read a box given by two slices; rows are read one by one, as a box would hold every pixel between them."""
        rows, columns = range(self.shape[0])[key[0]], range(self.shape[1])[key[1]]
        first, end = columns.start * self._every + self._middle, columns.stop * self._every + self._middle
        wide = slice(first, end, self._every)
        lines = [np.asarray(self._source[(row * self._every + self._middle, wide)]) for row in rows]
        return np.stack(lines)[:, : len(columns)]


class DisplayPyramid:
    """Levels of an image to draw from; overviews of a large finest level are made at first need.

    Parameters
    ----------
    image : Image
        Grey, colour or multichannel; two or three spatial axes.
    is_labels : bool
        Overviews pick a pixel instead of averaging.
    """

    def __init__(self, image: Image, *, is_labels: bool = False) -> None:
        self.image = image
        self._interpolation = cv2.INTER_NEAREST if is_labels else cv2.INTER_AREA
        self._guard = threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self._worker: threading.Thread | None = None
        self._closed = False
        self._levels = tuple(
            DisplayLevel(
                array=level,
                step=tuple(full / n for full, n in zip(image.shape, level.shape[: image.ndim], strict=True)),
            )
            for level in image.levels
        )

    def on_sharper(self, callback: Callable[[], None]) -> None:
        """Call back, from a worker thread, when an overview made in the background is there: draw again."""
        self._listeners.append(callback)

    def close(self) -> None:
        """Stop what runs in the background."""
        self._closed = True

    def level_for(self, scale: float) -> DisplayLevel:
        """Return the coarsest level that still has a pixel for every screen pixel.

        Parameters
        ----------
        scale : float
            Finest-level pixels per screen pixel.
        """
        if self.image.ndim == 2:
            self._make_overviews(scale)
        fitting = [level for level in self._levels if max(level.step_yx) <= scale * SLACK]
        level = fitting[-1] if fitting else self._levels[0]
        return self._sampled(level, scale) if self.image.ndim == 2 else level

    def read(self, level: DisplayLevel, rows: slice, columns: slice, slice_index: int | None) -> Array:
        """Read a box of a level as (h, w, c)."""
        key: tuple[Any, ...] = (rows, columns)
        if self.image.ndim == 3:
            z = int((slice_index or 0) / level.step[0])
            key = (min(z, int(level.array.shape[0]) - 1), *key)
        array = np.asarray(level.array[key])
        return array if self.image.axes.endswith("c") else array[..., None]

    def _make_overviews(self, scale: float) -> None:
        """Halve the coarsest level until it suits the scale; a large one is left to a worker thread."""
        with self._guard:
            while max(self._levels[-1].array.shape[:2]) > COARSE_SIDE:
                coarsest = self._levels[-1]
                if max(coarsest.step_yx) * 2 > scale * SLACK:
                    return
                if _pixels(coarsest) > QUICK_PIXELS:
                    if self._worker is None:
                        self._worker = threading.Thread(target=self._reduce_large, daemon=True, name="overview")
                        self._worker.start()
                    return
                self._append(block_means(np.asarray(coarsest.array[...]), 2, self._interpolation), coarsest, 2)

    def _append(self, smaller: Array, parent: DisplayLevel, factor: int) -> None:
        self._levels = (*self._levels, DisplayLevel(array=smaller, step=tuple(factor * own for own in parent.step)))

    def _sampled(self, level: DisplayLevel, scale: float) -> DisplayLevel:
        """Replace a level that is far too fine for the scale (its overview is being made) by samples of it."""
        every = 2 ** int(np.log2(max(1.0, scale * SLACK / max(level.step_yx))))
        if every < SAMPLED_FROM or _pixels(level) <= QUICK_PIXELS or level is not self._levels[-1]:
            return level
        array = SampledLevel(level.array, every)
        step = tuple(own * n / m for own, n, m in zip(level.step, level.array.shape[:2], array.shape[:2], strict=True))
        return DisplayLevel(array=array, step=step)

    def _reduce_large(self) -> None:
        """Average the coarsest stored level down stripe by stripe, then tell who listens."""
        source = self._levels[-1]
        rows, columns = source.array.shape[:2]
        factor = 2
        while rows * columns > QUICK_PIXELS * factor**2:
            factor *= 2
        height = max(factor, STRIPE_PIXELS // columns // factor * factor)
        parts: list[Array] = []
        for first in range(0, rows, height):
            if self._closed:
                return
            try:
                stripe = np.asarray(source.array[(slice(first, min(first + height, rows)),)])
            except (OSError, VitsciVizError) as error:
                _log.warning("no overview of %s: %s", self.image.name, error)
                return
            parts.append(block_means(stripe, factor, self._interpolation))
        with self._guard:
            self._append(np.concatenate(parts), source, factor)
        for listener in tuple(self._listeners):
            listener()


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


def _pixels(level: DisplayLevel) -> int:
    rows, columns = level.array.shape[:2]
    return int(rows) * int(columns)
