"""The image at every zoom: stored levels, and overviews made for images that bring none."""

import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.types import Image, LevelArray

Array = NDArray[Any]

COARSE_SIDE = 1024
"""Overviews are made until the longest side is at most this many pixels."""


@dataclass(frozen=True, eq=False, kw_only=True)
class DisplayLevel:
    """One resolution with its step: finest-level pixels per pixel along y and x (and z for volumes)."""

    array: LevelArray
    step: tuple[float, ...]

    @property
    def step_yx(self) -> tuple[float, float]:
        """Step along y and x."""
        return self.step[-2], self.step[-1]


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
        self._levels = tuple(
            DisplayLevel(
                array=level,
                step=tuple(full / n for full, n in zip(image.shape, level.shape[: image.ndim], strict=True)),
            )
            for level in image.levels
        )

    def level_for(self, scale: float) -> DisplayLevel:
        """Return the coarsest level that still has a pixel for every screen pixel.

        Parameters
        ----------
        scale : float
            Finest-level pixels per screen pixel.
        """
        if self.image.ndim == 2:
            self._make_overviews(scale)
        fitting = [level for level in self._levels if max(level.step_yx) <= scale * 1.001]
        return fitting[-1] if fitting else self._levels[0]

    def read(self, level: DisplayLevel, rows: slice, columns: slice, slice_index: int | None) -> Array:
        """Read a box of a level as (h, w, c)."""
        key: tuple[Any, ...] = (rows, columns)
        if self.image.ndim == 3:
            z = int((slice_index or 0) / level.step[0])
            key = (min(z, int(level.array.shape[0]) - 1), *key)
        array = np.asarray(level.array[key])
        return array if self.image.axes.endswith("c") else array[..., None]

    def _make_overviews(self, scale: float) -> None:
        with self._guard:
            while True:
                coarsest = self._levels[-1]
                rows, columns = (int(n) for n in coarsest.array.shape[:2])
                if max(rows, columns) <= COARSE_SIDE or max(coarsest.step_yx) * 2 > scale * 1.001:
                    return
                half = cv2.resize(
                    np.asarray(coarsest.array[...]),
                    (max(1, columns // 2), max(1, rows // 2)),
                    interpolation=self._interpolation,
                )
                if self.image.axes.endswith("c"):
                    half = half.reshape(*half.shape[:2], -1)
                step = (rows / half.shape[0] * coarsest.step[0], columns / half.shape[1] * coarsest.step[1])
                self._levels = (*self._levels, DisplayLevel(array=half, step=step))
