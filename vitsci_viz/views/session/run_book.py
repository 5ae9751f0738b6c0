"""The runs of one folder and the jobs that make them: how each one stands, whoever started it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vitsci_viz.errors import InputError
from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.spec import JobStatus
from vitsci_viz.training.run_folder import RunFolder, read_facts
from vitsci_viz.views.session.curves import MetricsReader

JOBS = ".jobs"
"""Folder of the ledger and the logs, below that of the runs."""
MOST_RUNS = 200
"""Runs that a list shows, the newest first."""

RunState = Literal["queued", "running", "stopping", "done", "stopped", "failed", "lost"]
GOING: tuple[RunState, ...] = ("queued", "running", "stopping")
"""States of a run that has not ended."""


@dataclass(frozen=True, kw_only=True)
class RunStatus:
    """How one run stands.

    Parameters
    ----------
    name : str
        Name of its folder.
    path : Path
        The folder.
    state : RunState
        ``stopped`` covers a stop by hand, a killed process and a run that was left by its terminal.
    message : str
        Why it failed or was lost; empty if all is well.
    job : str
        Id of the newest job that works on it; empty for a run that was started elsewhere.
    earlier : tuple of str
        Ids of the jobs that worked on it before that one, the oldest first.
    step, steps : int
        Steps made, and those of the whole run; 0 while not known.
    epoch : int
        Pass over the data that goes on.
    loss : float or None
        Of the last step.
    best_dice : float or None
        Of the best validation.
    seconds : float
        Time of training so far.
    began_s : float
        When it was started, in seconds since 1970.
    has_checkpoint : bool
        It can be resumed, and its model be used.
    """

    name: str
    path: Path
    state: RunState
    message: str = ""
    job: str = ""
    earlier: tuple[str, ...] = ()
    step: int = 0
    steps: int = 0
    epoch: int = 0
    loss: float | None = None
    best_dice: float | None = None
    seconds: float = 0.0
    began_s: float = 0.0
    has_checkpoint: bool = False

    @property
    def is_going(self) -> bool:
        """Whether it has not ended."""
        return self.state in GOING

    @property
    def can_resume(self) -> bool:
        """Whether there is something left to do and a checkpoint to go on from."""
        is_complete = self.state == "done" and (not self.steps or self.step >= self.steps)
        return self.has_checkpoint and not self.is_going and not is_complete

    @property
    def seconds_left(self) -> float | None:
        """Expected seconds until the last step; None while too little is known."""
        if self.state != "running" or not self.steps or self.step < 2:
            return None
        return self.seconds * (self.steps - self.step) / self.step


class RunBook:
    """Every run of a folder; remembers what it has read, so that each look is short.

    Parameters
    ----------
    folder : Path
        Folder of the runs; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._readers: dict[Path, MetricsReader] = {}
        self._jobs: LocalJobs | None = None

    @property
    def jobs(self) -> LocalJobs:
        """The jobs that make the runs; the folder is made at first need."""
        if self._jobs is None:
            self._jobs = LocalJobs(self.folder / JOBS)
        return self._jobs

    def reader(self, path: Path) -> MetricsReader:
        """Return what follows the metrics of a run."""
        return self._readers.setdefault(path, MetricsReader(RunFolder(path)))

    def look(self) -> tuple[RunStatus, ...]:
        """Read how every run stands, the newest first."""
        if not self.folder.is_dir():
            return ()
        jobs = self._jobs_of_runs()
        found = {path for path in self.folder.iterdir() if path.is_dir() and RunFolder(path).is_run}
        runs = [self.status(path, jobs.get(path, ())) for path in {*found, *jobs}]
        return tuple(sorted(runs, key=lambda run: run.began_s, reverse=True)[:MOST_RUNS])

    def status(self, path: Path, jobs: Sequence[JobStatus]) -> RunStatus:
        """Read how one run stands.

        Parameters
        ----------
        path : Path
            Its folder.
        jobs : sequence of JobStatus
            Those that have worked on it, the newest first; none for a run that was started elsewhere.
        """
        folder, reader, job = RunFolder(path), self.reader(path), next(iter(jobs), None)
        reader.look()
        facts, last = _facts(folder), reader.last
        state, message = state_of(facts, job, is_held=_is_held(folder))
        return RunStatus(
            name=path.name,
            path=path,
            state=state,
            message=message,
            job="" if job is None else job.id,
            earlier=tuple(each.id for each in reversed(jobs[1:])),
            step=int(last.get("step", 0)),
            steps=int(facts.get("steps_total") or 0),
            epoch=int(last.get("epoch", 0)),
            loss=last.get("loss"),
            best_dice=reader.best_dice,
            seconds=float(last.get("seconds", 0.0)),
            began_s=_began(folder, job),
            has_checkpoint=(folder.checkpoints / "last").exists(),
        )

    def _jobs_of_runs(self) -> dict[Path, list[JobStatus]]:
        """Return the jobs of every run, the newest first; those whose run lies elsewhere are left out."""
        if self._jobs is None and not (self.folder / JOBS).is_dir():
            return {}
        found: dict[Path, list[JobStatus]] = {}
        for job in self.jobs.list(limit=5 * MOST_RUNS):
            path = Path(job.spec.run_folder)
            of_run = found.setdefault(path, []) if job.spec.run_folder and path.parent == self.folder else []
            if not of_run or not of_run[-1].spec.recipe:  # jobs before the one that began it made a run that is gone
                of_run.append(job)
        return found


def state_of(facts: Mapping[str, Any], job: JobStatus | None, *, is_held: bool) -> tuple[RunState, str]:
    """Say how a run stands from what its folder, its job and its lock say.

    Parameters
    ----------
    facts : mapping
        From `read_facts`; empty before the run has begun.
    job : JobStatus or None
        The newest job that works on it.
    is_held : bool
        A living process trains in the folder.

    Returns
    -------
    state : RunState
    message : str
    """
    if job is not None and not job.is_over:
        if job.is_cancelling:
            return "stopping", "saves before it stops"
        return ("queued", "waits for its turn") if job.state == "queued" else ("running", "")
    if is_held:
        return "running", "" if job is not None else "started elsewhere"
    if facts.get("state") == "done":
        return "done", ""
    if job is not None and job.state in ("failed", "lost"):
        return ("failed" if job.state == "failed" else "lost"), job.message
    if facts.get("state") == "failed":
        return "failed", str(facts.get("error", ""))
    return "stopped", ""


def check_name(name: str, folder: Path) -> Path:
    """Return the folder of a run that a link or a page names.

    Raises
    ------
    InputError
        The name leads elsewhere.
    """
    path = folder / name
    if not name or name.startswith(".") or path.parent != folder:
        raise InputError(f"a run must be named by its folder below {folder}, got {name!r}: choose one of the list")
    return path


def _facts(folder: RunFolder) -> Mapping[str, Any]:
    try:
        return read_facts(folder)
    except InputError:
        return {}  # not begun yet, or damaged: the state of its job still counts


def _is_held(folder: RunFolder) -> bool:
    from vitsci_viz.training.lock import holder_of

    return holder_of(folder) is not None


def _began(folder: RunFolder, job: JobStatus | None) -> float:
    if job is not None:
        return job.submitted_s
    try:
        return folder.recipe.stat().st_mtime  # written once, when the run begins
    except FileNotFoundError:
        return time.time()
