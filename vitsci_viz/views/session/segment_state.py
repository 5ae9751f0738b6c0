"""What the user looks at on the Segment page: everything that a link must restore."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args
from urllib.parse import urlencode

from vitsci_viz.errors import OptionError
from vitsci_viz.views.session.links import Readers, link_values, option_pairs, strict, valid_options, valid_parts
from vitsci_viz.views.session.state import READERS, Window, view_pairs
from vitsci_viz.workflows.segment_options import PredictOptions

SegmentLayout = Literal["all", "overlay", "compare"]


@dataclass(frozen=True)
class SegmentState:
    """Everything a link to the Segment page restores.

    Parameters
    ----------
    run, other : str
        Run A, and run B where two are compared, by their names below the folders of runs.
    source : str
        The image on screen: a sample's name or a path below a data root; empty for the first one of the run.
    mask : str, optional
        Its truth.
    options : PredictOptions
        How it is predicted.
    layout : {"all", "overlay", "compare"}
        What stands beside what.
    window : Window, optional
        The visible rectangle; None fits the image.
    slice_index : int, optional
        The slice of a volume.
    layers : tuple of str
        Layers that are not switched as the page begins; the page gives them their names.
    """

    run: str = ""
    other: str = ""
    source: str = ""
    mask: str | None = None
    options: PredictOptions = field(default_factory=PredictOptions)
    layout: SegmentLayout = "all"
    window: Window | None = None
    slice_index: int | None = None
    layers: tuple[str, ...] = ()

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self) -> str:
        """Return the state as a URL query (without ``?``); what is at its default is left out."""
        pairs = [(name, getattr(self, name)) for name in ("run", "other", "source") if getattr(self, name)]
        if self.mask is not None:
            pairs.append(("mask", self.mask))
        if self.layout != "all":
            pairs.append(("layout", self.layout))
        pairs += option_pairs(self.options) + view_pairs(self.window, self.slice_index)
        if self.layers:
            pairs.append(("layers", ",".join(self.layers)))
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
        >>> state = SegmentState(run="runs/tiny", layout="overlay", options=PredictOptions(tile=256))
        >>> SegmentState.from_query(state.to_query()) == state
        True
        """
        return strict(cls.read(query))

    @classmethod
    def read(cls, query: str) -> tuple[Self, tuple[str, ...]]:
        """Read a link that may be wrong in places; what is not valid is left out.

        Returns
        -------
        state : SegmentState
            Everything that is valid.
        problems : tuple of str
            What was left out and why, a sentence each.

        Examples
        --------
        >>> state, problems = SegmentState.read("run=first&layout=sideways")
        >>> state.run, state.layout, len(problems)
        ('first', 'all', 1)
        """
        values, unknown = link_values(query, (*PredictOptions.model_fields, *_READERS))
        options, refused = valid_options(PredictOptions(), values)
        parts, problems = valid_parts(values, _READERS)
        return cls(options=options, **parts), (*unknown, *refused, *problems)


def _layout(text: str) -> str:
    if text not in get_args(SegmentLayout):
        raise OptionError(f"layout in the link must be one of {', '.join(get_args(SegmentLayout))}, got {text!r}")
    return text


_READERS: Readers = {**READERS, "run": ("run", str), "other": ("other", str), "layout": ("layout", _layout)}
