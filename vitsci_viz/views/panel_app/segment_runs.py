"""The runs that were found last: by name, which of them can predict, and in which folders they lie."""

from collections.abc import Sequence
from pathlib import Path

from vitsci_viz.errors import OptionError
from vitsci_viz.views.panel_app.segment_words import run_facts
from vitsci_viz.views.session.runs import RunSummary


class KnownRuns:
    """Runs by name, as they were when last looked for."""

    def __init__(self) -> None:
        self._runs: dict[str, RunSummary] = {}

    def take(self, runs: Sequence[RunSummary]) -> list[RunSummary]:
        """Keep runs in place of the last ones, and return those that can predict."""
        self._runs = {run.name: run for run in runs}
        return [run for run in runs if not run.problem]

    def usable(self, name: str) -> RunSummary:
        """Return a run that can predict.

        Raises
        ------
        OptionError
            There is none of this name, or it cannot.
        """
        run = self._runs.get(name)
        if run is None:
            raise OptionError(f"there is no run {name} below the folders of the server: choose another one")
        if run.problem:
            raise OptionError(f"the run {name} cannot predict: {run.problem}")
        return run

    def facts(self, name: str) -> str:
        """Say what a run is in one line; empty for one that is not known."""
        return run_facts(self._runs.get(name))

    def folders(self, *names: str) -> list[Path]:
        """Return the folders of the runs among these names."""
        return [self._runs[name].path for name in names if name in self._runs]
