"""Look at a reconstructed volume: three linked planes, the values shown, how it was made, downloads."""

from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.errors import Cancelled
from vitsci_viz.progress import Progress
from vitsci_viz.types import Image
from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.panel_app.histogram import HistogramPanel
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.toolbar import Toolbar
from vitsci_viz.views.panel_app.volume_downloads import VOLUME_DOWNLOADS
from vitsci_viz.views.panel_app.volume_facts import AtCrosshair, Crosshair, VolumeFacts, at_crosshair
from vitsci_viz.views.panel_app.volume_planes import VolumePlanes
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.volume_planes import PLANES, Point, index_of, middle, moved
from vitsci_viz.views.session.volume_session import VolumeSession
from vitsci_viz.views.session.volume_state import VolumeLayout, VolumeState, shown_plane
from vitsci_viz.views.session.wording import share

TITLES: Mapping[str, tuple[str, str]] = {
    "planes": ("Three planes", "The slice, and the two planes at right angles to it that meet at the crosshair."),
    "xy": ("XY", "The slice alone."),
    "xz": ("XZ", "The plane across all slices along x."),
    "yz": ("YZ", "The plane across all slices along y."),
}

OpenVolume = Callable[[str, Progress], tuple[Image, Mapping[str, Any]]]
"""Returns the volume of a source and what is kept with it (`vitsci_viz.io.volume_report`); raises in our own words."""


