"""An open volume: read plane by plane at the level that the screen needs, never as a whole."""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.types import Image, LevelArray
from vitsci_viz.views.session.bricks import BrickLevel, chunk_sides
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.display import SLACK, DisplayLevel
from vitsci_viz.views.session.histogram import Histogram, histogram_of
from vitsci_viz.views.session.volume_overview import OverviewWorker, factor_of
from vitsci_viz.views.session.volume_planes import Plane, Point, stretches

Array = NDArray[Any]

KEPT_BYTES = 256 * 2**20
"""Decoded bricks that are kept."""
PICTURE_BYTES = 48 * 2**20
"""Planes at screen size that are kept, so that another window of values reads nothing."""
COUNTED_VOXELS = 2**22
"""All voxels of a volume up to this size are counted."""
NEAR = 0.75
"""Planes across the pages of a large volume without coarser levels read its voxels where they are shown larger."""
SAMPLE_SIDE = 32
SAMPLES = 4
"""The histogram of a larger volume is that of so many boxes along each axis, of so many voxels a side."""


@dataclass(frozen=True, eq=False, kw_only=True)
class VolumeLevel:
    """One resolution of a volume with its step: finest-level voxels per voxel along z, y and x."""

    array: LevelArray
    step: tuple[float, float, float]


class PlaneArray:
    """One plane of a level as an array (rows, columns), read where it is sliced.

    Parameters
    ----------
    array : level array (z, y, x)
        The level.
    plane : Plane
        Which of the three.
    index : int
        Slice of the level.
    """

    def __init__(self, array: LevelArray, plane: Plane, index: int) -> None:
        self._array, self._plane, self.index = array, plane, index
        self.shape = (int(array.shape[plane.down]), int(array.shape[plane.across]))
        self.dtype = array.dtype

    def __getitem__(self, key: tuple[slice, slice]) -> Array:
        """Read a box given by two slices."""
        box = [slice(0, 0)] * 3
        box[self._plane.cut] = slice(self.index, self.index + 1)
        box[self._plane.down], box[self._plane.across] = key
        found = np.asarray(self._array[tuple(box)]).squeeze(axis=self._plane.cut)
        return found if self._plane.down < self._plane.across else found.T


