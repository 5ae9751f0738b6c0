"""Work beside the kernel's own thread: the newest request wins, results come back to where widgets are touched."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vitsci_viz.errors import Cancelled
from vitsci_viz.progress import Progress, silent
from vitsci_viz.views.session.latest import Latest


@dataclass(frozen=True)
class _Request:
    work: Callable[[Progress], Any]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None]


class Lane:
    """A worker thread for one kind of work; without a running event loop (plain Python) work runs at once.

    Parameters
    ----------
    on_progress : callable, optional
        Told how far the work is, in the thread of the event loop.
    """

    def __init__(self, *, on_progress: Progress = silent) -> None:
        self._on_progress = on_progress
        self._is_cancelled = False
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None
        self._latest: Latest[_Request, Any] = Latest(self._work, self._hand_back)

    def submit(
        self,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Ask for work; a request that still waits is dropped in favour of this one.

        Parameters
        ----------
        work : callable
            ``work(progress) -> result``, in the worker thread.
        done : callable
            ``done(result)``, in the thread of the event loop.
        failed : callable, optional
            ``failed(error)``, there too; without it errors are raised there.
        """
        request = _Request(work, done, failed or _raise)
        self._is_cancelled = False
        if self._loop is not None:
            self._latest.submit(request)
            return
        try:
            result = work(silent)
        except Exception as error:  # noqa: BLE001 - handed on to the caller's own handler
            request.failed(error)
        else:
            done(result)

    def cancel(self) -> None:
        """Stop the running work at its next report."""
        self._is_cancelled = True

    def close(self) -> None:
        """Stop the running work and end the thread."""
        self.cancel()
        self._latest.close()

    def _work(self, request: _Request) -> Any:
        return request.work(self._report)

    def _report(self, stage: str, done: int, total: int) -> None:
        if self._is_cancelled:
            raise Cancelled(f"stopped during {stage}")
        self._call(self._on_progress, stage, done, total)

    def _hand_back(self, request: _Request, result: Any, error: Exception | None) -> None:
        if error is not None:
            self._call(request.failed, error)
        else:
            self._call(request.done, result)

    def _call(self, function: Callable[..., None], *values: Any) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *values)


def _raise(error: Exception) -> None:
    raise error
