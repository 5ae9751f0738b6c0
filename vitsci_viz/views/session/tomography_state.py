"""What the Tomography page shows, as a link restores it: the scan, the setting, the row, the view, the layout."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args
from urllib.parse import urlencode

from vitsci_viz.errors import OptionError
from vitsci_viz.params import format_value
from vitsci_viz.views.session.links import Readers, link_values, option_pairs, valid_options, valid_parts
from vitsci_viz.views.session.volume_state import KEYS as VOLUME_KEYS
from vitsci_viz.views.session.volume_state import VolumeState
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

TomographyLayout = Literal["slice", "compare", "volume"]


@dataclass(frozen=True)
class TomographyState:
    """Everything a link restores.

    Parameters
    ----------
    source : str
        ``sample:NAME`` or a path below the data root; empty for none.
    angles : str
        What the user said of the angles of the views; empty takes those of the scan.
    options : ReconstructOptions
        The setting in the form; its ``centre`` is where the user put the axis.
    row : int, optional
        Detector row of the slice on screen; None is the middle one.
    view : int
        The projection on screen.
    layout : {"slice", "compare", "volume"}
        What stands beside what.
    levels : tuple of float, optional
        Attenuation shown as black and as white; None follows the slice.
    run : str
        Name of the reconstruction that is watched; empty for none.
    volume : VolumeState
        The reconstructed volume in the layout ``volume``.
    """

    source: str = ""
    angles: str = ""
    options: ReconstructOptions = field(default_factory=ReconstructOptions)
    row: int | None = None
    view: int = 0
    layout: TomographyLayout = "slice"
    levels: tuple[float, float] | None = None
    run: str = ""
    volume: VolumeState = field(default_factory=VolumeState)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self) -> str:
        """Return the state as a URL query (without ``?``); what is at its default is left out."""
        pairs: list[tuple[str, str]] = [
            (name, getattr(self, name)) for name in ("source", "angles", "run") if getattr(self, name)
        ]
        if self.row is not None:
            pairs.append(("row", str(self.row)))
        if self.view:
            pairs.append(("view", str(self.view)))
        if self.layout != "slice":
            pairs.append(("layout", self.layout))
        if self.levels is not None:
            pairs.append(("levels", format_value(self.levels)))
        pairs += option_pairs(self.options) + self.volume.pairs()
        return urlencode(pairs, safe=",/:")

    @classmethod
    def read(cls, query: str) -> tuple[Self, tuple[str, ...]]:
        """Read a link that may be wrong in places; what is not valid is left out.

        Returns
        -------
        state : TomographyState
            Everything that is valid.
        problems : tuple of str
            What was left out and why, a sentence each.

        Examples
        --------
        >>> state, problems = TomographyState.read("source=sample:tooth&centre=296.5&row=-1&layout=compare")
        >>> (state.source, state.options.centre, state.row, state.layout, problems)
        ('sample:tooth', 296.5, None, 'compare', ("row must be a whole number from 0 on, got '-1'",))
        """
        values, unknown = link_values(query, (*ReconstructOptions.model_fields, *_READERS, *VOLUME_KEYS))
        options, refused = valid_options(ReconstructOptions(), values)
        parts, problems = valid_parts(values, _READERS)
        volume, strange = VolumeState.read(values)
        return cls(options=options, volume=volume, **parts), (*unknown, *problems, *refused, *strange)


def _count(name: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal():
            raise OptionError(f"{name} must be a whole number from 0 on, got {text!r}")
        return int(text)

    return read


def _layout(text: str) -> str:
    if text not in get_args(TomographyLayout):
        raise OptionError(f"layout must be one of {', '.join(get_args(TomographyLayout))}, got {text!r}")
    return text


def _levels(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise OptionError(f"levels must be two growing numbers low,high, got {text!r}") from None
    if not low < high:
        raise OptionError(f"levels must be two growing numbers low,high, got {text!r}")
    return low, high


_READERS: Readers = {
    "source": ("source", str), "angles": ("angles", str), "run": ("run", str),
    "row": ("row", _count("row")), "view": ("view", _count("view")),
    "layout": ("layout", _layout), "levels": ("levels", _levels),
}  # fmt: skip
