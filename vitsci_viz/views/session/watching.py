"""One look at all runs, and at everything of the one that is watched."""

from dataclasses import dataclass
from pathlib import Path

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.training.run_folder import RunFolder, read_facts
from vitsci_viz.views.session.curves import Curves, curves_of
from vitsci_viz.views.session.previews import Preview, PreviewReader
from vitsci_viz.views.session.run_book import RunBook, RunStatus

LOG_BYTES = 32_768
"""Of the log, how much of its end is shown."""


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
        The end of what its job has written; empty for a run that was started elsewhere.
    """

    run: RunStatus
    curves: Curves
    previews: tuple[Preview, ...]
    log: str


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
        self._previews: dict[Path, PreviewReader] = {}
        self._curves: tuple[Path, int, Curves] | None = None

    def look(self) -> Look:
        """Read how everything stands."""
        name, runs = self.name, self.book.look()
        run = next((each for each in runs if each.name == name), None)
        return Look(runs=runs, watched=None if run is None else self._watched(run))

    def _watched(self, run: RunStatus) -> Watched:
        previews = self._reader(run.path)
        previews.look()
        return Watched(run=run, curves=self._drawn(run.path), previews=previews.previews, log=self._log(run))

    def _drawn(self, path: Path) -> Curves:
        reader = self.book.reader(path)
        if self._curves is None or self._curves[:2] != (path, reader.changes):
            self._curves = (path, reader.changes, curves_of(reader.rows))
        return self._curves[2]

    def _reader(self, path: Path) -> PreviewReader:
        if path not in self._previews:
            self._previews[path] = PreviewReader(RunFolder(path), values_of(path))
        return self._previews[path]

    def _log(self, run: RunStatus) -> str:
        if not run.job:
            return ""
        try:
            return plain_log(self.book.jobs.log(run.job, -LOG_BYTES)[0])
        except VitsciVizError:
            return ""  # taken off the list by somebody else


def values_of(path: Path) -> tuple[int, ...]:
    """Return the mask value of every class of a run; empty while not known."""
    try:
        return tuple(int(value) for value in read_facts(RunFolder(path)).get("values", ()))
    except VitsciVizError:
        return ()


def plain_log(text: str) -> str:
    r"""Return a log as a terminal would leave it: of a line that was written over, the last version.

    >>> plain_log("one\rtwo\nthree")
    'two\nthree'
    """
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
