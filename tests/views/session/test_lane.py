import queue
import threading

import pytest

from vitsci_viz.errors import Cancelled
from vitsci_viz.views.session.lane import Lane


@pytest.fixture
def posted():
    return queue.Queue()


@pytest.fixture
def lane(posted):
    lane = Lane(posted.put)
    yield lane
    lane.close()


def run_next(posted):
    posted.get(timeout=30)()


def test_results_arrive_through_the_document_thread(lane, posted):
    seen = []
    lane.submit(lambda progress: threading.current_thread(), seen.append, seen.append)
    assert not seen
    run_next(posted)
    assert seen[0] is not threading.current_thread()


def test_a_newer_request_replaces_a_waiting_one_of_its_kind(lane, posted):
    started, go, seen = threading.Event(), threading.Event(), []

    def hold(progress):
        started.set()
        go.wait(30)
        return "held"

    lane.submit(hold, seen.append, seen.append, stop_running=False)
    started.wait(30)
    for number in range(5):
        lane.submit(lambda progress, number=number: number, seen.append, seen.append, stop_running=False)
    lane.submit(lambda progress: "other", seen.append, seen.append, kind="other")
    go.set()
    for _ in range(3):
        run_next(posted)
    assert seen == ["held", 4, "other"]


def test_a_running_request_is_stopped_by_a_newer_one_and_says_nothing(lane, posted):
    started, seen = threading.Event(), []

    def work(progress):
        started.set()
        while True:
            progress("busy", 0, 1)

    lane.submit(work, seen.append, seen.append)
    started.wait(30)
    lane.submit(lambda progress: "newer", seen.append, seen.append)
    run_next(posted)
    assert seen == ["newer"]
    assert posted.empty()


def test_cancel_ends_in_cancelled(lane, posted):
    started, seen = threading.Event(), []

    def work(progress):
        started.set()
        while True:
            progress("busy", 0, 1)

    lane.submit(work, seen.append, seen.append)
    started.wait(30)
    lane.cancel()
    run_next(posted)
    assert [type(each) for each in seen] == [Cancelled]
    lane.submit(lambda progress: "after", seen.append, seen.append)
    run_next(posted)
    assert seen[-1] == "after"


def test_errors_of_work_and_of_showing_reach_failed(lane, posted):
    failures = []
    lane.submit(lambda progress: 1 / 0, lambda result: None, failures.append)
    run_next(posted)
    lane.submit(lambda progress: 1, lambda result: 1 / 0, failures.append)
    run_next(posted)
    assert [type(each) for each in failures] == [ZeroDivisionError, ZeroDivisionError]


def test_progress_is_posted(posted):
    seen = []
    lane = Lane(posted.put, on_progress=lambda *report: seen.append(report))
    lane.submit(lambda progress: progress("detail", 3, 7), lambda result: None, seen.append)
    run_next(posted)
    lane.close()
    assert seen == [("detail", 3, 7)]


def test_a_closed_lane_takes_nothing(lane, posted):
    lane.close()
    lane.submit(lambda progress: 1, lambda result: None, lambda error: None)
    assert not lane.is_busy
