"""A histogram with two limits that the user drags: the values shown as black and as white."""

from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.histogram import Histogram, Span, checked_span


class HistogramPanel:
    """Shows how often every value occurs and lets the user choose which ones are told apart.

    Parameters
    ----------
    on_span : callable
        ``on_span(span, is_done)``: called while a limit is dragged, and once more when it is let go.
    """

    def __init__(self, on_span: Callable[[Span, bool], None]) -> None:
        self._on_span = on_span
        self._histogram: Histogram | None = None
        self.view = Island(
            script="histogram.js", style="histogram.css", on_message=self._receive, sizing_mode="stretch_width"
        )
        self.view.put(counts=[], low=0.0, high=1.0, span=[0.0, 1.0], auto=[0.0, 1.0], full=[0.0, 1.0])

    def show(self, histogram: Histogram, span: Span, *, title: str = "", note: str = "") -> None:
        """Show a histogram with its limits.

        Parameters
        ----------
        histogram : Histogram
            The counts.
        span : (float, float)
            Values shown as black and white.
        title : str
            What the values are, with their unit.
        note : str
            What was counted.
        """
        self._histogram = histogram
        self.view.put(
            counts=histogram.counts.tolist(), low=histogram.low, high=histogram.high, auto=list(histogram.auto),
            full=[histogram.least, histogram.most], span=list(span), title=title, note=note,
        )  # fmt: skip

    def show_span(self, span: Span) -> None:
        """Show other limits."""
        self.view.put(span=list(span))

    def clear(self) -> None:
        """Show nothing."""
        self._histogram = None
        self.view.put(counts=[])

    def _receive(self, message: Mapping[str, Any]) -> None:
        if self._histogram is None:
            return
        span = checked_span((float(message["low"]), float(message["high"])), self._histogram)
        self._on_span(span, bool(message["done"]))
