"""The Pareto chart on the page: a click on a point names its row, the setting on screen is ringed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from vitsci_viz.views.charts.front import front_chart

SIDE_MARGIN = 8


class FrontPlot:
    """What settings cost against what they keep, with the front and its knee.

    Parameters
    ----------
    kept : str
        What the settings keep: a column of the sweep, see `front_chart`.
    on_tap : callable
        Called with the number of the row that the user clicks.

    Notes
    -----
    The chart is drawn anew for every sweep; the ring around the setting on screen follows the sliders, so only its
    source is touched. HoloViews is imported with the first chart.
    """

    def __init__(self, kept: str, on_tap: Callable[[int], None]) -> None:
        import panel as pn

        self._kept, self._on_tap = kept, on_tap
        self._marked: int | None = None
        self._place: dict[int, tuple[float, float]] = {}
        self._points: Any = None
        self._ring: Any = None
        self.pane = pn.pane.HoloViews(
            None, linked_axes=False, sizing_mode="stretch_both", margin=(0, SIDE_MARGIN, 0, SIDE_MARGIN)
        )

    def show(self, rows: Sequence[Mapping[str, Any]], *, cost: str) -> None:
        """Draw the rows of a sweep.

        Parameters
        ----------
        rows : sequence of mapping
            As `SweepRow.to_mapping` gives them.
        cost : str
            What the settings cost: a column of the rows.
        """
        chart = front_chart(rows, cost=cost, kept=self._kept)
        settings = chart.Points.Settings
        columns = (settings.dimension_values(name).tolist() for name in ("row", "x", "y"))
        self._place = {row: (x, y) for row, x, y in zip(*columns, strict=True)}
        settings.opts(hooks=[self._watch])
        chart.Points.Current.opts(hooks=[self._keep_ring])
        self.pane.object = chart.opts(responsive=True, min_height=220)

    def mark(self, row: int | None) -> None:
        """Ring the row that is on screen."""
        self._marked = row
        if self._ring is not None:
            places = [self._place[row]] if row in self._place else []
            self._ring.data = {"x": [x for x, _ in places], "y": [y for _, y in places]}

    def clear(self) -> None:
        """Draw nothing."""
        self._place, self._marked, self._points, self._ring = {}, None, None, None
        self.pane.object = None

    def _watch(self, plot: Any, _: Any) -> None:
        """Listen to clicks on the points that HoloViews has just drawn."""
        self._points = plot.handles["source"]
        self._points.selected.on_change("indices", self._tapped)

    def _keep_ring(self, plot: Any, _: Any) -> None:
        self._ring = plot.handles["source"]
        self.mark(self._marked)

    def _tapped(self, attr: str, old: list[int], new: list[int]) -> None:
        if new:
            row = np.asarray(self._points.data["row"])[new[0]]
            self._points.selected.indices = []
            self._on_tap(int(row))
