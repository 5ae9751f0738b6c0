import asyncio
import threading

import pytest

from vitsci_viz.errors import Cancelled
from vitsci_viz.views.notebook.lanes import KernelLane


def test_without_an_event_loop_work_runs_at_once():
    results = []
    KernelLane().submit(lambda progress: 3, results.append)
    assert results == [3]


def test_without_a_handler_errors_are_raised():
    with pytest.raises(ZeroDivisionError):
        KernelLane().submit(lambda progress: 1 // 0, lambda result: None)


def test_results_and_progress_come_back_to_the_thread_of_the_loop():
    async def play():
        here, seen, done = threading.get_ident(), [], asyncio.Event()
        lane = KernelLane(on_progress=lambda *report: seen.append((threading.get_ident(), report)))

        def work(progress):
            progress("read", 1, 2)
            return threading.get_ident()

        def finish(result):
            seen.append((threading.get_ident(), result))
            done.set()

        lane.submit(work, finish)
        await asyncio.wait_for(done.wait(), 10)
        lane.close()
        return here, seen

    here, seen = asyncio.run(play())
    assert seen[0] == (here, ("read", 1, 2))
    assert seen[1][0] == here
    assert seen[1][1] != here


def test_cancel_stops_work_at_its_next_report():
    async def play():
        started, outcome = threading.Event(), asyncio.get_running_loop().create_future()
        lane = KernelLane()

        def work(progress):
            started.set()
            while True:
                progress("endless", 0, 1)

        lane.submit(work, outcome.set_result, outcome.set_result)
        await asyncio.to_thread(started.wait, 10)
        lane.cancel()
        error = await asyncio.wait_for(outcome, 10)
        lane.close()
        return error

    assert isinstance(asyncio.run(play()), Cancelled)


def test_the_newest_request_wins():
    async def play():
        gate, finished, results = threading.Event(), asyncio.Event(), []
        lane = KernelLane()

        def finish(result):
            results.append(result)
            if result == "newest":
                finished.set()

        lane.submit(lambda progress: gate.wait(10) and "first", finish)
        await asyncio.sleep(0.05)
        lane.submit(lambda progress: "overtaken", finish)
        lane.submit(lambda progress: "newest", finish)
        gate.set()
        await asyncio.wait_for(finished.wait(), 10)
        lane.close()
        return results

    assert asyncio.run(play()) == ["first", "newest"]
