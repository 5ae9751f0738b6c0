"""What the user looks at: a window on the image and everything that a link must restore."""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.session.links import Readers, link_values, option_pairs, strict, valid_options, valid_parts

MAXIMUM_SIDE = 16384
"""Longest side of a viewport in screen pixels."""
MARGIN = 0.1
"""Share of a window that scenes show beyond each edge, so that a pan meets pixels at once."""


@dataclass(frozen=True)
class Window:
    """A rectangle of the image and the number of screen pixels it is shown on.

    Parameters
    ----------
    x0, y0, x1, y1 : float
        Edges in pixels of the finest level; may reach beyond the image.
    width, height : int
        Screen pixels.

    Raises
    ------
    OptionError
        The rectangle is empty, not finite, or has no screen pixels.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    width: int
    height: int

    def __post_init__(self) -> None:
        edges = (self.x0, self.y0, self.x1, self.y1)
        if not all(math.isfinite(edge) for edge in edges) or self.x1 <= self.x0 or self.y1 <= self.y0:
            raise OptionError(f"a window must have finite edges with x0 < x1 and y0 < y1, got {edges}")
        if not (1 <= self.width <= MAXIMUM_SIDE and 1 <= self.height <= MAXIMUM_SIDE):
            raise OptionError(
                f"a window must have 1 to {MAXIMUM_SIDE} screen pixels a side, got {self.width} x {self.height}"
            )

    @property
    def scale(self) -> float:
        """Image pixels per screen pixel."""
        return max((self.x1 - self.x0) / self.width, (self.y1 - self.y0) / self.height)

    @classmethod
    def fit(cls, shape: tuple[int, int], width: int, height: int, *, margin: float = 0.02) -> Self:
        """Return the window that shows a whole (y, x) shape centred at true aspect.

        >>> Window.fit((100, 200), 400, 400, margin=0)
        Window(x0=0.0, y0=-50.0, x1=200.0, y1=150.0, width=400, height=400)
        """
        rows, columns = shape
        scale = max(columns / width, rows / height) * (1 + 2 * margin)
        half_x, half_y = scale * width / 2, scale * height / 2
        return cls(columns / 2 - half_x, rows / 2 - half_y, columns / 2 + half_x, rows / 2 + half_y, width, height)

    def padded(self, fraction: float) -> Self:
        """Return the window grown by a fraction of its sides all around, at the same scale."""
        extra_x, extra_y = round(self.width * fraction), round(self.height * fraction)
        step_x, step_y = (self.x1 - self.x0) / self.width, (self.y1 - self.y0) / self.height
        return dataclasses.replace(
            self,
            x0=self.x0 - extra_x * step_x,
            x1=self.x1 + extra_x * step_x,
            width=self.width + 2 * extra_x,
            y0=self.y0 - extra_y * step_y,
            y1=self.y1 + extra_y * step_y,
            height=self.height + 2 * extra_y,
        )


@dataclass(frozen=True)
class ViewState:
    """Everything a link restores: source, mask, options, window, slice, layers.

    Parameters
    ----------
    source : str
        What is open: a sample's name or a path below a data root.
    mask : str, optional
        The mask beside it.
    options : PatchOptions
        The setting on screen.
    window : Window, optional
        The visible rectangle; None fits the image.
    slice_index : int, optional
        The slice of a volume.
    compare : PatchOptions, optional
        The second setting, where two are shown side by side.
    layers : tuple of str
        Visible layers; empty means the default ones.
    """

    source: str = ""
    mask: str | None = None
    options: PatchOptions = field(default_factory=PatchOptions)
    window: Window | None = None
    slice_index: int | None = None
    compare: PatchOptions | None = None
    layers: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self) -> str:
        """Return the state as a URL query (without ``?``); what is at its default is left out."""
        pairs: list[tuple[str, str]] = [("source", self.source)] if self.source else []
        if self.mask is not None:
            pairs.append(("mask", self.mask))
        pairs += option_pairs(self.options)
        pairs += view_pairs(self.window, self.slice_index)
        if self.layers:
            pairs.append(("layers", ",".join(self.layers)))
        if self.compare is not None:
            pairs += [("compare", "1"), *option_pairs(self.compare, _COMPARE)]
        return urlencode(pairs, safe=",/:")

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Read what `to_query` wrote.

        Raises
        ------
        OptionError
            A key is unknown or a value is not valid.

        Examples
        --------
        >>> state = ViewState(source="ihc", options=PatchOptions(split_value=20.0))
        >>> ViewState.from_query(state.to_query()) == state
        True
        """
        return strict(cls.read(query))

    @classmethod
    def read(cls, query: str) -> tuple[Self, tuple[str, ...]]:
        """Read a link that may be wrong in places; what is not valid is left out.

        Returns
        -------
        state : ViewState
            Everything that is valid.
        problems : tuple of str
            What was left out and why, a sentence each.

        Examples
        --------
        >>> state, problems = ViewState.read("source=ihc&length=64&mode=length&patch_size=7")
        >>> state.source, state.options.length, len(problems)
        ('ihc', 64, 1)
        """
        names = tuple(PatchOptions.model_fields)
        values, unknown = link_values(query, (*names, *READERS, "compare", *(_COMPARE + name for name in names)))
        second = {name.removeprefix(_COMPARE): text for name, text in values.items() if name.startswith(_COMPARE)}
        options, refused = valid_options(_START, values)
        compare, refused_too = valid_options(_START, second)
        parts, problems = valid_parts(values, READERS)
        shown = compare if values.get("compare") == "1" else None
        return cls(options=options, compare=shown, **parts), (*unknown, *refused, *refused_too, *problems)


_COMPARE = "compare."
_START = PatchOptions(mode="threshold")
"""The mode always counts, so that a link with both length and split value is no clash."""


def view_pairs(window: Window | None, slice_index: int | None) -> list[tuple[str, str]]:
    """Return window and slice as keys and values of a link."""
    pairs: list[tuple[str, str]] = []
    if window is not None:
        pairs.append(("view", ",".join(f"{value:.10g}" for value in dataclasses.astuple(window))))
    if slice_index is not None:
        pairs.append(("slice", str(slice_index)))
    return pairs


def read_window(text: str) -> Window:
    """Read the window of a link.

    Raises
    ------
    OptionError
        It is not six numbers that make a window.
    """
    parts = text.split(",")
    try:
        x0, y0, x1, y1 = (float(part) for part in parts[:4])
        width, height = (int(part) for part in parts[4:])
    except ValueError:
        raise OptionError(f"view in the link must be x0,y0,x1,y1,width,height, got {text!r}") from None
    return Window(x0, y0, x1, y1, width, height)


def read_slice(text: str) -> int:
    """Read the slice of a link.

    Raises
    ------
    OptionError
        It is no whole number from 0.
    """
    if not text.isdecimal():
        raise OptionError(f"slice in the link must be a whole number from 0, got {text!r}")
    return int(text)


def read_layers(text: str) -> tuple[str, ...]:
    """Read the layers of a link."""
    return tuple(part for part in text.split(",") if part)


READERS: Readers = {
    "source": ("source", str), "mask": ("mask", str), "view": ("window", read_window),
    "slice": ("slice_index", read_slice), "layers": ("layers", read_layers),
}  # fmt: skip
