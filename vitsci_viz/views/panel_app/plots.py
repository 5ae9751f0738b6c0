"""The plot of the right side: sequence length against split value, with the current point and the knee."""

from collections.abc import Callable
from typing import Any

import numpy as np

ACCENT = "#2b83d6"
MUTED = "#808890"
SECOND = "#d55e00"
CURVE_POINTS = 400
SLIDER_POINTS = 100
SOMEWHERE = {"x": [1, 10], "y": [1, 10]}
"""An invisible curve that gives an empty plot its ranges."""


class LengthPlot:
    """The whole curve of tokens against split value on logarithmic axes.

    Touch it on the document thread only; only what has changed is sent.
    """

    def __init__(self) -> None:
        from bokeh.models import ColumnDataSource, Label
        from bokeh.plotting import figure

        self._key: object = None
        self._curve = ColumnDataSource(SOMEWHERE)
        self._points = ColumnDataSource({"x": [], "y": [], "colour": []})
        self._knee = ColumnDataSource({"x": [], "y": []})
        plot = figure(
            height=184,
            sizing_mode="stretch_width",
            x_axis_type="log",
            y_axis_type="log",
            tools="",
            toolbar_location=None,
            x_axis_label="split value",
            y_axis_label="tokens",
            min_border=8,
            tags=["themed"],
            name="length-plot",
        )
        self._line = plot.step("x", "y", source=self._curve, mode="after", color=ACCENT, line_width=1.5, visible=False)
        plot.scatter("x", "y", source=self._knee, marker="diamond", size=10, color=MUTED)
        plot.scatter("x", "y", source=self._points, size=9, color="colour", line_color="white")
        self._label = Label(
            x=0, y=0, text="knee", x_offset=8, y_offset=2, text_font_size="11px", text_color=MUTED, visible=False
        )
        plot.add_layout(self._label)
        _dress(plot)
        self.figure = plot

    def show(self, curve: Any, points: list[tuple[float, int]], *, key: object, pixel: float = 1.0) -> None:
        """Draw the curve (only if `key` differs from the last one) and the current points.

        Parameters
        ----------
        curve : LengthCurve
            Of the open image.
        points : list of (split value, tokens)
            The setting on screen, and the second one; split values in the unit shown.
        key : hashable
            Changes whenever the curve does.
        pixel : float
            Factor from the curve's split values to the unit shown.
        """
        if key != self._key:
            self._key = key
            x, y = thinned(curve, CURVE_POINTS)
            self._curve.data = {"x": x * pixel, "y": y}
            self._line.visible = True
            knee = curve.knee()
            self._knee.data = {"x": [knee[0] * pixel], "y": [knee[1]]}
            self._label.update(x=knee[0] * pixel, y=knee[1], visible=knee[0] > 0)
        kept = [(x, y, colour) for (x, y), colour in zip(points, (ACCENT, SECOND), strict=False) if x > 0]
        self._points.data = {
            "x": [x for x, _, _ in kept],
            "y": [y for _, y, _ in kept],
            "colour": [colour for _, _, colour in kept],
        }


def thinned(curve: Any, count: int) -> tuple[Any, Any]:
    """Return at most `count` steps of a curve, evenly spread over its logarithmic axis, ends included.

    Returns
    -------
    x, y : (k,) float64 and int64
        Split values above zero, and the tokens from there on.
    """
    keep = curve.split_values > 0
    x, y = curve.split_values[keep], curve.lengths[keep]
    if len(x) <= count:
        return x, y
    wanted = np.geomspace(x[0], x[-1], count)
    chosen = np.unique(np.clip(np.searchsorted(x, wanted, side="right") - 1, 0, len(x) - 1))
    return x[chosen], y[chosen]


def curve_behind(curve: Any, high: float) -> dict[str, Any]:
    """Return the curve and its knee as the form draws them behind a slider that ends at `high`."""
    x, y = thinned(curve, SLIDER_POINTS)
    pixel = high / float(curve.split_values[-1])
    return {"curve": [(x * pixel).tolist(), y.tolist()], "knee": curve.knee()[0] * pixel}


def _dress(plot: Any) -> None:
    """Small labels and quiet axes; colours come from the theme's CSS variables."""
    plot.axis.axis_label_text_font_style = "normal"
    plot.axis.axis_label_text_font_size = plot.axis.major_label_text_font_size = "11px"
    plot.axis.axis_label_standoff = 4
    plot.axis.minor_tick_line_color = None
    plot.axis.ticker.desired_num_ticks = 4
    plot.axis.ticker.num_minor_ticks = 0


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
        from bokeh.models import ColumnDataSource, HoverTool, Label, TapTool
        from bokeh.plotting import figure

        self._on_tap = on_tap
        self._marked: int | None = None
        names = ("x", "y", "colour", "marker", "text", "tokens", "row", "fill")
        self._points = ColumnDataSource({name: [] for name in names})
        self._front = ColumnDataSource(SOMEWHERE)
        self._knee = ColumnDataSource({"x": [], "y": []})
        self._now = ColumnDataSource({"x": [], "y": []})
        plot = figure(
            x_axis_type="log",
            tools="",
            toolbar_location=None,
            x_axis_label="tokens",
            y_axis_label=label,
            min_border=12,
            sizing_mode="stretch_both",
            min_height=220,
        )
        self._line = plot.step("x", "y", source=self._front, mode="after", color=ACCENT, line_width=1.5, visible=False)
        plot.scatter("x", "y", source=self._knee, size=20, fill_color=None, line_color=ACCENT, line_width=2)
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
        tips = [("", "@text"), ("tokens", "@tokens{0,0}"), (label, "@y{0.000}")]
        plot.add_tools(HoverTool(renderers=[points], tooltips=tips), TapTool(renderers=[points]))
        self._label = Label(
            x=0, y=0, text="knee", x_offset=12, y_offset=-16, text_font_size="11px", text_color=ACCENT, visible=False
        )
        plot.add_layout(self._label)
        _dress(plot)
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
        rows = [row for row, value in enumerate(kept) if np.isfinite(value)]
        x, y = np.array([cost[row] for row in rows]), np.array([kept[row] for row in rows])
        self._place = {row: (cost[row], kept[row]) for row in rows}
        self._points.selected.indices = []
        self._points.data = {
            "x": x,
            "y": y,
            "row": rows,
            **{name: [marks[row][name] for row in rows] for name in ("colour", "marker", "text", "tokens")},
            "fill": ["rgba(0,0,0,0)" if marks[row]["is_uniform"] else marks[row]["colour"] for row in rows],
        }
        front = np.flatnonzero(pareto_front(cost, kept) & np.isfinite(kept))
        front = front[np.argsort(np.array(cost)[front], kind="stable")]
        self._front.data = {"x": [cost[row] for row in front], "y": [kept[row] for row in front]}
        self._line.visible = len(front) > 0
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
        for source in (self._points, self._knee, self._now):
            source.data = {name: [] for name in source.data}
        self._front.data, self._line.visible = SOMEWHERE, False
        self._label.visible = False

    _place: dict[int, tuple[float, float]] = {}  # noqa: RUF012 - replaced, never changed

    def _tapped(self, attr: str, old: list[int], new: list[int]) -> None:
        if new:
            row = self._points.data["row"][new[0]]
            self._points.selected.indices = []
            self._on_tap(int(row))
