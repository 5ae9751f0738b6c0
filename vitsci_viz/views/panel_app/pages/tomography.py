"""The Tomography page: open a scan, put the axis in its place, judge the slice, reconstruct everything."""

from collections.abc import Mapping
from typing import Any

from vitsci_viz.errors import Cancelled, InputError, OptionError, VitsciVizError
from vitsci_viz.views.panel_app.empty import EmptyState
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.recipe import RecipeDrawer
from vitsci_viz.views.panel_app.scan_chooser import ScanChooser
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.tomography_axis import AxisBar
from vitsci_viz.views.panel_app.tomography_viewports import TomographyViewports
from vitsci_viz.views.panel_app.tomography_words import HELP, INVITATION, LAYOUTS, TITLE
from vitsci_viz.views.panel_app.toolbar import Toolbar
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.tomography import TomographySession, TrialSlice
from vitsci_viz.views.session.tomography_follow import SliceFollower, Wanted
from vitsci_viz.views.session.tomography_scene import levels_of
from vitsci_viz.views.session.tomography_state import TomographyLayout, TomographyState
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions


class TomographyPage:
    """Everything of one browser tab: the open scan, the setting, and the threads that work for it.

    Parameters
    ----------
    library : Library
        What may be opened, and where results lie.
    post : callable
        Runs a function on the document thread.
    """

    def __init__(self, library: Library, post: Post) -> None:
        self.library = library
        self.state = TomographyState()
        self.session: TomographySession | None = None
        self._notice = ""
        self._levels: tuple[float, float] | None = None
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.draw, self.data = Lane(post), Lane(post)
        self.follower = SliceFollower(post, on_slice=self._sliced, on_failed=self._failed)
        self.source = ScanChooser(library, self.open)
        self.form = OptionForm(self.state.options, on_change=self._changed)
        self.toolbar = Toolbar(
            on_layout=self.set_layout, on_slice=self.show_row, on_action=self._act, downloads={}, layouts=LAYOUTS,
            has_sides=False,
        )  # fmt: skip
        self.axis = AxisBar(on_centre=self.move_axis, on_view=self.show_view, on_find=self.find)
        self.empty = EmptyState(library.scan_samples(), self._try_open, title=TITLE, text=INVITATION)
        self.recipe = RecipeDrawer(self._apply)
        self.views = TomographyViewports(
            draw=self.draw, on_centre=self.move_axis, on_row=self.show_row, on_view=self.show_view,
            on_slice=lambda step: self.show_row(self.row + step), on_error=self._failed,
        )  # fmt: skip

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        self.views.panel.visible = False
        middle = (self.toolbar.view.panel, self.axis.view.panel, self.empty.view.panel, self.views.panel)
        parts = {
            "header": self.recipe.view.panel,
            "left": pn.Column(self.source.view.panel, self.form.view.panel, **column),
            "main": pn.Column(*middle, sizing_mode="stretch_both", margin=0),
            "right": pn.Column(**column),
            "bottom": self.status.view.panel,
        }
        return frame("tomography", parts=parts, help_html=HELP)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else an invitation to open a scan."""
        self.state, problems = TomographyState.read(query)
        if problems:
            self._notice = f"Left out of the link: {'; '.join(problems)}"
            self.status.fail(self._notice)
        self.form.show(self.state.options)
        self.toolbar.view.put(layout=self.state.layout)
        if self.state.source:
            self._try_open(self.state.source)

    def close(self) -> None:
        """Stop the threads and remove uploads; jobs go on."""
        for each in (self.heavy, self.draw, self.data, self.follower):
            each.close()
        self.library.close()

    # ---- the scan

    @property
    def row(self) -> int:
        """The detector row of the slice."""
        if self.session is None:
            return 0
        row = self.session.middle_row if self.state.row is None else self.state.row
        return min(row, self.session.scan.rows - 1)

    @property
    def centre_px(self) -> float:
        """Where the axis is taken to fall."""
        assert self.session is not None
        return self.session.centre_of(self.state.options, None)

    def open(self, source: str) -> None:
        """Open a scan in the background; what is on screen stays until it is there."""
        unit = self.state.options.angle_unit
        self.status.busy(f"Opening {source.removeprefix('sample:')}")

        def work(progress: Any) -> TomographySession:
            scan = self.library.open_scan(source, angle_unit=None if unit == "auto" else unit, progress=progress)
            return TomographySession(scan)

        self.heavy.submit(work, lambda session: self._opened(source, session), self._not_opened, kind="open")

    def _try_open(self, source: str) -> None:
        try:
            self.open(source)
        except VitsciVizError as error:
            self._not_opened(error)

    def _opened(self, source: str, session: TomographySession) -> None:
        scan, is_other = session.scan, self.session is not None
        self.session, self._levels = session, None
        changes: dict[str, Any] = {"source": source}
        if is_other:
            changes |= {"row": None, "view": 0, "levels": None, "options": self.state.options.replace(centre="auto")}
        self.state = self.state.replace(**changes)
        self.form.show(self.state.options)
        self.source.show_scan(source, scan)
        self.empty.view.panel.visible, self.views.panel.visible = False, True
        self.toolbar.view.put(open=True, slices=scan.rows, slice=self.row)
        self.views.open(session, side=self._side())
        self.set_layout(self.state.layout)
        self.show_view(self.state.view)
        self.refresh()

    def _side(self) -> int:
        try:
            assert self.session is not None
            return self.session.engine(self.state.options, self.centre_px).side
        except VitsciVizError:
            return 1 if self.session is None else self.session.scan.columns

    def _not_opened(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; what was open stays")
            return
        words = self._words(error)
        self.source.fail(words)
        if self.session is None:
            self.empty.fail(words)
        self.status.fail(words)

    # ---- what is looked at

    def move_axis(self, centre_px: float, is_done: bool = True) -> None:
        """Put the axis elsewhere; the slice follows."""
        session = self.session
        if session is None:
            return
        last = session.scan.columns - 1
        value = round(min(max(centre_px, 0.0), float(last)), 3)
        self.state = self.state.replace(options=self.state.options.replace(centre=value))
        self._show_axis("by hand")
        self._ask(is_done=is_done)
        if is_done:
            self.form.show(self.state.options)
            self._remember()

    def show_row(self, row: int) -> None:
        """Make the slice of another detector row."""
        if self.session is None:
            return
        self.state = self.state.replace(row=min(max(0, row), self.session.scan.rows - 1))
        self._levels = None
        self.toolbar.view.put(slice=self.row)
        self.refresh()

    def show_view(self, view: int) -> None:
        """Show another projection."""
        session = self.session
        if session is None:
            return
        view = min(max(0, view), session.scan.views - 1)
        self.state = self.state.replace(view=view)
        angle = float(session.scan.geometry.angles_rad[view]) * 180 / 3.141592653589793
        self.axis.show_view(view, views=session.scan.views, angle_deg=angle)
        self._show_axis()

        def done(values: Any) -> None:
            if self.session is session and self.state.view == view:
                self.views.show_projection(values, view)
                self._remember()

        self.data.submit(lambda progress: session.projection(view), done, self._failed, kind="view", stop_running=False)

    def refresh(self) -> None:
        """Bring sinogram and slice up to the setting."""
        session, options, row = self.session, self.state.options, self.row
        if session is None:
            return
        centre = self.centre_px
        self._show_axis()
        self.status.busy(f"Reading row {row:,}")
        self.views.set_stale(True, "Correcting the sinogram")

        def done(found: Any) -> None:
            if self.session is not session or self.state.options != options or self.row != row:
                return
            lines, _ = found
            self.form.succeed()
            self.form.acknowledge()
            self.views.show_sinogram(lines, row)
            self.views.set_side(self._side())
            self._ask()
            self._remember()

        self.heavy.submit(lambda progress: session.lines(options, row, centre), done, self._failed, kind="lines")

    def _ask(self, *, is_done: bool = True) -> None:
        if self.session is not None:
            wanted = Wanted(
                session=self.session, options=self.state.options, row=self.row, centre_px=self.centre_px,
                pixels=self.views.pixels,
            )  # fmt: skip
            self.follower.ask(wanted, is_done=is_done)

    def _sliced(self, wanted: Wanted, found: TrialSlice, seconds: float) -> None:
        if wanted.session is not self.session:
            return
        if self._levels is None:
            self._levels = levels_of(found.values)
        self.views.set_stale(False, "preview" if found.is_preview else "")
        self.views.show_slice(found, self.state.levels or self._levels)
        if found.is_preview:
            return
        if self._notice:
            self.status.fail(self._notice)
            self._notice = ""
        else:
            self.status.idle(f"Slice of row {wanted.row:,} about {found.centre_px:,.2f} px in {1000 * seconds:,.0f} ms")

    def _show_axis(self, how: str = "") -> None:
        assert self.session is not None
        if not how:
            is_given = self.state.options.centre != "auto"
            known = self.session.scan.geometry.centre is not None
            how = "as given" if is_given else "from the file" if known else "middle of the detector"
        self.axis.show(self.centre_px, last=self.session.scan.columns - 1, how=how)
        self.views.place(centre_px=self.centre_px, row=self.row, view=self.state.view)

    # ---- options, layout, recipe

    def _changed(self, options: ReconstructOptions) -> None:
        self._notice = ""
        before, self.state = self.state.options, self.state.replace(options=options)
        if self.session is None:
            self.form.acknowledge()
            self._remember()
            return
        if before.replace(centre=options.centre) != options:
            self._levels = None
        self.refresh()

    def set_layout(self, layout: TomographyLayout) -> None:
        """Show another layout of the same scan."""
        self.state = self.state.replace(layout=layout)
        self.toolbar.view.put(layout=layout)
        self.views.arrange(layout)
        self._remember()

    def find(self) -> None:
        """Find the axis from the data."""

    def _act(self, action: str) -> None:
        if action == "fit":
            self.views.fit()

    def _apply(self, content: Mapping[str, Any]) -> None:
        raise InputError("recipes are not read yet")

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        self.toolbar.view.put(query=self.state.to_query())

    # ---- what goes wrong

    def _cancel(self) -> None:
        self.heavy.cancel()
        self.status.stopping()

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        self.views.set_stale(False)
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last slice stays")
            return
        if isinstance(error, OptionError):
            self.form.fail(self._words(error))
        self.status.fail(self._words(error))

    def _words(self, error: Exception) -> str:
        """Say an error in words that name no folder of the server."""
        return self.library.shortened(words_of(error))