class VolumeSession:
    """An open volume with what is known about it; safe to use from several threads.

    Parameters
    ----------
    volume : Volume
        Grey, of three axes.
    facts : mapping, optional
        What is kept with it: ``quantity`` and ``unit`` of its values, ``scale`` and ``offset`` that make them of the
        stored numbers, ``report`` of how it was made.

    Raises
    ------
    InputError
        It is no grey volume.
    """

    def __init__(self, volume: Image, facts: Mapping[str, Any] | None = None) -> None:
        if volume.axes != "zyx":
            raise InputError(
                f"a volume must be grey with the axes z, y, x, but {volume.name} has {volume.axes!r}: open one with "
                "three axes, or look at this image on the Patch page"
            )
        self.volume, self.facts = volume, dict(facts or {})
        self.stretch = stretches(volume.spacing)
        self._bricks: OnceCache[Array] = OnceCache(KEPT_BYTES, weigh=lambda brick: brick.nbytes)
        self._pictures: OnceCache[Array] = OnceCache(PICTURE_BYTES, weigh=lambda pixels: pixels.nbytes)
        self._histogram: OnceCache[Histogram] = OnceCache(1)
        self._levels = tuple(self._level(array) for array in volume.levels)
        self._listeners: list[Callable[[], None]] = []
        coarsest = volume.levels[-1]
        self._factor = factor_of(tuple(coarsest.shape)) if len(volume.levels) == 1 else 1
        self._worker = OverviewWorker(coarsest, self._factor, self._take_overview, name=volume.name)
        if self._factor > 1:
            self._worker.start()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Voxels along z, y and x."""
        z, y, x = self.volume.shape
        return z, y, x

    @property
    def name(self) -> str:
        """What it is called."""
        return self.volume.name

    @property
    def quantity(self) -> str:
        """What its values are, with their unit; empty where that is unknown."""
        name, unit = self.facts.get("quantity", ""), self.unit
        return f"{name} ({unit})" if name and unit else str(name)

    @property
    def unit(self) -> str:
        """Unit of its values; empty where that is unknown."""
        return str(self.facts.get("unit", ""))

    @property
    def pixel_um(self) -> float | None:
        """Side of a pixel of the planes in micrometres, where it is known."""
        spacing = self.volume.spacing_um
        return None if spacing is None else min(spacing)

    def on_sharper(self, callback: Callable[[], None]) -> None:
        """Call back, from a worker thread, when the overview of a volume without coarser levels is there."""
        self._listeners.append(callback)

    def close(self) -> None:
        """Stop what runs in the background."""
        self._worker.close()

    def plane_shape(self, plane: Plane) -> tuple[int, int]:
        """Return rows and columns of a plane in pixels of the picture, true to scale."""
        rows, columns = (round(self.shape[axis] * self.stretch[axis]) for axis in (plane.down, plane.across))
        return max(1, rows), max(1, columns)

    def plane_level(self, plane: Plane, index: int, scale: float) -> DisplayLevel:
        """Return a plane of the coarsest level that still has a sample for every screen pixel.

        Parameters
        ----------
        plane : Plane
            Which of the three.
        index : int
            Slice of the finest level.
        scale : float
            Pixels of the picture per screen pixel.
        """
        levels = list(self._levels)
        if self._is_paged(plane.cut) and len(levels) > 1 and scale >= NEAR:
            del levels[:-1]  # each voxel across the pages costs the reading of its own piece of the file
        fitting = [level for level in levels if max(self._step(level, plane)) <= scale * SLACK]
        level = fitting[-1] if fitting else levels[0]
        at = min(int(index / level.step[plane.cut]), int(level.array.shape[plane.cut]) - 1)
        return DisplayLevel(array=PlaneArray(level.array, plane, at), step=self._step(level, plane))

    def is_waiting(self, plane: Plane) -> bool:
        """Tell whether a plane can be drawn only when the overview is there: see `on_sharper`."""
        return self._is_paged(plane.cut) and len(self._levels) == 1

    def kept_pixels(self, key: Any, read: Any) -> Array:
        """Return pixels that were read before, or read them."""
        return self._pictures.get(key, read)

    def values(self, stored: Array) -> NDArray[np.float32]:
        """Return stored numbers in the unit of the volume."""
        scale, offset = float(self.facts.get("scale", 1.0)), float(self.facts.get("offset", 0.0))
        found = np.asarray(stored, np.float32)
        return found if (scale, offset) == (1.0, 0.0) else found * np.float32(scale) + np.float32(offset)

    def value_at(self, point: Point) -> float | None:
        """Return the value of the voxel at a point; None outside the volume."""
        index = tuple(int(np.floor(at)) for at in point)
        if not all(0 <= at < n for at, n in zip(index, self.shape, strict=True)):
            return None
        voxel = self._levels[0].array[tuple(slice(at, at + 1) for at in index)]
        return float(self.values(np.asarray(voxel)).ravel()[0])

    def plane_values(self, plane: Plane, index: int) -> NDArray[np.float32]:
        """Return a whole plane of the finest level, in the unit of the volume."""
        return self.values(PlaneArray(self._levels[0].array, plane, index)[:, :])

    def profile(self, axis: int, point: Point, *, most: int = 512) -> NDArray[np.float32]:
        """Return the values along an axis through a point, from the coarsest level of at least `most` samples.

        Empty along z while the overview of a large volume without coarser levels is being made.

        Parameters
        ----------
        axis : int
            0 is z.
        point : (float, float, float)
            z, y, x in voxels, inside the volume.
        most : int
            Samples that a chart can show.
        """
        if axis == 0 and self._factor > 1 and len(self._levels) == 1:
            return np.empty(0, np.float32)
        levels = self._levels[-1:] if axis == 0 and self._factor > 1 else self._levels
        fitting = [level for level in levels if int(level.array.shape[axis]) >= most]
        level = fitting[-1] if fitting else levels[0]
        ends = [int(n) for n in level.array.shape]
        at = [min(int(place / step), n - 1) for place, step, n in zip(point, level.step, ends, strict=True)]
        box = [slice(n, n + 1) for n in at]
        box[axis] = slice(0, ends[axis])
        return self.values(np.asarray(level.array[tuple(box)])).ravel()

    @property
    def histogram(self) -> Histogram:
        """How often every value occurs: in all voxels, or in boxes from all over a large volume."""
        return self._histogram.get("histogram", self._count)

    def _count(self) -> Histogram:
        voxels = math.prod(self.shape)
        is_small = voxels <= COUNTED_VOXELS
        places = itertools.product(*([slice(0, n)] if is_small else sample_ranges(n) for n in self.shape))
        found = np.concatenate([np.asarray(self.volume.data[box]).ravel() for box in places])
        return histogram_of(self.values(found), share=found.size / voxels)

    def _is_paged(self, cut: int) -> bool:
        """Tell whether slices along an axis lie across all pages of a large volume without coarser levels."""
        return cut != 0 and self._factor > 1

    def _take_overview(self, overview: Array) -> None:
        self._levels = (*self._levels, self._level(overview))
        for listener in tuple(self._listeners):
            listener()

    def _step(self, level: VolumeLevel, plane: Plane) -> tuple[float, float]:
        down, across = (level.step[axis] * self.stretch[axis] for axis in (plane.down, plane.across))
        return down, across

    def _level(self, array: LevelArray) -> VolumeLevel:
        z, y, x = (full / int(n) for full, n in zip(self.volume.shape, array.shape, strict=True))
        sides = chunk_sides(array)
        kept = array if sides is None else BrickLevel(array, sides, self._bricks)
        return VolumeLevel(array=kept, step=(z, y, x))


def sample_ranges(length: int) -> list[slice]:
    """Return what a histogram looks at along one axis: everything, or boxes spread evenly.

    >>> sample_ranges(100), len(sample_ranges(1000))
    ([slice(0, 100, None)], 4)
    """
    if length <= SAMPLES * SAMPLE_SIDE:
        return [slice(0, length)]
    starts = (round((n + 0.5) * length / SAMPLES - SAMPLE_SIDE / 2) for n in range(SAMPLES))
    return [slice(start, start + SAMPLE_SIDE) for start in starts]
