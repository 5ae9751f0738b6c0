"""Jobs are real processes: they end with a code, stop when asked, wait for a slot, and need nobody."""

import itertools
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.jobs.conftest import STAY, python, until_over, until_ready, wait_for
from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.processes import is_alive
from vitsci_viz.jobs.spec import JobSpec


@pytest.mark.parametrize(("code", "state"), [(0, "done"), (1, "failed"), (2, "failed"), (130, "cancelled")])
def test_the_exit_code_says_how_it_ended(jobs, code, state):
    status = until_over(jobs, jobs.submit(python(f"import sys; sys.exit({code})")))
    assert (status.state, status.exit_code) == (state, code)
    assert status.submitted_s <= status.started_s <= status.ended_s


def test_the_last_line_says_why_it_failed(jobs):
    code = "import sys; print('so far', flush=True); sys.exit('vitsci-viz: no masks\\n')"
    status = until_over(jobs, jobs.submit(python(code)))
    assert status.message == "vitsci-viz: no masks"


def test_arguments_reach_the_program_as_they_are(jobs):
    odd = ["two words", "$HOME", "; exit 3", "*", "", "ä"]
    spec = JobSpec(name="odd", arguments=[sys.executable, "-c", "import sys; print(sys.argv[1:])", *odd])
    id = jobs.submit(spec)
    until_over(jobs, id)
    assert jobs.log(id)[0].strip() == str(odd)


def test_a_recipe_is_kept_and_its_path_handed_over(jobs):
    code = "import sys; print(open(sys.argv[1]).read())"
    spec = JobSpec(name="r", arguments=[sys.executable, "-c", code, "{recipe}"], recipe="version: 1\n")
    id = jobs.submit(spec)
    until_over(jobs, id)
    assert jobs.log(id)[0].strip() == "version: 1"
    assert jobs.status(id).spec == spec


