"""One look at all runs, and at everything of the one that is watched."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.training.run_folder import RunFolder, read_facts
from vitsci_viz.views.session.curves import Curves, curves_of
from vitsci_viz.views.session.previews import Preview, PreviewReader
from vitsci_viz.views.session.run_book import RunBook, RunStatus
from vitsci_viz.views.session.run_log import RunLog


@dataclass(frozen=True, eq=False, kw_only=True)
class Watched:
    """A run as it stands now.

    Parameters
    ----------
    run : RunStatus
        Its numbers.
    curves : Curves
        The same object as at the last look where no step was made since.
    previews : tuple of Preview
        The same object as at the last look where no validation was made since.
    log : str
        What its jobs have written, see `RunLog`; empty for a run that was started elsewhere.
    classes : tuple of str
        Names of its classes, background first; empty before it has begun.
    """

    run: RunStatus
    curves: Curves
    previews: tuple[Preview, ...]
    log: str
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Look:
    """What one look saw.

    Parameters
    ----------
    runs : tuple of RunStatus
        All of them, the newest first.
    watched : Watched or None
        The one that is watched; None where there is none of this name.
    """

    runs: tuple[RunStatus, ...]
    watched: Watched | None


class Watch:
    """Looks at the runs of a folder; to be used by one thread at a time.

    Parameters
    ----------
    book : RunBook
        The runs.
    """

    def __init__(self, book: RunBook) -> None:
        self.book = book
        self.name = ""
        self._log = RunLog(book)
        self._previews: dict[Path, PreviewReader] = {}
        self._classes: dict[Path, tuple[str, ...]] = {}
        self._curves: tuple[Path, int, Curves] | None = None

    def look(self) -> Look:
        """Read how everything stands."""
        name, runs = self.name, self.book.look()
        run = next((each for each in runs if each.name == name), None)
        return Look(runs=runs, watched=None if run is None else self._watched(run))

    def _watched(self, run: RunStatus) -> Watched:
        previews = self._reader(run.path)
        previews.look()
        return Watched(
            run=run,
            curves=self._drawn(run.path),
            previews=previews.previews,
            log=self._log.read(run),
            classes=self._classes.get(run.path, ()),
        )

    def _drawn(self, path: Path) -> Curves:
        reader = self.book.reader(path)
        if self._curves is None or self._curves[:2] != (path, reader.changes):
            self._curves = (path, reader.changes, curves_of(reader.rows))
        return self._curves[2]

    def _reader(self, path: Path) -> PreviewReader:
        if path not in self._classes:
            facts = facts_of(path)
            self._previews[path] = PreviewReader(RunFolder(path), facts.get("values", ()))
            if facts:
                self._classes[path] = tuple(facts.get("classes", ()))
        return self._previews[path]


def facts_of(path: Path) -> Mapping[str, Any]:
    """Return what a run says of itself; empty before it has begun."""
    try:
        return read_facts(RunFolder(path))
    except VitsciVizError:
        return {}
