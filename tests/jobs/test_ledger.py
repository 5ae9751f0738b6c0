"""The ledger keeps what it was told, lets one job a slot run, and never takes back an end."""

import dataclasses
import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.jobs.ledger import Ledger
from vitsci_viz.jobs.spec import JobSpec

TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",)), max_size=20)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "jobs" / "jobs.sqlite")


def add(ledger, *ids, slots=1, **spec):
    for id in ids:
        ledger.add(id, JobSpec(name=id, arguments=["true"], **spec), slots=slots, versions={"vitsci-viz": "1"})


def alive(row):
    return True


@given(arguments=st.lists(TEXT, min_size=1, max_size=4), environment=st.dictionaries(TEXT, TEXT, max_size=3), name=TEXT)
def test_a_job_is_read_back_as_it_was_entered(tmp_path_factory, arguments, environment, name):
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "jobs.sqlite")
    spec = JobSpec(name=name, arguments=arguments, environment=environment, run_folder="/runs/a", grace_s=3.5)
    ledger.add("a", spec, slots=2, versions={"python": "3"})
    row = ledger.read("a")
    assert row.spec == spec
    assert (row.state, row.slots, row.versions, row.is_cancel_asked) == ("queued", 2, {"python": "3"}, False)


def test_it_is_there_again_when_opened_anew(ledger):
    add(ledger, "a", "b")
    ledger.claim("a", is_live=alive)
    ledger.finish("a", "failed", exit_code=3, message="no")
    row = Ledger(ledger.path).read("a")
    assert (row.state, row.exit_code, row.message) == ("failed", 3, "no")
    assert [row.id for row in Ledger(ledger.path).rows(limit=9)] == ["b", "a"]
    assert [row.id for row in ledger.rows(limit=1)] == ["b"]


def test_an_end_is_never_taken_back(ledger):
    add(ledger, "a")
    ledger.finish("a", "done", exit_code=0)
    ledger.finish("a", "lost")
    ledger.give_up("a", "nobody", is_live=lambda row: False)
    ledger.ask_cancel("a")
    row = ledger.read("a")
    assert (row.state, row.exit_code, row.is_cancel_asked) == ("done", 0, False)
    assert not ledger.claim("a", is_live=alive)


def test_slots_are_given_in_the_order_of_submission(ledger):
    add(ledger, "a", "b", "c", slots=2)
    assert not ledger.claim("b", is_live=alive)
    assert ledger.claim("a", is_live=alive)
    assert ledger.claim("b", is_live=alive)
    assert not ledger.claim("c", is_live=alive)
    ledger.finish("a", "done")
    assert ledger.claim("c", is_live=alive)


def test_nobody_waits_for_jobs_that_are_cancelled_or_that_nobody_looks_after(ledger):
    add(ledger, "lost", "cancelled", "next")
    ledger.ask_cancel("cancelled")
    assert not ledger.claim("cancelled", is_live=alive)
    assert ledger.claim("next", is_live=lambda row: row.id != "lost")


def test_a_job_that_nobody_looks_after_takes_no_slot(ledger):
    add(ledger, "gone", "next")
    assert ledger.claim("gone", is_live=alive)
    assert not ledger.claim("next", is_live=alive)
    assert ledger.claim("next", is_live=lambda row: row.id != "gone")


def test_one_slot_goes_to_one_of_many_that_ask_at_once(tmp_path):
    path = tmp_path / "jobs.sqlite"
    add(Ledger(path), *(str(number) for number in range(8)))
    won, begin = [], threading.Barrier(8)

    def ask(id):
        begin.wait()
        if Ledger(path).claim(id, is_live=alive):
            won.append(id)

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == ["0"]


def test_two_ledgers_know_nothing_of_each_other(tmp_path):
    one, other = (Ledger(tmp_path / name / "jobs.sqlite") for name in "ab")
    add(one, "a")
    add(other, "b")
    assert one.claim("a", is_live=alive)
    assert other.claim("b", is_live=alive)
    with pytest.raises(InputError, match="no job 'b'"):
        one.read("b")


def test_giving_up_asks_about_the_row_as_it_is_now(ledger):
    add(ledger, "a")
    ledger.note("a", supervisor="1 boot 2")
    asked = []
    ledger.give_up("a", "nobody", is_live=lambda row: asked.append(row.supervisor) or True)
    assert asked == ["1 boot 2"]
    assert ledger.read("a").state == "queued"
    ledger.give_up("a", "nobody", is_live=lambda row: False)
    assert (ledger.read("a").state, ledger.read("a").message) == ("lost", "nobody")


def test_only_jobs_that_ended_can_be_removed(ledger):
    add(ledger, "a")
    ledger.remove("a")
    assert ledger.read("a").id == "a"
    ledger.finish("a", "done")
    ledger.remove("a")
    assert ledger.rows(limit=9) == ()


def test_a_ledger_that_was_removed_is_said_and_not_made_again(ledger):
    add(ledger, "a")
    ledger.path.unlink()
    with pytest.raises(OutputError):
        ledger.finish("a", "done")
    assert not ledger.path.exists()


def test_odd_names_of_folders_are_no_matter(tmp_path):
    ledger = Ledger(tmp_path / "50% ? #1 ä" / "jobs.sqlite")
    add(ledger, "a")
    assert ledger.read("a").id == "a"
    assert ledger.path.is_file()
    assert ledger.path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_ledger_is_said_and_kept(tmp_path):
    path = tmp_path / "jobs.sqlite"
    path.write_text("something else, long enough to be looked at " * 10)
    before = path.read_bytes()
    with pytest.raises(InputError, match="no ledger of jobs"):
        Ledger(path)
    assert path.read_bytes() == before


def test_a_ledger_of_a_later_release_is_not_written(tmp_path):
    path = tmp_path / "jobs.sqlite"
    Ledger(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version=9")
    connection.close()
    with pytest.raises(InputError, match="format 9, this release reads 1"):
        Ledger(path)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not be made"):
        Ledger(tmp_path / "file" / "jobs.sqlite")
    (tmp_path / "jobs.sqlite").mkdir()
    with pytest.raises(OutputError, match="cannot be opened"):
        Ledger(tmp_path / "jobs.sqlite")


def test_a_ledger_that_is_locked_for_long_is_said(ledger, monkeypatch):
    monkeypatch.setattr("vitsci_viz.jobs.ledger.PATIENCE_S", 0.1)
    holder = sqlite3.connect(ledger.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(OutputError, match="locked"):
        add(ledger, "a")
    assert ledger.rows(limit=9) == ()  # reading goes on meanwhile
    holder.execute("ROLLBACK")
    holder.close()
    add(ledger, "a")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arguments": []}, "needs a program"),
        ({"arguments": "rm -rf"}, "pass a list"),
        ({"arguments": ["a\0b"]}, "null characters"),
        ({"arguments": ["a", 3]}, "must be text"),
        ({"arguments": ["a", "{recipe}"]}, "give its text"),
    ],
)
def test_a_job_that_cannot_be_run_is_refused(changes, message):
    spec = JobSpec(name="a", arguments=["true"])
    with pytest.raises(InputError, match=message):
        dataclasses.replace(spec, **changes)
