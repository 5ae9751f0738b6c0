"""The supervisor is light, says what an exit means, and does not give a job up for a busy ledger."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.jobs.conftest import STAY, python, until_over, until_ready, wait_for
from vitsci_viz.errors import OutputError
from vitsci_viz.jobs import supervisor
from vitsci_viz.jobs.ledger import Ledger
from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.supervisor import outcome


@pytest.mark.parametrize(
    ("code", "is_cancel_asked", "state", "word"),
    [
        (0, False, "done", ""),
        (0, True, "done", ""),
        (1, False, "failed", "exit code 1"),
        (3, True, "cancelled", "exit code 3"),
        (130, False, "cancelled", ""),
        (143, True, "cancelled", ""),
        (-signal.SIGINT, False, "cancelled", ""),
        (-signal.SIGKILL, True, "cancelled", ""),
        (-signal.SIGKILL, False, "failed", "out of memory"),
        (-signal.SIGSEGV, False, "failed", "SIGSEGV"),
        (-signal.SIGRTMIN - 1, False, "failed", "signal 35"),
    ],
)
def test_an_exit_code_means_a_state(tmp_path, code, is_cancel_asked, state, word):
    found, message = outcome(code, is_cancel_asked=is_cancel_asked, log=tmp_path / "none")
    assert found == state
    assert word in message


def test_the_last_line_of_a_long_log_is_found(tmp_path):
    log = tmp_path / "log.txt"
    log.write_bytes(b"x" * 10_000 + b"\n" + b"\xff\xfe why \n\n  \n")
    assert outcome(1, is_cancel_asked=False, log=log)[1].endswith("why")
    log.write_bytes(b"y" * 10_000)
    assert len(outcome(1, is_cancel_asked=False, log=log)[1]) == 500


def test_it_loads_nothing_heavy():
    code = "import sys, vitsci_viz.jobs.supervisor; print(*sys.modules, sep=chr(10))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "pydantic", "yaml", "torch", "panel", "psutil"} & set(loaded)


def test_an_end_that_cannot_be_noted_is_noted_later(tmp_path, monkeypatch):
    ledger, calls = Ledger(tmp_path / "jobs.sqlite"), []
    ledger.add("a", python(""), slots=1, versions={})
    write = ledger.finish

    def full_at_first(*arguments, **named):
        calls.append(1)
        if len(calls) < 3:
            raise OutputError("disk full")
        write(*arguments, **named)

    monkeypatch.setattr(ledger, "finish", full_at_first)
    monkeypatch.setattr(supervisor, "RETRY_EVERY_S", 0.0)
    supervisor._finish(ledger, "a", "done", 0, "")
    assert (len(calls), ledger.read("a").state) == (3, "done")
    calls.clear()
    monkeypatch.setattr(supervisor, "RETRIES", 2)
    with pytest.raises(OutputError):
        supervisor._finish(ledger, "a", "done", 0, "")


def test_a_supervisor_that_is_stopped_stops_its_job_in_good_order(jobs):
    id = jobs.submit(python(STAY))
    until_ready(jobs, id)
    os.kill(int(jobs.ledger.read(id).supervisor.split()[0]), signal.SIGTERM)
    status = until_over(jobs, id)
    assert (status.state, status.exit_code) == ("cancelled", -signal.SIGINT)


def test_a_job_listens_to_signals_that_its_submitter_ignores(folder):
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "from tests.jobs.conftest import python, STAY; from vitsci_viz.jobs.local import LocalJobs\n"
        f"print(LocalJobs({str(folder)!r}).submit(python(STAY)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    jobs, id = LocalJobs(folder), done.stdout.strip()
    until_ready(jobs, id)
    jobs.cancel(id)
    assert until_over(jobs, id).exit_code == -signal.SIGINT


def test_a_job_holds_no_file_of_its_submitter_open(jobs, tmp_path):
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        status = until_ready(jobs, jobs.submit(python(STAY)))
    held = {str(link.readlink()) for link in Path(f"/proc/{status.pid}/fd").iterdir()}
    assert str(tmp_path / "open") not in held
    assert held == {os.devnull, str(status.log)}


def test_a_supervisor_that_cannot_come_up_is_a_failed_job(jobs, monkeypatch):
    monkeypatch.setattr("vitsci_viz.jobs.local.sys.executable", "/bin/false")
    status = jobs.status(jobs.submit(python("")))
    assert status.state == "failed"
    assert "did not come up" in status.message
    monkeypatch.setattr("vitsci_viz.jobs.local.sys.executable", "/no/python")
    with pytest.raises(OutputError, match="could not be started"):
        jobs.submit(python(""))
    assert wait_for(lambda: jobs.list()[0].state == "failed")
