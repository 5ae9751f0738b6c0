"""The whole curve length against split value, with the current setting and the knee on it."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, DataRange1d, Label, Span
from bokeh.plotting import figure

ACCENT = "#0072B2"
KNEE = "#D55E00"
INK = "#555555"
MAXIMUM_POINTS = 600


class LengthCurvePlot:
    """Tokens against split value on logarithmic axes; both axes carry units."""

    def __init__(self) -> None:
        self._line = ColumnDataSource({"split_value": [], "tokens": []})
        self._now = ColumnDataSource({"split_value": [], "tokens": []})
        self._knee = ColumnDataSource({"split_value": [], "tokens": []})
        plot = figure(
            x_axis_type="log",
            y_axis_type="log",
            y_range=DataRange1d(range_padding=0.45),
            height=170,
            sizing_mode="stretch_width",
            toolbar_location=None,
            tools="",
            x_axis_label="split value (px)",
            y_axis_label="tokens",
            min_border_left=56,
            background_fill_alpha=0,
            border_fill_alpha=0,
            outline_line_color=None,
        )
        plot.line("split_value", "tokens", source=self._line, line_width=2, line_color=INK)
        plot.scatter("split_value", "tokens", source=self._knee, size=9, marker="diamond", color=KNEE)
        plot.scatter("split_value", "tokens", source=self._now, size=10, color=ACCENT)
        self._level = Span(dimension="width", line_color=ACCENT, line_dash="dotted", line_width=1, location=None)
        self._now_label = _label(ACCENT)
        self._knee_label = _label(KNEE)
        self._knee_label.update(text_align="right", x_offset=-8, y_offset=-15)
        for extra in (self._level, self._now_label, self._knee_label):
            plot.add_layout(extra)
        plot.grid.grid_line_alpha = 0.35
        plot.axis.axis_label_text_font_style = "normal"
        self.layout = plot

    def show_curve(self, curve: Any, *, unit: str = "px", pixel: float = 1.0) -> None:
        """Draw the curve.

        Parameters
        ----------
        curve : LengthCurve
            Of the pyramid on screen.
        unit : str
            Unit of the split value.
        pixel : float
            What one pixel counts in that unit.
        """
        values, tokens = _thinned(curve.split_values * pixel, curve.lengths)
        self._line.data = {"split_value": values, "tokens": tokens}
        knee_value, knee_tokens = curve.knee()
        self._knee.data = {"split_value": [knee_value * pixel], "tokens": [knee_tokens]}
        self._knee_label.update(x=knee_value * pixel, y=knee_tokens, text=f"knee {knee_tokens:,}")
        self.layout.xaxis.axis_label = f"split value ({unit})"

    def show_point(self, split_value: float | None, tokens: int) -> None:
        """Mark the current setting; a setting without a split value is a level."""
        points = [] if split_value is None else [max(split_value, self._smallest())]
        self._now.data = {"split_value": points, "tokens": [tokens] * len(points)}
        self._level.location = tokens
        self._now_label.update(x=points[0] if points else self._smallest(), y=tokens, text=f"{tokens:,} tokens")

    def _smallest(self) -> float:
        values = np.asarray(self._line.data["split_value"])
        return float(values[0]) if values.size else 1.0


def _label(colour: str) -> Label:
    return Label(x=1, y=1, text="", x_offset=7, y_offset=4, text_color=colour, text_font_size="11px")


def _thinned(values: Any, tokens: Any) -> tuple[Any, Any]:
    """Keep at most `MAXIMUM_POINTS` of the positive split values, evenly along the logarithmic axis."""
    keep = values > 0
    values, tokens = np.asarray(values[keep], np.float64), np.asarray(tokens[keep], np.float64)
    if len(values) <= MAXIMUM_POINTS:
        return values, tokens
    wanted = np.geomspace(values[0], values[-1], MAXIMUM_POINTS)
    index = np.unique(np.minimum(np.searchsorted(values, wanted), len(values) - 1))
    return values[index], tokens[index]