def test_a_job_outlives_a_parent_that_is_killed(jobs, folder):
    parent = (
        "import sys, time; from tests.jobs.conftest import python, STAY; from vitsci_viz.jobs.local import LocalJobs; "
        'code = \'import time; print("ready", flush=True); time.sleep(1.5); print("end")\'; '
        f"print(LocalJobs({str(folder)!r}).submit(python(code)), flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    id = process.stdout.readline().strip()
    until_ready(jobs, id)
    process.kill()
    process.wait()
    process.stdout.close()
    assert jobs.status(id).state == "running"
    status = until_over(jobs, id)
    assert (status.state, status.exit_code) == ("done", 0)
    assert "end" in jobs.log(id)[0]


def test_a_job_has_a_group_and_a_session_of_its_own(jobs):
    status = until_ready(jobs, jobs.submit(python(STAY)))
    assert os.getpgid(status.pid) == os.getsid(status.pid) == status.pid != os.getpgid(0)


def test_cancel_lets_a_job_save(jobs, tmp_path):
    code = (
        "import signal, sys, time, pathlib\n"
        "def save(*_): pathlib.Path('saved').write_text('yes'); sys.exit(130)\n"
        "signal.signal(signal.SIGINT, save)\n" + STAY
    )
    id = jobs.submit(python(code, folder=str(tmp_path)))
    until_ready(jobs, id)
    assert jobs.cancel(id).is_cancelling
    status = until_over(jobs, id)
    assert (status.state, status.exit_code, status.is_cancelling) == ("cancelled", 130, False)
    assert (tmp_path / "saved").read_text() == "yes"


@pytest.mark.parametrize(
    ("deaf_to", "code"), [(("SIGINT",), -signal.SIGTERM), (("SIGINT", "SIGTERM"), -signal.SIGKILL)]
)
def test_cancel_grows_firmer_with_a_job_that_does_not_listen(jobs, deaf_to, code):
    ignore = "".join(f"signal.signal(signal.{name}, signal.SIG_IGN);" for name in deaf_to)
    id = jobs.submit(python(f"import signal; {ignore} {STAY}", grace_s=0.3))
    until_ready(jobs, id)
    jobs.cancel(id)
    status = until_over(jobs, id)
    assert (status.state, status.exit_code) == ("cancelled", code)


def test_cancel_reaches_the_whole_group_even_where_the_leader_leaves_children(jobs):
    code = (
        "import subprocess, sys, time, signal\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(130))\n"
        "deaf = 'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); print(1, flush=True); "
        "time.sleep(60)'\n"
        "child = subprocess.Popen([sys.executable, '-c', deaf], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, 'ready', flush=True); time.sleep(60)"
    )
    id = jobs.submit(python(code))
    until_ready(jobs, id)
    child = int(jobs.log(id)[0].split()[0])
    jobs.cancel(id)
    until_over(jobs, id)
    wait_for(lambda: not _runs(child))


def _runs(pid: int) -> bool:
    from vitsci_viz.jobs.processes import identity

    return identity(pid) is not None


def test_a_killed_job_has_failed_and_says_by_what(jobs):
    status = until_ready(jobs, jobs.submit(python(STAY)))
    os.kill(status.pid, signal.SIGKILL)
    status = until_over(jobs, status.id)
    assert (status.state, status.exit_code) == ("failed", -9)
    assert "SIGKILL" in status.message


def test_a_program_that_does_not_exist_is_said(jobs):
    status = until_over(jobs, jobs.submit(JobSpec(name="no", arguments=["/no/such/program"])))
    assert (status.state, status.exit_code) == ("failed", 127)
    assert "/no/such/program" in status.message


def test_one_slot_is_one_job_at_a_time_in_order(jobs):
    ids = [jobs.submit(python("import time; time.sleep(0.3)")) for _ in range(3)]
    assert jobs.status(ids[-1]).state == "queued"
    ends = [until_over(jobs, id) for id in ids]
    for earlier, later in itertools.pairwise(ends):
        assert later.started_s >= earlier.ended_s


def test_two_slots_are_two_jobs_at_a_time(folder):
    jobs = LocalJobs(folder, slots=2)
    ids = [jobs.submit(python(STAY)) for _ in range(3)]
    for id in ids[:2]:
        until_ready(jobs, id)
    assert [jobs.status(id).state for id in ids] == ["running", "running", "queued"]


def test_a_queued_job_that_is_cancelled_never_begins(jobs):
    first, second, third = (jobs.submit(python(STAY)) for _ in range(3))
    until_ready(jobs, first)
    jobs.cancel(second)
    status = until_over(jobs, second)
    assert (status.state, status.started_s, jobs.log(second)[0]) == ("cancelled", None, "")
    jobs.cancel(first)
    assert until_ready(jobs, third).state == "running"


def test_a_second_app_sees_and_stops_the_jobs_of_the_first(jobs, folder):
    id = jobs.submit(python(STAY))
    until_ready(jobs, id)
    other = LocalJobs(folder)
    assert [status.id for status in other.list()] == [id]
    other.cancel(id)
    assert until_over(jobs, id).state == "cancelled"


def test_a_job_whose_supervisor_was_killed_runs_on_and_can_be_cancelled(jobs):
    id = jobs.submit(python(STAY))
    until_ready(jobs, id)
    row = jobs.ledger.read(id)
    os.kill(int(row.supervisor.split()[0]), signal.SIGKILL)
    wait_for(lambda: not is_alive(row.supervisor))
    assert jobs.status(id).state == "running"
    jobs.cancel(id)
    assert until_over(jobs, id).state == "cancelled"
    assert not is_alive(row.process)


def test_a_job_that_ended_unseen_is_lost_and_frees_its_slot(jobs):
    id = jobs.submit(python(STAY))
    status = until_ready(jobs, id)
    row = jobs.ledger.read(id)
    os.kill(int(row.supervisor.split()[0]), signal.SIGKILL)
    os.kill(status.pid, signal.SIGKILL)
    wait_for(lambda: not is_alive(row.supervisor) and not is_alive(row.process))
    after = jobs.submit(python(""))
    assert until_over(jobs, after).state == "done"
    status = jobs.status(id)
    assert (status.state, status.exit_code) == ("lost", None)
    assert LocalJobs(jobs.ledger.path.parent).status(id).state == "lost"


def test_a_number_that_is_used_again_is_not_taken_for_the_job(jobs):
    id = jobs.submit(python(STAY))
    until_ready(jobs, id)
    row = jobs.ledger.read(id)
    os.kill(int(row.supervisor.split()[0]), signal.SIGKILL)
    os.kill(int(row.process.split()[0]), signal.SIGKILL)
    wait_for(lambda: not is_alive(row.process) and not is_alive(row.supervisor))
    # As if this very process, which began at another time, had got the number of the job.
    started = row.process.partition(" ")[2]
    jobs.ledger.note(id, supervisor=f"{os.getpid()} {started}", process=f"{os.getpid()} {started}")
    assert jobs.status(id).state == "lost"
    assert jobs.cancel(id).state == "lost"


def test_the_log_is_read_on_from_where_it_was_left(jobs):
    id = jobs.submit(python("import time; print('one ä', flush=True); time.sleep(0.5); print('two')"))
    text, place = wait_for(lambda: (found := jobs.log(id)) and found[0] and found)
    assert text == "one ä\n"
    until_over(jobs, id)
    assert jobs.log(id, place)[0] == "two\n"
    whole, end = jobs.log(id)
    assert (whole, end) == ("one ä\ntwo\n", len("one ä\ntwo\n".encode()))
    assert jobs.log(id, end) == ("", end)
    assert jobs.log(id, 10**9) == ("", end)
    assert jobs.log(id, -4) == ("two\n", end)


def test_a_log_in_pieces_of_any_length_is_the_whole_log(jobs):
    text = "ä€😀 and so on\n" * 3
    id = jobs.submit(python(f"import sys; sys.stdout.reconfigure(encoding='utf-8'); print({text!r}, end='')"))
    until_over(jobs, id)
    for limit in range(4, 12):
        pieces, place = [], 0
        while (found := jobs.log(id, place, limit=limit))[0]:
            pieces.append(found[0])
            place = found[1]
        assert "".join(pieces) == text


def test_a_forgotten_job_is_gone_and_one_that_runs_is_kept(jobs):
    id = jobs.submit(python(STAY))
    until_ready(jobs, id)
    with pytest.raises(InputError, match="cancel it first"):
        jobs.forget(id)
    jobs.cancel(id)
    log = until_over(jobs, id).log
    jobs.forget(id)
    assert jobs.list() == ()
    assert not log.exists()
    with pytest.raises(InputError, match="no job"):
        jobs.status(id)


def test_two_apps_that_submit_at_once_share_one_slot(folder):
    code = (
        "import sys; from tests.jobs.conftest import python; from vitsci_viz.jobs.local import LocalJobs\n"
        f"jobs = LocalJobs({str(folder)!r})\n"
        "for _ in range(3): jobs.submit(python('import time; time.sleep(0.1)'))"
    )
    apps = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [app.wait(60) for app in apps] == [0, 0]
    jobs = LocalJobs(folder)
    ends = sorted((until_over(jobs, status.id) for status in jobs.list()), key=lambda status: status.started_s)
    assert [status.state for status in ends] == ["done"] * 6
    for earlier, later in itertools.pairwise(ends):
        assert later.started_s >= earlier.ended_s


def test_no_dead_process_is_left_behind(jobs):
    until_over(jobs, jobs.submit(python("")))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_a_job_that_cannot_be_entered_leaves_nothing(jobs, monkeypatch):
    def full(*arguments, **named):
        raise OutputError("disk full")

    monkeypatch.setattr(jobs.ledger, "add", full)
    with pytest.raises(OutputError, match="disk full"):
        jobs.submit(python(""))
    assert [path for path in jobs.ledger.path.parent.iterdir() if path.is_dir()] == []


def test_a_job_starts_in_its_folder_with_its_variables(jobs, tmp_path):
    code = "import os; print(os.getcwd(), os.environ['COLOUR'], 'PATH' in os.environ)"
    id = jobs.submit(python(code, folder=str(tmp_path), environment={"COLOUR": "green"}))
    until_over(jobs, id)
    assert jobs.log(id)[0].split() == [str(tmp_path), "green", "True"]
    with pytest.raises(InputError, match="does not exist"):
        jobs.submit(python("", folder=str(tmp_path / "none")))


def test_a_job_of_another_machine_is_not_judged_here(jobs, monkeypatch):
    monkeypatch.setattr("vitsci_viz.jobs.ledger.host", lambda: "elsewhere")
    jobs.ledger.add("a", python(""), slots=1, versions={})
    status = jobs.status("a")
    assert (status.state, "elsewhere" in status.message) == ("lost", True)
    assert jobs.ledger.read("a").state == "queued"  # what is known is not overwritten by a guess


def test_the_folder_of_jobs_can_be_named_in_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("VITSCI_VIZ_JOBS", str(tmp_path / "named"))
    assert LocalJobs().ledger.path == tmp_path / "named" / "jobs.sqlite"
    monkeypatch.delenv("VITSCI_VIZ_JOBS")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert LocalJobs().ledger.path.is_relative_to(tmp_path / "state" / "vitsci_viz")


def test_no_slots_are_refused(folder):
    with pytest.raises(InputError, match="at least one job"):
        LocalJobs(folder, slots=0)


def test_submitting_returns_at_once(jobs):
    begin = time.monotonic()
    jobs.submit(python(STAY))
    assert time.monotonic() - begin < 20  # the job itself takes sixty seconds
