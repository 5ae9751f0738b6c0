"""Work beside the kernel's own thread; in plain Python, without an event loop, work runs at once."""

import asyncio
from collections.abc import Callable
from typing import Any

from vitsci_viz.progress import Progress, silent
from vitsci_viz.views.session.lane import Lane, Post


def kernel_post() -> Post | None:
    """Return what hands a function to the kernel's event loop; None in plain Python, which has none."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None

    def post(function: Callable[[], None]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(function)

    return post


class KernelLane:
    """A `Lane` whose results come back to the kernel's event loop, where widgets may be touched.

    Parameters
    ----------
    on_progress : callable, optional
        Told how far the work is, in the thread of the event loop.
    """

    def __init__(self, *, on_progress: Progress = silent) -> None:
        post = kernel_post()
        self._lane = None if post is None else Lane(post, on_progress=on_progress)

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
        failed = failed or _raise
        if self._lane is not None:
            self._lane.submit(work, done, failed, stop_running=False)
            return
        try:
            result = work(silent)
        except Exception as error:  # noqa: BLE001 - handed on to the caller's own handler
            failed(error)
        else:
            done(result)

    def cancel(self) -> None:
        """Stop the running work at its next report."""
        if self._lane is not None:
            self._lane.cancel()

    def close(self) -> None:
        """Stop the running work and end the thread."""
        if self._lane is not None:
            self._lane.close()


def _raise(error: Exception) -> None:
    raise error
