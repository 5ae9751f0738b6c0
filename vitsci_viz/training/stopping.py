"""Ctrl-C and SIGTERM wait until the work is where it can be saved."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

from vitsci_viz.errors import Cancelled

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Cancelled):
    """A signal asked the work to stop; it is sent again once everything is saved."""


class Stop:
    """Takes note of a signal while the block runs; the second one acts at once.

    In a thread other than the main one nothing is noted: Python delivers signals to the main thread only.

    Examples
    --------
    >>> stop = Stop()
    >>> with stop.listening():
    ...     stop.check()
    """

    def __init__(self) -> None:
        self.number: int | None = None
        self._previous: dict[int, Any] = {}

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Hold back the first signal; when the block has ended it is sent again, to whom it was meant for."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = [number for number in SIGNALS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        self._previous = {number: signal.signal(number, self._note) for number in handled}
        try:
            yield
        except Stopped:
            self._restore()
            if self.number is not None:
                signal.raise_signal(self.number)
            raise
        finally:
            self._restore()

    def check(self) -> None:
        """Raise if a signal has come.

        Raises
        ------
        Stopped
            It has.
        """
        if self.number is not None:
            raise Stopped("a signal asked to stop")

    def _note(self, number: int, frame: Any) -> None:
        self.number = number
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
