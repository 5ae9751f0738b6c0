"""Work off the thread that draws: the newest request of each kind wins, and any can be cancelled."""

import threading
import time
from collections.abc import Callable
from typing import Any

from vitsci_viz.errors import Cancelled
from vitsci_viz.progress import Progress

Post = Callable[[Callable[[], None]], None]
"""Runs a function on the drawing thread."""


class Lane:
    """A worker thread that keeps only the newest waiting request of each kind.

    Parameters
    ----------
    post : callable
        Hands a function to the drawing thread, such as ``document.add_next_tick_callback``.
    on_progress : callable, optional
        ``on_progress(stage, done, total)``, on the drawing thread, at most eight times a second.

    Notes
    -----
    A request that is running when a newer one arrives is asked to stop at its next progress report; if it ends before
    that, its result still counts, as it is newer than what is shown.
    """

    def __init__(self, post: Post, *, on_progress: Progress | None = None) -> None:
        self._post = post
        self._on_progress = on_progress
        self._changed = threading.Condition()
        self._waiting: dict[str, _Request] = {}
        self._running: _Request | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def is_busy(self) -> bool:
        """Whether anything runs or waits."""
        return self._running is not None or bool(self._waiting)

    def submit(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        *,
        kind: str = "",
        stop_running: bool = True,
    ) -> None:
        """Ask for work; `done` or `failed` is called on the drawing thread.

        Parameters
        ----------
        work : callable
            Given a `Progress`; runs in the worker thread.
        done, failed : callable
            Given the result, or the exception (`Cancelled` where the user stopped it).
            Neither is called for a request that a newer one replaced.
        kind : str
            A waiting or running request of the same kind is replaced; kinds run in the order they came.
        stop_running : bool
            Stop a running request of this kind at its next report; otherwise it may end first.
        """
        with self._changed:
            if self._closed:
                return
            if self._running is not None and self._running.kind == kind and stop_running:
                self._running.is_replaced = True
            self._waiting[kind] = _Request(kind, work, done, failed)
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="vitsci-viz-lane", daemon=True)
                self._thread.start()
            self._changed.notify()

    def cancel(self) -> None:
        """Stop the running request at its next report and drop those that wait."""
        with self._changed:
            self._waiting.clear()
            if self._running is not None:
                self._running.is_cancelled = True

    def close(self) -> None:
        """Cancel everything and end the thread."""
        self.cancel()
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                request = self._running = self._waiting.pop(next(iter(self._waiting)))
            self._run(request)

    def _run(self, request: "_Request") -> None:
        outcome: Callable[[], None] | None
        try:
            result = request.work(self._reporter(request))
            if request.is_cancelled:  # work that never looked would lead to the very next step
                raise Cancelled("stopped at its end")
            outcome = _bind(_deliver, request, result)
        except Exception as error:  # noqa: BLE001 - whatever went wrong in the thread is shown on the page
            outcome = None if request.is_replaced and not request.is_cancelled else _bind(request.failed, error)
        with self._changed:
            self._running = None
        if outcome is not None and not self._closed:
            self._post(outcome)

    def _reporter(self, request: "_Request") -> Progress:
        shown = 0.0

        def report(stage: str, done: int, total: int) -> None:
            nonlocal shown
            if request.is_cancelled or request.is_replaced or self._closed:
                raise Cancelled(f"stopped during {stage}")
            now = time.monotonic()
            if self._on_progress is not None and now - shown > 0.125:
                shown = now
                self._post(_bind(self._on_progress, stage, done, total))

        return report


class _Request:
    def __init__(
        self,
        kind: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self.kind, self.work, self.done, self.failed = kind, work, done, failed
        self.is_cancelled = self.is_replaced = False


def _deliver(request: _Request, result: Any) -> None:
    try:
        request.done(result)
    except Exception as error:  # noqa: BLE001 - a fault while showing is shown like one while computing
        request.failed(error)


def _bind(function: Callable[..., None], *values: Any) -> Callable[[], None]:
    # Not functools.partial: the document refuses callbacks that it cannot tell apart.
    return lambda: function(*values)
