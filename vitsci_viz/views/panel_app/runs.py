"""The run chooser: which training run predicts, and which one it is compared with."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.runs import RunSummary


class RunChooser:
    """Shows runs A and B and lets the user choose others.

    Parameters
    ----------
    on_choose : callable
        ``on_choose(side, name)``: the user chose a run for "A" or "B" ("" for none).
    on_refresh : callable
        Called when the user asks to look for runs again.
    """

    def __init__(self, on_choose: Callable[[str, str], None], on_refresh: Callable[[], None]) -> None:
        self._on_choose, self._on_refresh = on_choose, on_refresh
        self.view = Island(script="runs.js", style="runs.css", on_message=self._receive, sizing_mode="stretch_width")
        self.view.put(runs=[], first="", second="", facts="", error="", where="")

    def offer(self, runs: Sequence[RunSummary], where: str) -> None:
        """List the runs that were found, and say where."""
        rows = [{"name": run.name, "note": run.problem or run.model, "usable": not run.problem} for run in runs]
        self.view.put(runs=rows, where=where)

    def show(self, first: str, second: str, facts: str) -> None:
        """Say which runs are open, and what the first one is."""
        self.view.put(first=first, second=second, facts=facts, error="")

    def fail(self, message: str) -> None:
        """Show why a run could not be opened; "" takes it back."""
        self.view.put(error=message)

    def _receive(self, message: Mapping[str, Any]) -> None:
        if message["kind"] == "refresh":
            self._on_refresh()
        elif message["kind"] == "choose":
            self._on_choose("B" if message["side"] == "B" else "A", str(message["name"]))
