"""Jobs on this machine: each in a process group of its own that outlives the app."""

import codecs
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

from vitsci_viz import __version__
from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.jobs.ledger import Ledger, Row
from vitsci_viz.jobs.places import LEDGER, job_folder, jobs_folder, log_file, recipe_file
from vitsci_viz.jobs.processes import host, is_alive, pid_of
from vitsci_viz.jobs.spec import JobSpec, JobStatus
from vitsci_viz.jobs.supervisor import is_live

LOST = "nobody looks after it any more (the machine was restarted, or its supervisor killed): how it ended is not known"


class LocalJobs:
    """Runs jobs on this machine, so many at a time; the others wait in the order of their submission.

    Any number of these, in any number of processes, may look at one folder.

    Parameters
    ----------
    folder : path, optional
        Holds the ledger and a folder a job; default that of ``VITSCI_VIZ_JOBS``, else in the user's folder of states.
    slots : int
        How many jobs of this folder may run when one submitted here begins.

    Examples
    --------
    >>> import sys, tempfile, time
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     jobs = LocalJobs(folder)
    ...     id = jobs.submit(JobSpec(name="greeting", arguments=[sys.executable, "-c", "print('hello')"]))
    ...     while not jobs.status(id).is_over:
    ...         time.sleep(0.05)
    ...     print(jobs.status(id).state, jobs.log(id)[0])
    done hello
    """

    def __init__(self, folder: Path | str | None = None, *, slots: int = 1) -> None:
        if slots < 1:
            raise InputError(f"at least one job must be able to run, got {slots} slots")
        self.ledger = Ledger((jobs_folder() if folder is None else Path(folder)).absolute() / LEDGER)
        self.slots = slots

    def submit(self, spec: JobSpec) -> str:
        """Take a job over: it runs as soon as a slot is free, whatever becomes of this process.

        Parameters
        ----------
        spec : JobSpec
            What to run.

        Returns
        -------
        str
            Its id.

        Raises
        ------
        InputError
            The folder it should start in does not exist.
        OutputError
            Ledger, log or recipe cannot be written, or no process can be started.
        """
        if not Path(spec.folder).is_dir():
            raise InputError(f"the folder {spec.folder} in which the job should start does not exist: create it")
        id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
        try:
            job_folder(self.ledger.path, id).mkdir(parents=True)
            if spec.recipe:
                recipe_file(self.ledger.path, id).write_text(spec.recipe, encoding="utf-8")
        except OSError as error:
            raise OutputError(f"the files of the job could not be written: {error.strerror or error}") from error
        try:
            self.ledger.add(id, spec, slots=self.slots, versions=_versions())
        except OutputError:
            shutil.rmtree(job_folder(self.ledger.path, id), ignore_errors=True)
            raise
        self._look_after(id)
        return id

    def status(self, id: str) -> JobStatus:
        """Say how a job stands.

        Raises
        ------
        InputError
            There is no such job.
        """
        return self._status(self.ledger.read(id))

    def list(self, *, limit: int = 100) -> tuple[JobStatus, ...]:
        """Say how all jobs stand, the newest first."""
        return tuple(map(self._status, self.ledger.rows(limit=limit)))

    def cancel(self, id: str) -> JobStatus:
        """Ask a job to stop and return at once: SIGINT to its group, after its grace SIGTERM, then SIGKILL.

        A job that has ended stays as it is.

        Raises
        ------
        InputError
            There is no such job.
        """
        self.ledger.ask_cancel(id)
        row = self.ledger.read(id)
        if row.is_open and row.host == host() and not is_alive(row.supervisor) and is_alive(row.process):
            self._look_after(id)
        return self.status(id)

    def log(self, id: str, after_byte: int = 0, *, limit: int = 65_536) -> tuple[str, int]:
        """Return what a job has written from a byte on.

        Parameters
        ----------
        id : str
            The job.
        after_byte : int
            What the last call returned; 0 reads from the beginning, a negative number that many bytes before the end.
        limit : int
            Most bytes of one call.

        Returns
        -------
        text : str
            Whole characters; the beginning of one is left for the next call.
        next_byte : int
            Where to go on reading.
        """
        self.ledger.read(id)
        try:
            with log_file(self.ledger.path, id).open("rb") as file:
                size = file.seek(0, 2)
                start = max(0, size + after_byte) if after_byte < 0 else min(after_byte, size)
                file.seek(start)
                found = file.read(limit)
        except FileNotFoundError:
            return "", 0
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        text = decoder.decode(found)
        return text, start + len(found) - len(decoder.getstate()[0])

    def forget(self, id: str) -> None:
        """Take a job that has ended off the list, with its log; what it wrote elsewhere stays.

        Raises
        ------
        InputError
            It has not ended, or there is no such job.
        """
        if not self.status(id).is_over:
            raise InputError(f"the job '{id}' has not ended: cancel it first")
        self.ledger.remove(id)
        shutil.rmtree(job_folder(self.ledger.path, id), ignore_errors=True)

    def _look_after(self, id: str) -> None:
        """Start a supervisor; it is on its own when this returns."""
        command = [sys.executable, "-m", "vitsci_viz.jobs.supervisor", str(self.ledger.path), id]
        try:
            with log_file(self.ledger.path, id).open("ab") as log:
                done = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, check=False
                )
        except OSError as error:
            self.ledger.finish(id, "failed", message=f"could not be started: {error.strerror or error}")
            raise OutputError(f"the job could not be started: {error.strerror or error}") from error
        if done.returncode:
            self.ledger.finish(id, "failed", message=f"its supervisor did not come up (exit code {done.returncode})")

    def _status(self, row: Row) -> JobStatus:
        state, message = row.state, row.message
        if row.is_open and row.host != host():
            state, message = "lost", f"runs on {row.host}: how it stands is not known here"
        elif row.is_open and not is_live(row):
            self.ledger.give_up(row.id, LOST, is_live=is_live)
            row = self.ledger.read(row.id)
            state, message = row.state, row.message
        return JobStatus(
            id=row.id,
            spec=row.spec,
            state=state,
            exit_code=row.exit_code,
            message=message,
            is_cancelling=row.is_cancel_asked and row.is_open,
            pid=None if row.process is None else pid_of(row.process),
            submitted_s=row.submitted_s,
            started_s=row.started_s,
            ended_s=row.ended_s,
            log=log_file(self.ledger.path, row.id),
        )


def _versions() -> dict[str, str]:
    return {"vitsci-viz": __version__, "python": ".".join(map(str, sys.version_info[:3]))}
