"""Sequence length against split value, with the current point and the knee."""

from typing import Any

import numpy as np

from vitsci_viz.views.charts.axes import MUTED, SECOND, dress, spread

ACCENT = "#2b83d6"
CURVE_POINTS = 400
SLIDER_POINTS = 100


class LengthPlot:
    """The whole curve of tokens against split value on logarithmic axes.

    Touch it on the document thread only; only what has changed is sent.
    """

    def __init__(self) -> None:
        from bokeh.models import ColumnDataSource, Label, Range1d
        from bokeh.plotting import figure

        self._key: object = None
        self._curve = ColumnDataSource({"x": [], "y": []})
        self._points = ColumnDataSource({"x": [], "y": [], "colour": []})
        self._knee = ColumnDataSource({"x": [], "y": []})
        plot = figure(
            height=184,
            sizing_mode="stretch_width",
            x_axis_type="log",
            y_axis_type="log",
            x_range=Range1d(start=1, end=10),
            y_range=Range1d(start=1, end=10),
            tools="",
            toolbar_location=None,
            x_axis_label="split value",
            y_axis_label="tokens",
            min_border=8,
            tags=["themed"],
            name="length-plot",
        )
        plot.step("x", "y", source=self._curve, mode="after", color=ACCENT, line_width=1.5)
        plot.scatter("x", "y", source=self._knee, marker="diamond", size=10, color=MUTED)
        plot.scatter("x", "y", source=self._points, size=9, color="colour", line_color="white")
        self._label = Label(
            x=0, y=0, text="knee", x_offset=8, y_offset=2, text_font_size="11px", text_color=MUTED, visible=False
        )
        plot.add_layout(self._label)
        dress(plot)
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
            if not len(x):  # an image without any detail: one leaf whatever the split value
                self._knee.data, self._label.visible = {"x": [], "y": []}, False
                self._points.data = {"x": [], "y": [], "colour": []}
                return
            self.figure.x_range.update(**spread(x * pixel, is_log=True))
            self.figure.y_range.update(**spread(y, is_log=True))
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
