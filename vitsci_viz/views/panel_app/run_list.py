"""The list of runs: what goes on, what is done, what failed, and which one is watched."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.run_book import RunStatus
from vitsci_viz.views.session.run_words import run_note


class RunList:
    """Shows every run and lets the user choose which one to watch.

    Parameters
    ----------
    on_choose : callable
        Called with the name of a run.
    """

    def __init__(self, on_choose: Callable[[str], None]) -> None:
        self.view = Island(
            script="run_list.js",
            style="run_list.css",
            on_message=lambda message: on_choose(str(message["name"])),
            sizing_mode="stretch_width",
        )
        self.view.put(rows=None, chosen="", query=None)

    def show(self, runs: Sequence[RunStatus], *, chosen: str) -> None:
        """Show how the runs stand."""
        self.view.put(rows=[row_of(run) for run in runs], chosen=chosen)

    def remember(self, query: str) -> None:
        """Put the view in the address, so that a link restores it."""
        self.view.put(query=query)


def row_of(run: RunStatus) -> Mapping[str, Any]:
    """Put a run in plain values for the browser."""
    return {
        "name": run.name,
        "state": run.state,
        "part": run.step / run.steps if run.steps else 0.0,
        "dice": "" if run.best_dice is None else f"Dice {run.best_dice:.3f}",
        "note": run_note(run),
    }
