"""The curves of a run: loss and validation Dice against steps or minutes; touch them on the drawing thread only."""

from typing import Any, Literal

import numpy as np

from vitsci_viz.views.charts.axes import dress, spread
from vitsci_viz.views.session.curves import Curves

Axis = Literal["steps", "minutes"]
ACCENT = "#2b83d6"
PALE = "#9fb4c8"
GOOD = "#009e73"
HEIGHT = 210


class RunCurves:
    """Two charts of one run; only what has changed is sent.

    Parameters
    ----------
    height : int
        Of each chart in pixels.
    """

    def __init__(self, *, height: int = HEIGHT) -> None:
        from bokeh.models import ColumnDataSource

        self._loss = ColumnDataSource({"x": [], "loss": [], "smooth": []})
        self._dice = ColumnDataSource({"x": [], "dice": []})
        self._best = ColumnDataSource({"x": [], "dice": [], "text": []})
        self._shown: tuple[object, Axis] | None = None
        self.loss = _figure("loss", height, name="loss-curve")
        self.loss.line("x", "loss", source=self._loss, color=PALE, line_width=1)
        self.loss.line("x", "smooth", source=self._loss, color=ACCENT, line_width=2)
        self.dice = _figure("validation Dice", height, name="dice-curve")
        self.dice.line("x", "dice", source=self._dice, color=GOOD, line_width=2)
        self.dice.scatter("x", "dice", source=self._dice, color=GOOD, size=4)
        self.dice.scatter("x", "dice", source=self._best, color=GOOD, size=9, line_color="white")
        self.dice.text(
            "x", "dice", text="text", source=self._best, text_font_size="11px", text_color=GOOD, y_offset=-7,
            text_align="right", text_font_style="bold",
        )  # fmt: skip

    def show(self, curves: Curves, *, axis: Axis = "steps") -> None:
        """Draw a run.

        Parameters
        ----------
        curves : Curves
            From `curves_of`.
        axis : {"steps", "minutes"}
            What lies to the right.
        """
        if self._shown is not None and self._shown[0] is curves and self._shown[1] == axis:
            return
        self._shown = (curves, axis)
        x, dice_x = (curves.step, curves.dice_step) if axis == "steps" else (curves.minutes, curves.dice_minutes)
        self._loss.data = {"x": x, "loss": curves.loss, "smooth": curves.smooth}
        self._dice.data = {"x": dice_x, "dice": curves.dice}
        best = [int(np.argmax(curves.dice))] if len(curves.dice) else []
        self._best.data = {
            "x": dice_x[best],
            "dice": curves.dice[best],
            "text": [f"best {value:.3f}" for value in curves.dice[best]],
        }
        for plot in (self.loss, self.dice):
            plot.xaxis.axis_label = "step" if axis == "steps" else "minutes of training"
        self._fit(x, curves)

    def _fit(self, x: Any, curves: Curves) -> None:
        if not len(x):
            return
        for plot in (self.loss, self.dice):
            plot.x_range.update(start=0, end=float(x[-1]) * 1.03 or 1.0)
        # a few wild values at the start would press the rest flat
        shown = np.concatenate([curves.smooth, np.quantile(curves.loss, [0.0, 0.99])])
        self.loss.y_range.update(**spread(shown))
        if len(curves.dice):
            ends = spread(curves.dice)
            self.dice.y_range.update(
                start=max(0.0, ends["start"]), end=min(1.0, ends["end"]) + 0.1 * (ends["end"] - ends["start"])
            )


def _figure(label: str, height: int, *, name: str) -> Any:
    from bokeh.models import Range1d
    from bokeh.plotting import figure

    plot = figure(
        height=height,
        sizing_mode="stretch_width",
        x_range=Range1d(start=0, end=1),
        y_range=Range1d(start=0, end=1),
        tools="",
        toolbar_location=None,
        x_axis_label="step",
        y_axis_label=label,
        min_border=8,
        tags=["themed"],
        name=name,
    )
    dress(plot)
    return plot
