"""The list of runs: what goes on, what is done, what failed, and which one is watched."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.estimate import duration
from vitsci_viz.views.session.run_book import RunStatus


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
        "note": note_of(run),
    }


def note_of(run: RunStatus, *, has_time: bool = True) -> str:
    """Say in a few words how far a run is; without its training time where that stands beside it.

    >>> from pathlib import Path
    >>> note_of(RunStatus(name="a", path=Path("a"), state="running", step=50, steps=200, seconds=60))
    'step 50 of 200, about 3.0 min left'
    """
    if run.message:
        return run.message
    parts = [f"step {run.step:,} of {run.steps:,}"] if run.steps and run.step else []
    if run.seconds_left is not None:
        parts.append(f"about {duration(run.seconds_left)} left")
    elif run.seconds and has_time:
        parts.append(duration(run.seconds))
    return ", ".join(parts) or ("starting" if run.state == "running" else "")
