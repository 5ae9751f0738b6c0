"""The Tomography page: open a scan, put the axis in its place, judge the slice, reconstruct everything."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from vitsci_viz.errors import Cancelled, InputError, OptionError
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import UPLOAD_PREFIX, Library
from vitsci_viz.views.panel_app.recipe import RecipeDrawer
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.tomography_axis import AxisBar
from vitsci_viz.views.panel_app.tomography_downloads import TOMOGRAPHY_DOWNLOADS, Shown, hand_over
from vitsci_viz.views.panel_app.tomography_results import Setting, TomographyResults
from vitsci_viz.views.panel_app.tomography_scans import ScanDesk
from vitsci_viz.views.panel_app.tomography_side import TomographySide
from vitsci_viz.views.panel_app.tomography_slices import SliceDesk
from vitsci_viz.views.panel_app.tomography_viewports import TomographyViewports
from vitsci_viz.views.panel_app.tomography_words import HELP, LAYOUTS
from vitsci_viz.views.panel_app.toolbar import Toolbar
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.tomography import TomographySession
from vitsci_viz.views.session.tomography_follow import Wanted
from vitsci_viz.views.session.tomography_judge import AxisChoice
from vitsci_viz.views.session.tomography_runs import angles_in, name_for, options_in, volume_recipe
from vitsci_viz.views.session.tomography_state import TomographyLayout, TomographyState
from vitsci_viz.views.session.volume_state import VolumeState
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
        self.library, self._post = library, post
        self.state = TomographyState()
        self.session: TomographySession | None = None
        self._found: AxisChoice | None = None
        self._notice = ""
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.draw, self.data = Lane(post), Lane(post)
        self._build()

    def _build(self) -> None:
        library, post = self.library, self._post
        self.form = OptionForm(self.state.options, on_change=self._changed)
        self.toolbar = Toolbar(
            on_layout=self.set_layout, on_slice=self.show_row, on_action=self._act, layouts=LAYOUTS, has_sides=False,
            downloads={name: title for name, (title, _) in TOMOGRAPHY_DOWNLOADS.items()},
        )  # fmt: skip
        self.axis = AxisBar(on_centre=self.move_axis, on_view=self.show_view, on_find=self.find)
        self.scans = ScanDesk(
            library, self.heavy, self.status, unit=lambda: self.state.options.angle_unit, on_opened=self._opened,
            on_angles=self._take_angles, words=self._words,
        )  # fmt: skip
        self.empty = self.scans.empty
        self.recipe = RecipeDrawer(self._apply)
        self.views = TomographyViewports(
            draw=self.draw, on_centre=self.move_axis, on_row=self.show_row, on_view=self.show_view,
            on_slice=lambda step: self.show_row(self.row + step), on_error=self._failed,
        )  # fmt: skip
        self.side = TomographySide(
            post, on_take=self.move_axis, on_span=self._take_span, on_failed=self._failed, words=self._words
        )
        self.slices = SliceDesk(post, self.views, self.side, on_rest=self._rested, on_failed=self._failed)
        self.results = TomographyResults(
            library, post, self.status, setting=self._setting, on_show=lambda: self.set_layout("volume"),
            on_watch=self._watched, on_state=self._volume_moved,
        )  # fmt: skip

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        self.views.panel.visible = self.results.volume.panel.visible = self.results.volume.side.visible = False
        views = (self.empty.view.panel, self.views.panel, self.results.volume.panel)
        self._slice_side = pn.Column(*self.side.panels, **column)
        parts = {
            "header": self.recipe.view.panel,
            "left": pn.Column(*self.scans.panels, self.form.view.panel, **column),
            "main": pn.Column(
                self.toolbar.view.panel, self.axis.view.panel, *views, sizing_mode="stretch_both", margin=0
            ),
            "right": pn.Column(self.results.jobs.view.panel, self._slice_side, self.results.volume.side, **column),
            "bottom": self.status.view.panel,
        }
        self._arrange()
        return frame("tomography", parts=parts, help_html=HELP)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else an invitation to open a scan."""
        self.state, problems = TomographyState.read(query)
        if problems:
            self._notice = f"Left out of the link: {'; '.join(problems)}"
            self.status.fail(self._notice)
        self.form.show(self.state.options)
        self.toolbar.view.put(layout=self.state.layout)
        self.results.start(self.state.run, self.state.volume if self.state.layout == "volume" else None)
        if self.state.source:
            self.scans.try_open(self.state.source, self.state.angles)

    def close(self) -> None:
        """Stop the threads and remove uploads; jobs go on."""
        for each in (self.heavy, self.draw, self.data, self.slices, self.side, self.results):
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
        return self.session.centre_of(self.state.options, None if self._found is None else self._found.centre_px)

    def _opened(self, source: str, angles: str, session: TomographySession) -> None:
        is_other = self.session is not None and self.state.source != source
        self.session, self._found = session, None
        self.state = self.state.replace(source=source, angles=angles)
        if is_other:
            options = self.state.options.replace(centre="auto", rows=None)
            self.state = self.state.replace(row=None, view=0, levels=None, options=options)
        self.form.show(self.state.options)
        self.side.clear()
        self.slices.open(session, self.state.levels)
        self.views.open(session, side=session.side_of(self.state.options, self.centre_px))
        self.set_layout("slice" if self.state.layout == "volume" and is_other else self.state.layout)
        self.show_view(self.state.view)
        self.refresh()
        if self.state.options.centre == "auto" and session.scan.geometry.centre is None:
            self.find()

    def _take_angles(self, text: str, unit: str) -> None:
        """Open the scan that was asked for last once more, with the angles that the user names."""
        options = self.state.options.replace(angle_unit=unit)
        self.state = self.state.replace(options=options)
        self.form.show(options)
        self.scans.try_open(self.scans.asked, text)

    # ---- what is looked at

    def move_axis(self, centre_px: float, is_done: bool = True) -> None:
        """Put the axis elsewhere; the slice follows."""
        if self.session is None:
            return
        self._notice = ""
        value = round(min(max(centre_px, 0.0), self.session.scan.columns - 1.0), 3)
        self.state = self.state.replace(options=self.state.options.replace(centre=value))
        self._show_axis()
        self._ask(is_done=is_done)
        if is_done:
            self.form.show(self.state.options)
            self.results.offer()
            self._remember()
        else:
            self.status.idle(f"Axis at {value:,.2f} px")

    def show_row(self, row: int) -> None:
        """Make the slice of another detector row."""
        if self.session is None:
            return
        self.state = self.state.replace(row=min(max(0, row), self.session.scan.rows - 1))
        self.toolbar.view.put(slice=self.row)
        self.refresh()

    def show_view(self, view: int) -> None:
        """Show another projection."""
        session = self.session
        if session is None:
            return
        view = min(max(0, view), session.scan.views - 1)
        self.state = self.state.replace(view=view)
        angle = math.degrees(float(session.scan.geometry.angles_rad[view]))
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
            self.form.succeed()
            self.form.acknowledge()
            self.views.show_sinogram(found[0], row)
            self.views.set_side(session.side_of(options, self.centre_px))
            self._ask()
            self.results.offer()
            self._remember()

        self.heavy.submit(lambda progress: session.lines(options, row, centre), done, self._failed, kind="lines")

    def _ask(self, *, is_done: bool = True) -> None:
        if self.session is None or self.state.layout == "volume":
            return
        wanted = Wanted(
            session=self.session, options=self.state.options, row=self.row, centre_px=self.centre_px,
            pixels=self.views.pixels,
        )  # fmt: skip
        self.slices.ask(wanted, is_compared=self.state.layout == "compare", is_done=is_done)

    def _rested(self, said: str) -> None:
        """Say what was drawn; what was wrong with the link stands there until the user does something."""
        if self._notice:
            self.status.fail(self._notice)
        else:
            self.status.idle(said)

    def _take_span(self, span: Span, is_done: bool) -> None:
        self.state = self.state.replace(levels=span)
        self.slices.choose(span)
        if is_done:
            self.side.histogram.show_span(span)
            self._remember()

    def _show_axis(self) -> None:
        assert self.session is not None
        known, found = self.session.scan.geometry.centre is not None, self._found
        if self.state.options.centre != "auto":
            how = "as set"
        elif found is not None:
            how = f"found, {100 * found.confidence:.0f} % agree"
        else:
            how = "from the file" if known else "middle of the detector"
        self.axis.show(self.centre_px, last=self.session.scan.columns - 1, how=how)
        self.views.place(centre_px=self.centre_px, row=self.row, view=self.state.view)

    def find(self) -> None:
        """Find the axis from the data; what was set by hand stays until a candidate is taken."""
        session = self.session
        if session is not None:
            self.axis.set_finding(True)
            self.side.find(session, self.state.options, self.row, lambda found: self._found_axis(session, found))

    def _found_axis(self, session: TomographySession, found: Sequence[AxisChoice]) -> None:
        if self.session is not session:
            return
        self.axis.set_finding(False)
        if found:
            self._found = found[0]
        self._show_axis()
        self.side.choices.mark(self.centre_px)
        if found and self.state.options.centre == "auto":
            self.slices.renew()  # shades that suit a slice about a wrong axis are too wide
            self._ask()

    # ---- options, layout, downloads

    def _changed(self, options: ReconstructOptions) -> None:
        self._notice = ""
        before, self.state = self.state.options, self.state.replace(options=options)
        is_read_anew = before.angle_unit != options.angle_unit and bool(self.scans.asked)
        if self.session is None or is_read_anew:
            self.form.acknowledge()
            self._remember()
            if is_read_anew:
                self.scans.again()
            return
        if before.replace(centre=options.centre) != options:
            self.slices.renew()
        self.refresh()

    def set_layout(self, layout: TomographyLayout) -> None:
        """Show another layout."""
        before, self.state = self.state.layout, self.state.replace(layout=layout)
        self._arrange()
        if layout == "volume":
            self.results.volume.set_layout(self.results.volume.state.layout)
        elif layout != before and self.session is not None:
            self._ask()
        self._remember()

    def _arrange(self) -> None:
        layout, session = self.state.layout, self.session
        is_volume = layout == "volume"
        rows = 1 if session is None or is_volume else session.scan.rows
        is_open = session is not None or is_volume
        self.toolbar.view.put(layout=layout, open=is_open, slices=rows, slice=self.row, bare=is_volume)
        self.axis.view.panel.visible = not is_volume
        self.empty.view.panel.visible = session is None and not is_volume
        self.views.panel.visible = session is not None and not is_volume
        self._slice_side.visible = not is_volume
        self.results.volume.panel.visible = self.results.volume.side.visible = is_volume
        if not is_volume:
            self.views.arrange(layout)

    def _act(self, action: str) -> None:
        if action == "fit":
            self.views.fit()
        elif action == "recipe" and self.session is not None:
            volume = f"{name_for(self.state.source)[:-12]}.ome.zarr"
            self.recipe.open(volume_recipe(self._scan_name(), self.state.options, volume, angles=self.state.angles))
        elif action in TOMOGRAPHY_DOWNLOADS and self.session is not None:
            self._download(action, self.session)

    def _download(self, name: str, session: TomographySession) -> None:
        shown = Shown(
            session=session, options=self.state.options, row=self.row, centre_px=self.centre_px, span=self.slices.span,
            quality=self.side.quality,
        )  # fmt: skip
        hand_over(name, shown, lane=self.heavy, toolbar=self.toolbar, status=self.status, failed=self._failed)

    # ---- recipe, jobs, volumes

    def _scan_name(self) -> str:
        return self.state.source.removeprefix(UPLOAD_PREFIX)

    def _apply(self, content: Mapping[str, Any]) -> None:
        options, scan = options_in(content)
        source = self.library.source_of(scan)
        self.form.show(options)
        self._changed(options)
        angles = self.library.source_of(angles_in(content))
        if source and (source, angles) != (self._scan_name(), self.state.angles):
            self.scans.try_open(source, angles)

    def _setting(self) -> Setting | None:
        if self.session is None:
            return None
        return Setting(
            session=self.session, source=self.state.source, options=self.state.options, centre_px=self.centre_px,
            angles=self.state.angles, refused=tuple(self.form.refused.values()),
        )  # fmt: skip

    def _volume_moved(self, state: VolumeState) -> None:
        self.state = self.state.replace(volume=state)
        self._remember()

    def _watched(self, name: str) -> None:
        self.state = self.state.replace(run=name)
        self._remember()

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        self.toolbar.view.put(query=self.state.to_query())

    # ---- what goes wrong

    def _cancel(self) -> None:
        self.heavy.cancel()
        self.side.cancel()
        self.results.volume.cancel()
        self.status.stopping()

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        self.views.set_stale(False)
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last slice stays")
            return
        words = self._words(error)
        if isinstance(error, OptionError | InputError):
            self.form.fail(words)
        self.status.fail(words)

    def _words(self, error: Exception) -> str:
        """Say an error in words that name no folder of the server."""
        return self.library.shortened(words_of(error))
