"""What a form can tell about an open image: what "automatic" came to, and which values make sense for a slider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from vitsci_viz.params import format_value
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.session.wording import plain

if TYPE_CHECKING:
    from vitsci_viz.views.session.session import PatchSession


@dataclass(frozen=True, kw_only=True)
class Span:
    """The range of a slider.

    Parameters
    ----------
    low, high : float
        Its ends; equal where there is nothing to slide.
    is_log : bool
        Equal steps multiply.
    is_integer : bool
        Only whole numbers.
    """

    low: float
    high: float
    is_log: bool = False
    is_integer: bool = False

    def value_at(self, value: float) -> float:
        """Return a value as a slider gives it: three significant digits, whole and inside the range.

        >>> Span(low=1, high=4096, is_log=True).value_at(47.8634), Span(low=1, high=4096).value_at(9999)
        (47.9, 4096)
        """
        rounded = float(f"{value:.3g}")
        return min(max(float(round(rounded)) if self.is_integer else rounded, self.low), self.high)


@dataclass(frozen=True, kw_only=True)
class Guidance:
    """What a form shows beside its fields, by their names.

    Parameters
    ----------
    hints : mapping of str to str
        What an empty ("automatic") field came to.
    spans : mapping of str to Span
        Sliders.
    automatic : mapping of str to float
        Where the slider of an empty field stands.
    """

    hints: Mapping[str, str] = field(default_factory=dict[str, str])
    spans: Mapping[str, Span] = field(default_factory=dict[str, Span])
    automatic: Mapping[str, float] = field(default_factory=dict[str, float])


def guidance(session: "PatchSession", options: PatchOptions) -> Guidance:
    """Read from the detail pyramid what a form can tell; touches pixels only if the pyramid is not there yet.

    Parameters
    ----------
    session : PatchSession
        The open image.
    options : PatchOptions
        The setting on screen.
    """
    from vitsci_viz.patching.tree import resolve_split_value

    pyramid = session.pyramid(options)
    curve = session.curve(options)
    spacing = session.spacing_um
    pixel = float(np.prod(spacing)) if options.physical and spacing is not None else 1.0
    changes = curve.split_values[curve.split_values > 0] * pixel
    spans = {
        "length": Span(low=1, high=float(max(2, curve.lengths[0])), is_log=True, is_integer=True),
        "max_depth": Span(low=0, high=float(pyramid.depth), is_integer=True),
    }
    if changes.size > 1:
        low = max(float(changes[0]), float(changes[-1]) * 1e-6)
        spans["split_value"] = Span(low=low, high=float(changes[-1]), is_log=True)
    automatic = resolve_split_value(options.replace(split_value=None, mode="threshold"), pyramid, spacing_um=spacing)
    hints = {
        "split_value": f"automatic: {plain(automatic * pixel)}",
        "min_size": f"as the token: {format_value(_short(session.sides(options).min_size))}",
        "max_depth": f"automatic: {pyramid.depth}",
    }
    places = {"split_value": automatic * pixel, "max_depth": float(pyramid.depth)}
    return Guidance(hints=hints, spans=spans, automatic=places)


def _short(sides: tuple[int, ...]) -> int | tuple[int, ...]:
    return sides[0] if len(set(sides)) == 1 else sides
