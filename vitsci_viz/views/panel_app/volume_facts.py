"""Beside the planes: what is at the crosshair, and what is known of the volume and of how it was made."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.volume_planes import AXIS_COLOURS, shares
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.volume_planes import AXES, Point
from vitsci_viz.views.session.volume_session import VolumeSession
from vitsci_viz.views.session.volume_wording import correlation_curve, crosshair_lines, quality_of, sections

PROFILE_SAMPLES = 256
"""Points of a profile on screen."""
FINEST = 0.5
"""Periods per pixel: nothing finer can be told."""


class Crosshair:
    """What is where the planes meet: place, value, and the values along the three axes through it."""

    def __init__(self) -> None:
        self.view = Island(script="crosshair.js", style="crosshair.css", sizing_mode="stretch_both")
        self.view.put(lines=[], profiles=[], low=0.0, high=1.0)

    def show(self, found: "AtCrosshair") -> None:
        """Show what was read."""
        self.view.put(lines=found.lines, profiles=found.profiles)

    def share_room(self, session: VolumeSession) -> None:
        """Give the planes beside and below the slice room by their sides.

        The page sets it: changing the style of a Panel layout that is on screen asks a CDN for its style sheets.
        """
        beside, below = shares(session)
        self.view.put(beside=beside, below=below)

    def show_span(self, span: Span) -> None:
        """Draw profiles between other values."""
        self.view.put(low=span[0], high=span[1])


@dataclasses.dataclass(frozen=True, kw_only=True)
class AtCrosshair:
    """What is at the crosshair, in plain values for the browser."""

    lines: list[dict[str, Any]]
    profiles: list[dict[str, Any]]


def at_crosshair(session: VolumeSession, point: Point) -> AtCrosshair:
    """Read what is where the planes meet."""
    lines = crosshair_lines(session, point, session.value_at(point))
    profiles = [
        {
            "letter": letter,
            "colour": AXIS_COLOURS[letter],
            "values": thinned(session.profile(AXES.index(letter), point)),
            "at": point[AXES.index(letter)] / session.shape[AXES.index(letter)],
        }
        for letter in "xyz"
    ]
    return AtCrosshair(lines=[dataclasses.asdict(line) for line in lines], profiles=profiles)


def thinned(values: NDArray[np.float32], most: int = PROFILE_SAMPLES) -> list[float]:
    """Return means of neighbours, so many at most.

    >>> thinned(np.arange(8, dtype=np.float32), 4)
    [0.5, 2.5, 4.5, 6.5]
    """
    if not len(values):
        return []
    starts = np.unique(np.linspace(0, len(values), min(most, len(values)), endpoint=False).astype(np.int64))
    sums = np.add.reduceat(np.nan_to_num(values).astype(np.float64), starts)
    means = sums / np.diff([*starts.tolist(), len(values)])
    return [float(f"{value:.5g}") for value in means]


class VolumeFacts:
    """What is known of a volume: its size, how it was made, how good it is."""

    def __init__(self) -> None:
        self.view = Island(
            script="facts.js", style="facts.css", fixed={"label": "About the volume"}, sizing_mode="stretch_width"
        )
        self.view.put(sections=[])

    def show(self, session: VolumeSession) -> None:
        """Show what is known of a volume."""
        charts = correlation_charts(quality_of(session))
        found = [
            {
                "title": each.title,
                "lines": [dataclasses.asdict(line) for line in each.lines],
                "notes": list(each.notes),
                "charts": charts if each.title == "Quality" else [],
            }
            for each in sections(session)
        ]
        self.view.put(sections=found)


def correlation_charts(quality: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the chart of the Fourier ring correlation, where it was kept."""
    curve = correlation_curve(quality)
    if curve is None:
        return []
    x: Sequence[float] = curve["frequency_per_px"]
    resolution = curve["resolution_px"]
    mark = None if resolution is None else {"at": 1 / resolution, "name": f"{resolution:.2f} px"}
    series = [
        {"kind": "threshold", "name": "half a bit", "x": x, "y": curve["half_bit"], "at": [0, 0]},
        {"kind": "curve", "name": "", "x": x, "y": curve["correlation"], "at": [0, 0]},
    ]
    return [
        {
            "title": "Fourier ring correlation",
            "help": "Agreement of two interleaved half-scans at each fineness; the dashed line is half a bit. Where "
            "the curve falls below it, structure can no longer be told from noise.",
            "x": [0.0, FINEST],
            "y": [0, 1],
            "across": {"name": "periods per pixel", "ticks": [[0, "0"], [0.25, "0.25"], [0.5, "0.5"]]},
            "series": series,
            "mark": mark,
        }
    ]
