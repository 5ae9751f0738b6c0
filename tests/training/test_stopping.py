"""Signals wait until the work can be saved, and then mean what they always mean."""

import os
import signal
import threading
from collections.abc import Sequence

import pytest

from vitsci_viz.training.stopping import Stop, Stopped


def work(reached: list[str], *, signals: list[int], check: bool, heard: Sequence[int] = ()) -> None:
    """Send signals to this process while it listens; nobody hears of them in there."""
    stop = Stop()
    with stop.listening():
        for number in signals:
            os.kill(os.getpid(), number)
            reached.append(f"after signal {number}")
            assert not heard
        if check:
            stop.check()
            reached.append("after the check")


def test_ctrl_c_waits_for_the_next_check() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(reached, check=True, signals=[signal.SIGINT])
    assert reached == ["after signal 2"]


def test_a_second_ctrl_c_acts_at_once() -> None:
    reached: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        work(reached, check=False, signals=[signal.SIGINT, signal.SIGINT])
    assert reached == ["after signal 2"]


def test_the_former_handler_hears_of_the_signal_once_all_is_saved() -> None:
    heard: list[int] = []
    former = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
    try:
        reached: list[str] = []
        with pytest.raises(Stopped):
            work(reached, check=True, signals=[signal.SIGTERM], heard=heard)
        assert reached == ["after signal 15"]
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, former)


def test_handlers_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    with Stop().listening():
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] != before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_ignored_signal_stays_ignored() -> None:
    former = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        stop = Stop()
        with stop.listening():
            os.kill(os.getpid(), signal.SIGINT)
            stop.check()
    finally:
        signal.signal(signal.SIGINT, former)


def test_in_another_thread_nothing_is_installed() -> None:
    found: list[object] = []

    def listen() -> None:
        with Stop().listening():
            found.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=listen)
    thread.start()
    thread.join()
    assert found == [before]
