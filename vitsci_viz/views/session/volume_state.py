"""What a link restores of a volume: the volume, the point where the planes meet, the values shown, the planes."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from vitsci_viz.errors import OptionError
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.volume_planes import PlaneName, Point

VolumeLayout = Literal["planes", "xy", "xz", "yz"]
LAYOUTS: tuple[VolumeLayout, ...] = get_args(VolumeLayout)
KEYS = ("volume", "at", "values", "planes")
"""Keys of a link that are about a volume."""


@dataclass(frozen=True)
class VolumeState:
    """What is looked at.

    Parameters
    ----------
    source : str
        What is open, as the page calls it; empty while nothing is.
    point : (float, float, float), optional
        Where the planes meet: z, y, x in voxels; None is the middle.
    span : (float, float), optional
        Values shown as black and white; None leaves out the outermost ones.
    layout : {"planes", "xy", "xz", "yz"}
        The three planes, or one of them alone.
    """

    source: str = ""
    point: Point | None = None
    span: Span | None = None
    layout: VolumeLayout = "planes"

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed."""
        return dataclasses.replace(self, **changes)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the state as keys and values of a link; what is at its default is left out."""
        found = [("volume", self.source)] if self.source else []
        if self.point is not None:
            found.append(("at", ",".join(f"{value:.6g}" for value in self.point)))
        if self.span is not None:
            found.append(("values", ",".join(f"{value:.6g}" for value in self.span)))
        if self.layout != "planes":
            found.append(("planes", self.layout))
        return found

    @classmethod
    def read(cls, values: Mapping[str, str]) -> tuple[Self, tuple[str, ...]]:
        """Read what `pairs` wrote; what cannot be read keeps its default and is told.

        Examples
        --------
        >>> state = VolumeState(source="a.tif", point=(1.5, 2.5, 3.5), layout="xz")
        >>> VolumeState.read(dict(state.pairs())) == (state, ())
        True
        """
        state, problems = cls(source=values.get("volume", "")), list[str]()
        for key, name, count in (("at", "point", 3), ("values", "span", 2)):
            if key in values:
                try:
                    state = state.replace(**{name: _numbers(key, values[key], count)})
                except OptionError as error:
                    problems.append(str(error))
        layout = values.get("planes", "planes")
        if layout in LAYOUTS:
            return state.replace(layout=layout), tuple(problems)
        problems.append(f"planes must be one of {', '.join(LAYOUTS)}, got {layout!r}")
        return state, tuple(problems)


def _numbers(key: str, text: str, count: int) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if len(found) != count or not all(abs(value) < float("inf") for value in found):
        raise OptionError(f"{key} in the link must be {count} numbers, got {text!r}")
    return found


def shown_plane(layout: VolumeLayout) -> PlaneName:
    """Return the plane whose slices the slider counts."""
    return "xy" if layout == "planes" else layout
