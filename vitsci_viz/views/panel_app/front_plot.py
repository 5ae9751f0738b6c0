"""What settings cost against what they keep: points, front, knee; a click names the row."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vitsci_viz.views.panel_app.plots import MUTED, SECOND, dress, spread


class FrontPlot:
    """What settings cost against what they keep, with the front and its knee.

    Parameters
    ----------
    label : str
        What the settings keep, with its unit.
    on_tap : callable
        Called with the number of the row that the user clicks.
    """

    def __init__(self, label: str, on_tap: Callable[[int], None]) -> None:
        from bokeh.models import ColumnDataSource, HoverTool, Label, Range1d, Span, TapTool
        from bokeh.plotting import figure

        self._on_tap = on_tap
        self._marked: int | None = None
        names = ("x", "y", "colour", "marker", "text", "tokens", "row", "fill", "said")
        self._points = ColumnDataSource({name: [] for name in names})
        self._front = ColumnDataSource({"x": [], "y": []})
        self._knee = ColumnDataSource({"x": [], "y": []})
        self._now = ColumnDataSource({"x": [], "y": []})
        plot = figure(
            x_axis_type="log",
            x_range=Range1d(start=1, end=10),
            y_range=Range1d(start=0, end=1),
            tools="",
            toolbar_location=None,
            x_axis_label="tokens",
            y_axis_label=label,
            min_border=12,
            sizing_mode="stretch_both",
            min_height=220,
        )
        plot.step("x", "y", source=self._front, mode="after", color=MUTED, line_width=1.5)
        plot.scatter("x", "y", source=self._knee, size=20, fill_color=None, line_color=MUTED, line_width=2)
        plot.scatter("x", "y", source=self._now, size=26, fill_color=None, line_color=SECOND, line_width=2)
        points = plot.scatter(
            "x",
            "y",
            source=self._points,
            marker="marker",
            size=9,
            fill_color="fill",
            line_color="colour",
            line_width=1.5,
            nonselection_fill_alpha=1,
            nonselection_line_alpha=1,
        )
        tips = [("", "@text"), ("tokens", "@tokens{0,0}"), (label, "@said")]
        plot.add_tools(HoverTool(renderers=[points], tooltips=tips), TapTool(renderers=[points]))
        self._label = Label(
            x=0, y=0, text="knee", x_offset=12, y_offset=-16, text_font_size="11px", text_color=MUTED, visible=False
        )
        plot.add_layout(self._label)
        self._exact = Span(location=0, dimension="width", line_color=MUTED, line_dash="dotted", visible=False)
        self._exact_label = Label(
            x=6, x_units="screen", y=0, y_offset=3, text="exact", text_font_size="11px", text_color=MUTED, visible=False
        )
        plot.add_layout(self._exact)
        plot.add_layout(self._exact_label)
        dress(plot)
        self._points.selected.on_change("indices", self._tapped)
        self.figure = plot

    def show(self, cost: list[float], kept: list[float], marks: list[dict[str, Any]], *, label: str) -> None:
        """Draw the rows of a sweep.

        Parameters
        ----------
        cost, kept : list of float
            Of each row; what is not known is NaN, and is left out with what is infinite.
        marks : list of mapping
            Colour, marker, text and tokens of each row.
        label : str
            What the cost is.
        """
        from vitsci_viz.patching.pareto import knee, pareto_front

        self.figure.xaxis.axis_label = label
        rows = [row for row, value in enumerate(kept) if not np.isnan(value)]
        values = np.array(kept, np.float64)
        top = spread(values[np.isfinite(values)])["end"] if np.isfinite(values).any() else 1.0
        shown = np.where(np.isposinf(values), top, values)  # nothing lost: drawn on a line of its own
        x, y = np.array([cost[row] for row in rows]), shown[rows]
        self._place = {row: (cost[row], float(shown[row])) for row in rows}
        has_exact = bool(np.isposinf(values).any())
        self._exact.update(location=top, visible=has_exact)
        self._exact_label.update(y=top, visible=has_exact)
        self._points.selected.indices = []
        self._points.data = {
            "x": x,
            "y": y,
            "row": rows,
            "said": ["exact" if np.isinf(kept[row]) else f"{kept[row]:.3f}" for row in rows],
            **{name: [marks[row][name] for row in rows] for name in ("colour", "marker", "text", "tokens")},
            "fill": ["rgba(0,0,0,0)" if marks[row]["is_uniform"] else marks[row]["colour"] for row in rows],
        }
        if rows:
            self.figure.x_range.update(**spread(x, is_log=True))
            self.figure.y_range.update(**spread(y))
        front = np.flatnonzero(pareto_front(cost, kept))
        front = front[np.argsort(np.array(cost)[front], kind="stable")]
        self._front.data = {"x": [cost[row] for row in front], "y": shown[front]}
        best = knee(cost, kept)
        self._knee.data = {"x": [], "y": []} if best is None else {"x": [cost[best]], "y": [kept[best]]}
        if best is not None:
            self._label.update(x=cost[best], y=kept[best])
        self._label.visible = best is not None
        self.mark(self._marked)

    def mark(self, row: int | None) -> None:
        """Ring the row that is on screen."""
        self._marked = row
        place = self._place.get(row) if row is not None else None
        self._now.data = {"x": [], "y": []} if place is None else {"x": [place[0]], "y": [place[1]]}

    def clear(self) -> None:
        """Draw nothing."""
        self._place, self._marked = {}, None
        for source in (self._points, self._front, self._knee, self._now):
            source.data = {str(name): [] for name in source.data}
        for part in (self._label, self._exact, self._exact_label):
            part.visible = False

    _place: dict[int, tuple[float, float]] = {}  # noqa: RUF012 - replaced, never changed

    def _tapped(self, attr: str, old: list[int], new: list[int]) -> None:
        if new:
            row = np.asarray(self._points.data["row"])[new[0]]
            self._points.selected.indices = []
            self._on_tap(int(row))
