"""Three planes through a volume that meet in one point, each with its own axes across and down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

PlaneName = Literal["xy", "xz", "yz"]
Point = tuple[float, float, float]
"""z, y, x in voxels."""
AXES = "zyx"


@dataclass(frozen=True, kw_only=True)
class Plane:
    """One of the three planes.

    Parameters
    ----------
    name : str
        By its axes.
    cut : int
        Axis (0 is z) that the plane is at right angles to: the one that slices are counted along.
    down, across : int
        Axes that rows and columns are counted along.
    """

    name: PlaneName
    cut: int
    down: int
    across: int

    @property
    def title(self) -> str:
        """Its name as it is written above the picture."""
        return self.name.upper()

    @property
    def cut_letter(self) -> str:
        """Letter of the axis that slices are counted along."""
        return AXES[self.cut]

    @property
    def letters(self) -> tuple[str, str]:
        """Letters of the axes across and down."""
        return AXES[self.across], AXES[self.down]


PLANES: Mapping[PlaneName, Plane] = {
    "xy": Plane(name="xy", cut=0, down=1, across=2),
    "yz": Plane(name="yz", cut=2, down=1, across=0),
    "xz": Plane(name="xz", cut=1, down=0, across=2),
}
"""The slice itself, the plane to the right of it (which shares its rows) and the one below it (its columns)."""


def stretches(spacing: tuple[float, ...] | None) -> Point:
    """Return how many pixels of a picture a voxel takes along each axis, so that lengths are true to scale.

    >>> stretches((3.0, 1.5, 1.5)), stretches(None)
    ((2.0, 1.0, 1.0), (1.0, 1.0, 1.0))
    """
    if spacing is None:
        return 1.0, 1.0, 1.0
    finest = min(spacing)
    z, y, x = (step / finest for step in spacing)
    return z, y, x


def moved(point: Point, axis: int, at: float, shape: tuple[int, ...]) -> Point:
    """Return a point with one coordinate changed, kept inside the volume.

    >>> moved((1.5, 2.5, 3.5), 0, 99.0, (8, 8, 8))
    (7.5, 2.5, 3.5)
    """
    values = list(point)
    values[axis] = min(max(at, 0.5), shape[axis] - 0.5)
    z, y, x = values
    return z, y, x


def middle(shape: tuple[int, ...]) -> Point:
    """Return the centre of the voxel in the middle of a volume.

    >>> middle((4, 5, 1))
    (2.5, 2.5, 0.5)
    """
    z, y, x = (n // 2 + 0.5 for n in shape)
    return z, y, x


def index_of(point: Point, axis: int) -> int:
    """Return the number of the slice that a point lies in."""
    return int(point[axis])
