"""Slices on their way to the screen: asked for, shown between chosen values, and judged once they rest."""

from collections.abc import Callable
from typing import Any

from vitsci_viz.views.panel_app.tomography_side import TomographySide
from vitsci_viz.views.panel_app.tomography_viewports import TomographyViewports
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.tomography import TomographySession, TrialSlice, plain_options
from vitsci_viz.views.session.tomography_follow import SliceFollower, Wanted
from vitsci_viz.views.session.tomography_judge import histogram


class SliceDesk:
    """Brings slices from the follower to the canvases and to the readings beside them.

    Parameters
    ----------
    post : callable
        Runs a function on the document thread.
    views : TomographyViewports
        Where slices are shown.
    side : TomographySide
        Where they are judged.
    on_rest : callable
        Called with a sentence about every whole slice.
    on_failed : callable
        Called with an exception.
    """

    def __init__(
        self,
        post: Post,
        views: TomographyViewports,
        side: TomographySide,
        *,
        on_rest: Callable[[str], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        self._views, self._side, self._on_rest, self._on_failed = views, side, on_rest, on_failed
        self._follower = SliceFollower(post, on_slice=self._sliced, on_failed=on_failed)
        self._before = Lane(post)
        self._session: TomographySession | None = None
        self._auto: Span | None = None
        self._is_compared = False
        self.chosen: Span | None = None

    @property
    def span(self) -> Span:
        """Values shown as black and white: as chosen, else those that the first slice suggests."""
        return self.chosen or self._auto or (0.0, 1.0)

    def open(self, session: TomographySession, chosen: Span | None) -> None:
        """Take another scan; slices of the last one are not shown any more."""
        self._session, self._auto, self.chosen = session, None, chosen

    def choose(self, span: Span) -> None:
        """Show slices between other values."""
        self.chosen = span
        self._views.show_span(span)

    def renew(self) -> None:
        """Let the next slice suggest the values that are shown: another setting changes them."""
        self._auto = None

    def ask(self, wanted: Wanted, *, is_compared: bool, is_done: bool = True) -> None:
        """Ask for a slice, and for the one before corrections where they are compared."""
        self._is_compared = is_compared
        self._side.pause()
        self._follower.ask(wanted, is_done=is_done)
        if is_compared:
            session, plain = wanted.session, plain_options(wanted.options)
            self._before.submit(
                lambda progress: session.slice(plain, wanted.row, wanted.centre_px, progress=progress),
                lambda found: self._show_before(session, found), self._on_failed, stop_running=False,
            )  # fmt: skip

    def close(self) -> None:
        """End the threads."""
        self._follower.close()
        self._before.close()

    # ---- inside

    def _sliced(self, wanted: Wanted, found: TrialSlice, seconds: float) -> None:
        if wanted.session is not self._session:
            return
        if self._auto is None:
            self._auto = histogram(found).auto
            self._views.show_span(self.span)  # a slice before corrections may have come first
        self._views.set_stale(False, "Preview" if found.is_preview else "")
        self._views.show_slice(found, self.span)
        self._side.choices.mark(found.centre_px)
        if found.is_final:
            self._side.look(wanted, found, self.span, is_compared=self._is_compared)
            place = f"row {wanted.row:,} about {found.centre_px:,.2f} px"
            self._on_rest(f"Slice of {place} in {1000 * seconds:,.0f} ms, as the volume will have it")

    def _show_before(self, session: TomographySession, found: Any) -> None:
        if self._session is session:
            self._views.show_slice(found, self.span, name="before")
