"""The slice follows the axis: a preview at once, the whole slice when the axis rests, and the newest wins."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vitsci_viz.progress import Progress
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.tomography import TomographySession, TrialSlice
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

REST_S = 0.15
"""An axis that has not moved for so long rests."""
LOOK_S = 0.01


@dataclass(frozen=True, eq=False, kw_only=True)
class Wanted:
    """A slice that the user wants to see.

    Parameters
    ----------
    session : TomographySession
        The open scan.
    options : ReconstructOptions
        The setting.
    row : int
        A detector row.
    centre_px : float
        Where the axis falls.
    pixels : int
        Screen pixels along a side.
    """

    session: TomographySession
    options: ReconstructOptions
    row: int
    centre_px: float
    pixels: int


class SliceFollower:
    """Makes slices in threads of its own.

    Parameters
    ----------
    post : callable
        Hands a function to the drawing thread.
    on_slice : callable
        ``on_slice(wanted, found, seconds)``, on the drawing thread: a slice that is newer or sharper than the last
        one, and the time from the question to it.
    on_failed : callable
        Called with an exception.
    """

    def __init__(
        self,
        post: Post,
        *,
        on_slice: Callable[[Wanted, TrialSlice, float], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self._quick, self._whole = Lane(post), Lane(post)
        self._on_slice, self._on_failed = on_slice, on_failed
        self._asked = self._shown = 0
        self._is_sharp = False

    def ask(self, wanted: Wanted, *, is_done: bool = True) -> None:
        """Ask for a slice; what was asked before and is not there yet is dropped.

        Parameters
        ----------
        wanted : Wanted
            What to show.
        is_done : bool
            The user has let go; else the slice as the volume will have it waits until the axis rests.
        """
        self._asked += 1
        number, asked_s = self._asked, time.perf_counter()
        is_quick = wanted.session.is_quick(wanted.options)

        def preview(progress: Progress) -> TrialSlice:
            if is_quick:
                return wanted.session.trial(wanted.options, wanted.row, wanted.centre_px)
            return wanted.session.preview(wanted.options, wanted.row, wanted.centre_px, pixels=wanted.pixels)

        def whole(progress: Progress) -> TrialSlice:
            while not is_free() and time.perf_counter() - asked_s < REST_S:
                progress("waiting", 0, 1)
                time.sleep(LOOK_S)
            return wanted.session.slice(wanted.options, wanted.row, wanted.centre_px, progress=progress)

        def is_free() -> bool:
            return is_done and (self._shown >= number or not is_quick)  # else both would share the processors

        def done(found: TrialSlice) -> None:
            self._take(number, wanted, found, time.perf_counter() - asked_s)

        self._quick.submit(preview, done, self._failed(number), kind="preview", stop_running=False)
        self._whole.submit(whole, done, self._failed(number), kind="slice")

    def close(self) -> None:
        """End the threads."""
        for lane in (self._quick, self._whole):
            lane.close()

    def _take(self, number: int, wanted: Wanted, found: TrialSlice, seconds: float) -> None:
        is_sharper = number == self._shown and not self._is_sharp
        if number > self._shown or is_sharper:
            self._shown, self._is_sharp = number, found.is_final
            self._on_slice(wanted, found, seconds)

    def _failed(self, number: int) -> Callable[[Exception], None]:
        def failed(error: Exception) -> Any:
            if number == self._asked:
                self._on_failed(error)

        return failed
