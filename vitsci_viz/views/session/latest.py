"""Newest wins: a worker thread that drops requests which a later one has overtaken."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Request = TypeVar("Request")
Result = TypeVar("Result")


class Latest(Generic[Request, Result]):
    """Run `work` on the newest request in one thread; requests overtaken while it ran are dropped.

    Parameters
    ----------
    work : callable
        ``work(request) -> result``, called in the worker thread.
    done : callable
        ``done(request, result, error)``, called in the worker thread after each piece of work; exactly one of
        result and error is None. A view hops to its own thread from there.
    """

    def __init__(
        self,
        work: Callable[[Request], Result],
        done: Callable[[Request, Result | None, Exception | None], None],
    ) -> None:
        self._work = work
        self._done = done
        self._condition = threading.Condition()
        self._pending: list[Request] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, request: Request) -> None:
        """Ask for a result; a request that still waits is dropped in favour of this one."""
        with self._condition:
            if self._closed:
                return
            self._pending = [request]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="latest")
                self._thread.start()
            self._condition.notify_all()

    def close(self) -> None:
        """Drop what waits and end the thread after its current work."""
        with self._condition:
            self._closed = True
            self._pending = []
            self._condition.notify_all()

    @property
    def has_newer(self) -> bool:
        """Whether a newer request waits: long work may ask and give up early."""
        with self._condition:
            return bool(self._pending) or self._closed

    def _next(self) -> Request | None:
        with self._condition:
            self._condition.wait_for(lambda: self._pending or self._closed)
            return None if self._closed else self._pending.pop()

    def _run(self) -> None:
        while (request := self._next()) is not None:
            try:
                result = self._work(request)
            except Exception as error:  # noqa: BLE001 - handed on to the view, which shows it beside its cause
                self._done(request, None, error)
            else:
                self._done(request, result, None)
