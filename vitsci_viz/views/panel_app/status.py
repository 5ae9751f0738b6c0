"""The bottom line: what is being computed, how far it is, how long it has taken, memory, cancel, once more."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.views.panel_app.components import Island


class StatusLine:
    """One line of truth about running work.

    Parameters
    ----------
    on_cancel : callable
        Called when the user asks to stop the running work.
    on_offer : callable, optional
        Called when the user takes what `idle` offered.
    """

    def __init__(self, on_cancel: Callable[[], None], on_offer: Callable[[], None] = lambda: None) -> None:
        self._acts = {"cancel": on_cancel, "offer": on_offer}
        self.view = Island(
            script="status.js",
            style="status.css",
            on_message=self._receive,
            sizing_mode="stretch_width",
            height=28,
        )
        self.idle("Ready")

    def busy(self, text: str) -> None:
        """Show that work began; the browser counts the seconds and offers to cancel after one of them."""
        self.view.put(level="busy", text=text, stage="", done=0, total=0, since=time.time(), **_memory())

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far the work is; a `Progress` for the document thread."""
        if self.view.state["level"] == "busy":
            self.view.put(stage=stage, done=int(done), total=int(total), **_memory())

    def stopping(self) -> None:
        """Show that the running work was asked to stop; it does so at its next report."""
        if self.view.state["level"] == "busy":
            self.view.put(text="Cancelling", stage="", done=0, total=0)

    def idle(self, text: str, *, offer: str = "") -> None:
        """Show what was done last, and offer something to do now, such as "Predict again"."""
        self.view.put(level="idle", text=text, offer=offer, stage="", done=0, total=0, since=None, **_memory())

    def fail(self, text: str) -> None:
        """Show what went wrong; stays until the next work starts."""
        self.view.put(level="error", text=text, stage="", done=0, total=0, since=None, **_memory())

    def _receive(self, message: Mapping[str, Any]) -> None:
        self._acts[message["kind"]]()


def words_of(error: Exception) -> str:
    """Say an error in words; what is not the user's to mend is named with its type."""
    if isinstance(error, VitsciVizError | OSError | MemoryError):
        return str(error) or type(error).__name__
    return f"this should not have happened ({type(error).__name__}: {error}); please report it"


def _memory() -> dict[str, Any]:
    import psutil

    return {"memory": round(psutil.Process().memory_info().rss / 2**20)}
