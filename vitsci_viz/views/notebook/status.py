"""What is being computed, how far it is, and a button to stop it: shown only when it takes a while."""

import time
from collections.abc import Callable

import ipywidgets as widgets

PATIENCE_S = 1.0
"""Work that is over sooner is not worth a word."""


class StatusLine:
    """A line that appears when work takes more than a second.

    Parameters
    ----------
    can_cancel : bool
        Show a button; while a cell runs the kernel's own interrupt is the way to stop.
    """

    def __init__(self, *, can_cancel: bool = True) -> None:
        self._text = widgets.HTML(layout=widgets.Layout(flex="1 1 auto"))
        self._bar = widgets.FloatProgress(min=0, max=1, layout=widgets.Layout(width="160px"))
        self._button = widgets.Button(
            description="Cancel", tooltip="Stop, and keep what is shown", layout=widgets.Layout(width="80px")
        )
        self.widget = widgets.HBox(
            [self._text, self._bar, *([self._button] if can_cancel else [])],
            layout=widgets.Layout(visibility="hidden", height="28px", align_items="center"),
        )
        self._began: float | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is something to see."""
        return self.widget.layout.visibility == "visible"

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call back when the button is pressed."""
        self._button.on_click(lambda button: callback())

    def report(self, stage: str, done: int, total: int) -> None:
        """Take a progress report."""
        now = time.monotonic()
        self._began = self._began if self._began is not None else now
        seconds = now - self._began
        if seconds < PATIENCE_S:
            return
        share = done / total if total else 0.0
        left = f", about {seconds * (1 - share) / share:,.0f} s left" if 0 < share < 1 else ""
        self._text.value = f'<span class="vz-note">{stage}: {share:.0%}{left}</span>'
        self._bar.value = share
        self.widget.layout.visibility = "visible"

    def clear(self) -> None:
        """Hide the line: nothing is being computed."""
        self._began = None
        self.widget.layout.visibility = "hidden"