class VolumeView:
    """A volume on a page: `panel` belongs in the middle, `side` beside it.

    Parameters
    ----------
    open_volume : callable
        ``open_volume(source, progress)``, in a worker thread: the volume and what is kept with it.
    status : StatusLine
        Told what is being done.
    post : callable
        Runs a function on the document's thread.
    on_state : callable, optional
        Called after every change that a link restores: see `state`.
    shortened : callable, optional
        Takes the folders of the server out of a message.
    """

    def __init__(
        self,
        open_volume: OpenVolume,
        status: StatusLine,
        *,
        post: Post,
        on_state: Callable[[VolumeState], None] = lambda state: None,
        shortened: Callable[[str], str] = str,
    ) -> None:
        import panel as pn

        self._open_volume, self._status, self._on_state, self._shortened = open_volume, status, on_state, shortened
        self._post = post
        self.state = VolumeState()
        self.session: VolumeSession | None = None
        self._draw, self._ask, self._heavy = Lane(post), Lane(post), Lane(post, on_progress=status.progress)
        self._crosshair, self._facts = Crosshair(), VolumeFacts()
        self._histogram = HistogramPanel(self._take_span)
        self.toolbar = Toolbar(
            on_layout=self.set_layout, on_slice=self.show_slice, on_action=self._act, layouts=TITLES, has_sides=False,
            has_recipe=False, downloads={name: title for name, (title, _) in VOLUME_DOWNLOADS.items()},
        )  # fmt: skip
        self._planes = VolumePlanes(
            draw=self._draw,
            ask=self._ask,
            corner=self._crosshair.view.panel,
            on_point=self._take_point,
            on_error=self._failed,
        )
        self._empty = pn.pane.HTML(INVITATION, sizing_mode="stretch_both", margin=0)
        self._planes.panel.visible = False
        parts = (self.toolbar.view.panel, self._empty, self._planes.panel)
        self.panel: Any = pn.Column(*parts, sizing_mode="stretch_both", margin=0)
        self.side: Any = pn.Column(
            self._histogram.view.panel, self._facts.view.panel, sizing_mode="stretch_width", margin=0
        )

    # ---- what is shown

    @property
    def point(self) -> Point:
        """Where the planes meet."""
        assert self.session is not None
        return self.state.point or middle(self.session.shape)

    @property
    def span(self) -> Span:
        """Values shown as black and white."""
        assert self.session is not None
        return self.state.span or self.session.histogram.auto

    def open(self, source: str, *, state: VolumeState | None = None) -> None:
        """Open a volume in the background; what is on screen stays until it is there.

        Parameters
        ----------
        source : str
            As the page calls it; given to `open_volume`.
        state : VolumeState, optional
            What a link asks to be shown of it; all of it, at the middle, without one.
        """
        wanted = (state or VolumeState(layout=self.state.layout)).replace(source=source)
        self._status.busy(f"Opening {source}")
        self._planes.set_stale(True, f"Opening {source}")

        def work(progress: Progress) -> VolumeSession:
            volume, facts = self._open_volume(source, progress)
            session = VolumeSession(volume, facts)
            progress("histogram", 0, 1)
            _ = session.histogram  # read here, so that the first picture has its values
            return session

        self._heavy.submit(work, lambda session: self._opened(session, wanted), self._not_opened, kind="open")

    def set_layout(self, layout: VolumeLayout) -> None:
        """Show the three planes, or one alone."""
        self.state = self.state.replace(layout=layout)
        self.toolbar.view.put(layout=layout)
        self._planes.arrange(layout)
        self._show_slider()
        self._tell()

    def show_slice(self, index: int) -> None:
        """Show another slice of the plane that the slider counts."""
        if self.session is not None:
            axis = PLANES[shown_plane(self.state.layout)].cut
            self._take_point(moved(self.point, axis, index + 0.5, self.session.shape), True)

    def cancel(self) -> None:
        """Stop what is being opened or saved."""
        self._heavy.cancel()

    def close(self) -> None:
        """Stop the threads."""
        for each in (self._draw, self._ask, self._heavy, self.session):
            if each is not None:
                each.close()

    # ---- inside

    def _opened(self, session: VolumeSession, state: VolumeState) -> None:
        if self.session is not None:
            self.session.close()
        self.session, self.state = session, state
        session.on_sharper(lambda: self._post(lambda: self._sharper(session)))
        if state.point is not None:
            point = state.point
            for axis, at in enumerate(state.point):
                point = moved(point, axis, at, session.shape)
            self.state = state.replace(point=point)
        self._empty.visible, self._planes.panel.visible = False, True
        histogram = session.histogram
        note = "" if histogram.share >= 1 else f"Of {share(histogram.share)} of the voxels, from all over the volume"
        self._histogram.show(histogram, self.span, title=title_of(session), note=note)
        self._facts.show(session)
        self._crosshair.show_span(self.span)
        self._crosshair.share_room(session)
        self._planes.set_stale(False)
        self._planes.open(session, self.point, self.span)
        self.toolbar.view.put(open=True)
        self.set_layout(state.layout)
        self._read_crosshair()
        self._status.idle(f"{session.name} opened")

    def _sharper(self, session: VolumeSession) -> None:
        if self.session is session:
            self._planes.set_stale(False)
            self._planes.redraw()
            self._read_crosshair()

    def _not_opened(self, error: Exception) -> None:
        self._planes.set_stale(False)
        if isinstance(error, Cancelled):
            self._status.idle("Cancelled" if self.session is None else "Cancelled; the last volume stays")
            return
        words = self._shortened(words_of(error))
        self._status.fail(words)
        if self.session is None:
            self._empty.object = refusal(words)

    def _take_point(self, point: Point, is_done: bool) -> None:
        self.state = self.state.replace(point=point)
        self._planes.show_point(point)
        self._read_crosshair()
        self._show_slider()
        if is_done:
            self._tell()

    def _take_span(self, span: Span, is_done: bool) -> None:
        self.state = self.state.replace(span=span)
        self._planes.show_span(span)
        self._crosshair.show_span(span)
        if is_done:
            self._histogram.show_span(span)
            self._tell()

    def _read_crosshair(self) -> None:
        session, point = self.session, self.point
        assert session is not None

        def done(found: AtCrosshair) -> None:
            if self.session is session:
                self._crosshair.show(found)

        self._ask.submit(
            lambda progress: at_crosshair(session, point), done, self._failed, kind="crosshair", stop_running=False
        )

    def _show_slider(self) -> None:
        if self.session is not None:
            axis = PLANES[shown_plane(self.state.layout)].cut
            self.toolbar.view.put(slices=self.session.shape[axis], slice=index_of(self.point, axis))

    def _act(self, action: str) -> None:
        if action == "fit":
            self._planes.fit()
        elif action in VOLUME_DOWNLOADS and self.session is not None:
            self._download(action, self.session)

    def _download(self, name: str, session: VolumeSession) -> None:
        title, make = VOLUME_DOWNLOADS[name]
        point, span = self.point, self.span
        self._status.busy(f"Making the {title}")

        def done(file: File) -> None:
            for piece in file.pieces():
                self.toolbar.view.send(**piece)
            self._status.idle(f"{file.name} saved")

        self._heavy.submit(lambda progress: make(session, point, span), done, self._failed, kind="download")

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self._status.idle("Cancelled")
        else:
            self._status.fail(self._shortened(words_of(error)))

    def _tell(self) -> None:
        self._on_state(self.state)


def open_file(path: Any) -> tuple[Image, Mapping[str, Any]]:
    """Return a volume by its path, with what is kept of how it was made.

    Raises
    ------
    VitsciVizError
        It is no volume that can be read.
    """
    from vitsci_viz.io import read_image
    from vitsci_viz.io.volume_report import read_volume_report

    return read_image(path), read_volume_report(path)


def title_of(session: VolumeSession) -> str:
    """Name the values of a histogram."""
    name = session.quantity or "values"
    return name[:1].upper() + name[1:]


def refusal(words: str) -> str:
    """Say why there is no picture, where it would be."""
    from html import escape

    return FRAME.format(title="This volume could not be opened", text=escape(words))


FRAME = (
    '<div style="height:100%;display:grid;place-content:center;text-align:center;color:#d8dce0;padding:24px">'
    '<h2 style="margin:0 0 8px;font-size:16px">{title}</h2><p style="margin:0;max-width:52ch;color:#a8b0b8">{text}</p>'
    "</div>"
)
INVITATION = FRAME.format(
    title="No volume is open", text="Reconstruct all of a scan, or open a volume that was reconstructed before."
)
