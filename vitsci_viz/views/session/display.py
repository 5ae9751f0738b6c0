"""The image at every zoom: stored levels, and overviews made for images that bring none."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.io.levels import DecodedLevel, MappedLevel
from vitsci_viz.types import Image, LevelArray
from vitsci_viz.views.session.blocks import BlockLevel
from vitsci_viz.views.session.resizing import block_means

Array = NDArray[Any]

COARSE_SIDE = 1024
"""Overviews are made until the longest side is at most this many pixels."""
QUICK_PIXELS = 2**26
"""A level up to this size is halved at once; a larger one in the background, shown by samples meanwhile."""
SAMPLED_FROM = 8
"""Averaging is given up for samples where a screen pixel holds at least this many pixels a side."""
STRIPE_PIXELS = 2**25
"""Pixels of a large level that are read at a time."""
GAP = 1.5
"""Levels farther apart than twice this get one in between."""
SLACK = 1.001
"""Steps of stored levels are rarely exact powers of two."""

_QUICK_TO_SLICE: tuple[type[Any], ...] = (np.ndarray, DecodedLevel, MappedLevel)

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
        self._levels = tuple(self._stored_levels())

    @property
    def finest(self) -> DisplayLevel:
        """The image itself."""
        return self._levels[0]

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

    def _stored_levels(self) -> Iterator[DisplayLevel]:
        """Yield the image's levels; of levels that cost decoding also those that fill gaps of more than two."""
        image = self.image
        steps = [
            tuple(full / n for full, n in zip(image.shape, level.shape[: image.ndim], strict=True))
            for level in image.levels
        ]
        for at, (level, step) in enumerate(zip(image.levels, steps, strict=True)):
            if image.ndim != 2 or isinstance(level, _QUICK_TO_SLICE):
                yield DisplayLevel(array=level, step=step)
                continue
            coarser = max(steps[at + 1]) if at + 1 < len(steps) else 2 * max(step)
            factor = 1
            while factor == 1 or factor * max(step) * GAP < coarser:
                array = BlockLevel(level, factor, interpolation=self._interpolation)
                yield DisplayLevel(array=array, step=tuple(factor * own for own in step))
                factor *= 2

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
                pixels = np.asarray(coarsest.array[: coarsest.array.shape[0], : coarsest.array.shape[1]])
                self._append(block_means(pixels, 2, self._interpolation), coarsest, 2)

    def _append(self, smaller: Array, parent: DisplayLevel, factor: int) -> None:
        self._levels = (*self._levels, DisplayLevel(array=smaller, step=tuple(factor * own for own in parent.step)))

    def _sampled(self, level: DisplayLevel, scale: float) -> DisplayLevel:
        """Replace a level that is far too fine for the scale (its overview is being made) by samples of it."""
        every = 2 ** int(np.log2(max(1.0, scale * SLACK / max(level.step_yx))))
        if every < SAMPLED_FROM or _pixels(level) <= QUICK_PIXELS or level is not self._levels[-1]:
            return level
        array = SampledLevel(_unwrapped(level.array), every)
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
                stripe = np.asarray(_unwrapped(source.array)[(slice(first, min(first + height, rows)),)])
            except (OSError, VitsciVizError) as error:
                _log.warning("no overview of %s: %s", self.image.name, error)
                return
            parts.append(block_means(stripe, factor, self._interpolation))
        with self._guard:
            self._append(np.concatenate(parts), source, factor)
        for listener in tuple(self._listeners):
            listener()


def _unwrapped(array: LevelArray) -> LevelArray:
    """Return what lies below a cache that a pass over everything would only flush."""
    return array.source if isinstance(array, BlockLevel) else array


def _pixels(level: DisplayLevel) -> int:
    rows, columns = level.array.shape[:2]
    return int(rows) * int(columns)
