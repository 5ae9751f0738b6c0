"""Look at something again and again off the drawing thread: what is on disk changes by itself."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from vitsci_viz.views.session.lane import Post

Seen = TypeVar("Seen")


class Pulse(Generic[Seen]):
    """A thread that looks every second and hands what it saw to the drawing thread.

    Parameters
    ----------
    look : callable
        Called in the thread.
    show : callable
        Called with what was seen, on the drawing thread; the next look waits until it is done.
    post : callable
        Hands a function to the drawing thread.
    every_s : float
        Seconds between two looks.
    """

    def __init__(
        self, look: Callable[[], Seen], show: Callable[[Seen], None], post: Post, *, every_s: float = 1.0
    ) -> None:
        self._look, self._show, self._post = look, show, post
        self._every_s = every_s
        self._wanted, self._shown = threading.Event(), threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._loop, name="vitsci-viz-pulse", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def now(self) -> None:
        """Look at once: something was changed on purpose."""
        self._wanted.set()

    def close(self) -> None:
        """Look no more."""
        self._is_closed = True
        self._wanted.set()
        self._shown.set()

    def _loop(self) -> None:
        while not self._is_closed:
            self._wanted.clear()
            try:
                seen = self._look()
            except Exception:
                # the next look may succeed: a file may be half written, a disk away for a moment
                logging.getLogger(__name__).exception("a look at the runs failed")
            else:
                self._shown.clear()
                if not self._is_closed:
                    self._post(lambda seen=seen: self._tell(seen))
                    self._shown.wait()
            self._wanted.wait(self._every_s)

    def _tell(self, seen: Seen) -> None:
        try:
            if not self._is_closed:
                self._show(seen)
        finally:
            self._shown.set()
