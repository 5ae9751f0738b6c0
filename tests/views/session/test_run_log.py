"""The log of a run holds what all its jobs have written, in the order in which they ran."""

import sys
import time

import pytest

from tests.views.session.runs import write_run
from vitsci_viz.jobs.spec import JobSpec
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.run_log import EARLIER_BYTES, RunLog


@pytest.fixture
def book(tmp_path):
    return RunBook(tmp_path / "runs")


def work(book, said, *, is_first=False):
    """Let a job of the run say something, and wait until it has."""
    run = book.folder / "a"
    run.mkdir(parents=True, exist_ok=True)
    spec = JobSpec(
        name="a", arguments=[sys.executable, "-c", f"print({said!r})"], run_folder=str(run), folder=str(book.folder),
        recipe="version: 1" if is_first else "",
    )  # fmt: skip
    id, end = book.jobs.submit(spec), time.monotonic() + 60
    while not book.jobs.status(id).is_over and time.monotonic() < end:
        time.sleep(0.02)
    assert book.jobs.status(id).is_over
    return id


def log_of(book):
    (run,) = book.look()
    return RunLog(book).read(run)


def test_a_resumption_follows_what_the_jobs_before_it_said(book):
    first = work(book, "one", is_first=True)
    assert log_of(book) == "one\n"
    second, third = work(book, "two"), work(book, "three")
    (run,) = book.look()
    assert (run.job, run.earlier) == (third, (first, second))
    one, head, two, other, three = log_of(book).splitlines()
    assert (one, two, three) == ("one", "two", "three")
    assert "resumed 20" in head
    assert "resumed 20" in other


def test_a_run_that_began_anew_does_not_show_the_one_before_it(book):
    work(book, "gone", is_first=True)
    work(book, "gone too")
    work(book, "fresh", is_first=True)
    (run,) = book.look()
    assert run.earlier == ()
    assert log_of(book) == "fresh\n"


def test_a_job_that_was_taken_off_the_list_is_passed_over(book):
    first = work(book, "one", is_first=True)
    work(book, "two")
    (run,) = book.look()
    book.jobs.forget(first)
    assert RunLog(book).read(run).splitlines()[1:] == ["two"]


def test_the_log_of_a_job_that_has_ended_is_read_once(book):
    first = work(book, "one", is_first=True)
    work(book, "two")
    (run,) = book.look()
    log = RunLog(book)
    before = log.read(run)
    book.jobs.status(first).log.write_text("changed")
    assert log.read(run) == before


def test_a_long_history_is_cut_and_says_so(book, monkeypatch):
    monkeypatch.setattr("vitsci_viz.views.session.run_log.MOST_EARLIER", 1)
    work(book, "one", is_first=True)
    work(book, "x" * 2 * EARLIER_BYTES)
    work(book, "three")
    note, _, cut, _, last = log_of(book).splitlines()
    assert "1 earlier job, not shown here" in note
    assert 0 < len(cut) <= EARLIER_BYTES
    assert last == "three"


def test_a_run_that_was_started_elsewhere_has_no_log(book):
    write_run(book.folder / "left", steps=2, state="stopped")
    assert log_of(book) == ""
