"""Jobs of a few lines of Python, in a folder of their own."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.processes import is_alive
from vitsci_viz.jobs.spec import JobSpec

WAIT_S = 60.0

# Says when it is ready to be stopped, then stays for a minute.
STAY = "import time; print('ready', flush=True); time.sleep(60)"


def wait_for(what: Callable[[], Any]) -> Any:
    """Wait until something is true and return it."""
    deadline = time.monotonic() + WAIT_S
    while not (found := what()):
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)
    return found


def python(code: str, **more: Any) -> JobSpec:
    """A job that runs some Python."""
    return JobSpec(name="test", arguments=[sys.executable, "-c", code], **more)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of jobs; whatever still runs there is ended."""
    place = tmp_path / "jobs"
    yield place
    for row in LocalJobs(place).ledger.rows(limit=100):
        if is_alive(row.process):
            os.killpg(int(row.process.split()[0]), signal.SIGKILL)
        if is_alive(row.supervisor):
            os.kill(int(row.supervisor.split()[0]), signal.SIGKILL)


@pytest.fixture
def jobs(folder: Path) -> LocalJobs:
    return LocalJobs(folder)


def until_over(jobs: LocalJobs, id: str) -> Any:
    """Wait for the end of a job and return its status."""
    return wait_for(lambda: (status := jobs.status(id)).is_over and status)


def until_ready(jobs: LocalJobs, id: str) -> Any:
    """Wait until a job says that it is ready and return its status."""
    wait_for(lambda: ("ready" in jobs.log(id)[0] and jobs.status(id).pid) or jobs.status(id).is_over)
    return jobs.status(id)
