"""The right side of the Train page: what the setting will cost, and the button that starts it."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.wording import Reading


class EstimatePanel:
    """Shows an estimate, takes a name for the run, and starts it.

    Parameters
    ----------
    on_start : callable
        Called with the name that the user gave; empty for the proposed one.
    """

    def __init__(self, on_start: Callable[[str], None]) -> None:
        self._on_start = on_start
        self.view = Island(
            script="estimate.js", style="estimate.css", on_message=self._receive, sizing_mode="stretch_width"
        )
        self.view.put(lines=[], name="", error="", stale=False, ready=False, started=0)

    def show(self, lines: Sequence[Reading], *, name: str) -> None:
        """Show an estimate, with the name that the run would get."""
        self.view.put(lines=[dataclasses.asdict(line) for line in lines], name=name, stale=False, ready=True, error="")

    def set_stale(self) -> None:
        """Dim the numbers until new ones come; nothing can be started meanwhile."""
        self.view.put(stale=True, ready=False)

    def started(self) -> None:
        """Take note that the run was started: the name was used."""
        self.view.put(started=self.view.state["started"] + 1, error="")

    def fail(self, message: str) -> None:
        """Show why nothing can be started."""
        self.view.put(error=message, stale=False)

    def _receive(self, message: Mapping[str, Any]) -> None:
        if message["kind"] == "start" and self.view.state["ready"]:
            self._on_start(str(message["name"]).strip())
