"""The right side: what a setting saves and loses, beside the uniform grid, and how the leaves are spread."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.readings import LeafHistogram, Readings
from vitsci_viz.views.session.wording import reading_lines, share, side, summary


class ReadingsPanel:
    """Shows the readings of one setting, or of two beside each other."""

    def __init__(self) -> None:
        self.view = Island(script="readings.js", style="readings.css", sizing_mode="stretch_width")
        self.view.put(settings=[], leaves=[], stale=False, note="")

    def show(
        self,
        readings: Sequence[Readings],
        *,
        min_sizes: Sequence[tuple[int, ...]],
        histogram: LeafHistogram,
        colours: Sequence[str],
        note: str = "",
    ) -> None:
        """Show one setting or two.

        Parameters
        ----------
        readings : sequence of Readings
            Of the setting on screen, and of the second one where there is one.
        min_sizes : sequence of tuple of int
            Finest leaf of each, per axis.
        histogram : LeafHistogram
            Leaves of the first, by level.
        colours : sequence of str
            Colour of each level in the picture, from the root.
        note : str
            Something to know about these numbers.
        """
        settings = [setting_of(each, min_size) for each, min_size in zip(readings, min_sizes, strict=True)]
        self.view.put(settings=settings, leaves=leaf_rows(histogram, colours), stale=False, note=note)

    def set_stale(self) -> None:
        """Dim the numbers until new ones come."""
        self.view.put(stale=True)

    def clear(self) -> None:
        """Show nothing, as no image is open."""
        self.view.put(settings=[], leaves=[], stale=False, note="")


def setting_of(readings: Readings, min_size: tuple[int, ...]) -> dict[str, Any]:
    """Put one setting in plain values for the browser."""
    lines = [dataclasses.asdict(line) for line in reading_lines(readings, min_size=min_size)]
    return {"lines": lines, "share": readings.share, "summary": summary(readings, min_size=min_size)}


def leaf_rows(histogram: LeafHistogram, colours: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return one row a leaf size, coarse to fine, with its colour in the picture."""
    top = max(int(histogram.count.max()), 1)
    return [
        {
            "size": side(tuple(int(value) for value in histogram.size[row])),
            "count": int(histogram.count[row]),
            "part": float(histogram.count[row]) / top,
            "area": share(float(histogram.area_share[row])),
            "colour": colours[int(histogram.level[row])],
            "level": int(histogram.level[row]),
        }
        for row in range(len(histogram.level))
    ]
