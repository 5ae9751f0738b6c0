import sys
import time
from pathlib import Path

import pytest

from tests.views.session.runs import write_run
from vitsci_viz.errors import InputError
from vitsci_viz.jobs.spec import JobSpec, JobStatus
from vitsci_viz.training.lock import locked
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.views.session.run_book import RunBook, RunStatus, check_name, state_of


def job(state, *, is_cancelling=False, message=""):
    return JobStatus(
        id="1", spec=JobSpec(name="run", arguments=["true"], run_folder="/runs/run"), state=state, exit_code=None,
        message=message, is_cancelling=is_cancelling, pid=None, submitted_s=1.0, started_s=None, ended_s=None,
        log=Path("log"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "status", "is_held", "wanted"),
    [
        ({}, job("queued"), False, "queued"),
        ({"state": "running"}, job("running"), True, "running"),
        ({"state": "running"}, job("running", is_cancelling=True), True, "stopping"),
        ({"state": "done"}, job("done"), False, "done"),
        ({"state": "stopped"}, job("done"), False, "stopped"),
        ({"state": "stopped"}, job("cancelled"), False, "stopped"),
        ({"state": "running"}, job("failed", message="killed by SIGKILL"), False, "failed"),
        ({"state": "running"}, job("lost"), False, "lost"),
        ({"state": "running"}, None, True, "running"),
        ({"state": "running"}, None, False, "stopped"),
        ({"state": "failed", "error": "disk full"}, None, False, "failed"),
        ({"state": "done"}, job("failed"), False, "done"),
    ],
)
def test_the_state_follows_from_facts_job_and_lock(facts, status, is_held, wanted):
    assert state_of(facts, status, is_held=is_held)[0] == wanted


def test_runs_of_others_are_listed_too(tmp_path):
    write_run(tmp_path / "left", steps=4, state="running")
    write_run(tmp_path / "done")
    (tmp_path / "no run").mkdir()
    runs = {run.name: run for run in RunBook(tmp_path).look()}
    assert {name: run.state for name, run in runs.items()} == {"left": "stopped", "done": "done"}
    assert (runs["left"].step, runs["left"].steps, runs["left"].best_dice) == (4, 8, pytest.approx(0.4))
    assert (runs["left"].can_resume, runs["done"].can_resume) == (True, False)
    assert not (tmp_path / ".jobs").exists()


def test_a_run_that_somebody_trains_is_running(tmp_path):
    run = write_run(tmp_path / "here", steps=4, state="running")
    book = RunBook(tmp_path)
    with locked(RunFolder(run.path)):
        (status,) = book.look()
    assert (status.state, status.message, status.seconds_left) == ("running", "started elsewhere", pytest.approx(2.0))


def test_a_job_is_in_the_list_before_its_run_has_begun(tmp_path):
    book = RunBook(tmp_path)
    spec = JobSpec(
        name="new", arguments=[sys.executable, "-c", "import time; time.sleep(60)"], run_folder=str(tmp_path / "new"),
        folder=str(tmp_path),
    )  # fmt: skip
    id = book.jobs.submit(spec)
    try:
        (status,) = RunBook(tmp_path).look()
        assert (status.name, status.job, status.is_going) == ("new", id, True)
    finally:
        book.jobs.cancel(id)
    end = time.monotonic() + 30
    while book.look()[0].is_going and time.monotonic() < end:
        time.sleep(0.05)
    assert book.look()[0].state == "stopped"


def test_no_folder_means_no_runs(tmp_path):
    assert RunBook(tmp_path / "absent").look() == ()


@pytest.mark.parametrize("name", ["", "..", ".jobs", "a/b", "/etc"])
def test_a_name_leads_nowhere_else(name, tmp_path):
    with pytest.raises(InputError, match="choose one of the list"):
        check_name(name, tmp_path)
    assert check_name("run", tmp_path) == tmp_path / "run"


def test_time_left_is_known_after_a_few_steps_of_a_running_run():
    run = RunStatus(name="a", path=Path("a"), state="running", step=10, steps=40, seconds=5.0)
    assert run.seconds_left == pytest.approx(15.0)
    assert RunStatus(name="a", path=Path("a"), state="stopped", step=10, steps=40, seconds=5.0).seconds_left is None
