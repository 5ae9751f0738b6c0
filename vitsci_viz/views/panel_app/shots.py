"""What is on screen, frozen for the workers, and what they find out about it beside the picture."""

import time
from dataclasses import dataclass
from typing import Any, Literal

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.readings import Readings
from vitsci_viz.views.session.guidance import Guidance, guidance
from vitsci_viz.views.session.palettes import level_names
from vitsci_viz.views.session.readings import LeafHistogram
from vitsci_viz.views.session.session import PatchSession

Role = Literal["image", "kept", "error", "other"]
"""What a canvas shows: the image with leaves, the image from its tokens, its error, the second setting."""


@dataclass(frozen=True)
class Shot:
    """What the page shows: frozen, so that a worker may read it.

    Parameters
    ----------
    session : PatchSession
        The open image.
    options : PatchOptions
        The setting on screen.
    compare : PatchOptions, optional
        The second setting, where two are shown.
    slice_index : int, optional
        The slice of a volume.
    edited : PatchOptions, optional
        The setting that the form shows; the first one by default.
    """

    session: PatchSession
    options: PatchOptions
    compare: PatchOptions | None = None
    slice_index: int | None = None
    edited: PatchOptions | None = None

    @property
    def settings(self) -> tuple[PatchOptions, ...]:
        """The setting on screen, and the second one where there is one."""
        return (self.options,) if self.compare is None else (self.options, self.compare)

    def options_of(self, role: Role) -> PatchOptions:
        """Return the setting that a canvas shows."""
        return self.compare if role == "other" and self.compare is not None else self.options


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is shown beside the picture.

    Parameters
    ----------
    readings : tuple of Readings
        One a setting.
    min_sizes : tuple of tuple of int
        Finest leaf of each setting, per axis.
    histogram : LeafHistogram
        Leaves of the first setting.
    colours : tuple of str
        Colour of each level in the picture.
    guidance : Guidance
        What the form can tell of the setting that it shows.
    curve : LengthCurve
        Tokens against split value of that setting.
    seconds : float
        Time that all this took.
    """

    readings: tuple[Readings, ...]
    min_sizes: tuple[tuple[int, ...], ...]
    histogram: LeafHistogram
    colours: tuple[str, ...]
    guidance: Guidance
    curve: Any
    seconds: float

    @property
    def points(self) -> list[tuple[float, int]]:
        """Place of each setting on the curve: its split value, or the one that gives as many tokens."""
        return [
            (self.curve.split_value_for(each.tokens) if each.split_value is None else each.split_value, each.tokens)
            for each in self.readings
        ]


def answer_of(shot: Shot) -> Answer:
    """Find out what is shown beside the picture; look-ups only, once the detail pyramid is there."""
    started = time.perf_counter()
    session, options = shot.session, shot.options
    return Answer(
        readings=tuple(session.readings(each) for each in shot.settings),
        min_sizes=tuple(tuple(session.sides(each).min_size) for each in shot.settings),
        histogram=session.histogram(options),
        colours=level_names(session.pyramid(options).depth),
        guidance=guidance(session, shot.edited or options),
        curve=session.curve(shot.edited or options),
        seconds=time.perf_counter() - started,
    )
