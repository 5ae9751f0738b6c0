"""The Patch page: choose an image, move the options, see the tree follow and what it saves and loses."""

from collections.abc import Mapping
from typing import Any

from vitsci_viz.errors import Cancelled, OptionError, VitsciVizError
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.views.panel_app.downloads import DOWNLOADS, File
from vitsci_viz.views.panel_app.empty import EmptyState
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.pareto import ParetoPanel
from vitsci_viz.views.panel_app.plots import LengthPlot, curve_behind
from vitsci_viz.views.panel_app.readings import ReadingsPanel
from vitsci_viz.views.panel_app.recipe import RecipeDrawer, options_in, recipe_of
from vitsci_viz.views.panel_app.shots import Answer, Shot, answer_of
from vitsci_viz.views.panel_app.sources import Role, SourceChooser
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.toolbar import Layout, Toolbar
from vitsci_viz.views.panel_app.viewports import Viewports
from vitsci_viz.views.panel_app.warmup import is_preparing
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import ViewState


class PatchPage:
    """Everything of one browser tab: parts, the open image, the settings, and the threads that work for it.

    Parameters
    ----------
    library : Library
        What may be opened.
    post : callable
        Runs a function on the document thread.
    """

    def __init__(self, library: Library, post: Post) -> None:
        self.library = library
        self.state = ViewState()
        self.session: PatchSession | None = None
        self.layout: Layout = "overlay"
        self.side = "A"
        self._notice = ""
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.sweeps = Lane(post, on_progress=self.status.progress)
        self.draw, self.follow = Lane(post), Lane(post)
        presets = {name: PatchOptions.preset(name) for name in PRESETS}
        self.form = OptionForm(self.state.options, on_change=self._changed, presets=presets)
        self.source = SourceChooser(library, self._choose)
        self.toolbar = Toolbar(
            on_layout=self.set_layout,
            on_slice=self.show_slice,
            on_action=self._act,
            downloads={name: title for name, (title, _) in DOWNLOADS.items()},
        )
        self.readings, self.plot = ReadingsPanel(), LengthPlot()
        self.recipe = RecipeDrawer(self._apply)
        self.empty = EmptyState(library.samples(), self.open)
        self.pareto = ParetoPanel(on_run=self._sweep, on_take=self.take)
        self.views = Viewports(
            draw=self.draw,
            follow=self.follow,
            on_move=lambda: post(self._remember),
            on_slice=lambda step: self.show_slice((self.state.slice_index or 0) + step),
            on_error=self._failed,
        )

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        plot = pn.pane.Bokeh(self.plot.figure, sizing_mode="stretch_width", margin=(0, 4, 8, 8))
        middle = (self.toolbar.view.panel, self.empty.view.panel, self.views.panel, self.pareto.panel)
        forms = (self.source.view.panel, self.form.view.panel, self.pareto.form.view.panel)
        self.pareto.form.view.panel.visible = False
        self.views.panel.visible = bool(self.state.source)
        self.empty.view.panel.visible = not self.state.source
        parts = {
            "header": self.recipe.view.panel,
            "left": pn.Column(*forms, **column),
            "main": pn.Column(*middle, sizing_mode="stretch_both", margin=0),
            "right": pn.Column(self.readings.view.panel, plot, **column),
            "bottom": self.status.view.panel,
        }
        return frame("patch", parts=parts)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else a sample, else an invitation to open something."""
        state, problems = ViewState.read(query)
        if problems:
            self._notice = f"Left out of the link: {'; '.join(problems)}"
        if not state.source and sample:
            state = state.replace(source=sample)
        self.state = state
        self.form.show(state.options)
        if state.compare is not None:
            self.set_layout("compare")
        if state.source:
            self.open(state.source, state.mask, state=state)

    def close(self) -> None:
        """Stop the threads and remove uploads."""
        for lane in (self.heavy, self.sweeps, self.draw, self.follow):
            lane.close()
        self.library.close()

    # ---- the image

    def open(self, source: str, mask: str | None = None, *, state: ViewState | None = None) -> None:
        """Open an image in the background; the last picture stays until the new one is there."""
        wanted = state or self.state.replace(source=source, mask=mask, window=None, slice_index=None)
        self.status.busy(f"Opening {source}")

        def work(progress: Any) -> PatchSession:
            session = PatchSession(*self.library.open(source, mask, progress=progress))
            _ = session.contrast  # read now, so that the first picture comes at once
            return session

        self.heavy.submit(work, lambda session: self._opened(session, wanted), self._not_opened, kind="open")

    def _opened(self, session: PatchSession, state: ViewState) -> None:
        self.session = session
        index = None
        if session.is_volume:
            middle = session.slices // 2
            index = middle if state.slice_index is None else min(state.slice_index, session.slices - 1)
        self.state = state.replace(slice_index=index)
        self.source.show(state.source, session.image, session.mask, state.mask)
        self.toolbar.view.put(open=True, slices=session.slices, slice=index or 0)
        self.empty.view.panel.visible = False
        self.form.show(self._edited)
        self.pareto.clear()
        self.sweeps.cancel()
        self.views.open(self._shot(session), window=state.window)
        self._arrange()
        self.refresh()

    def _not_opened(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last image stays")
            return
        self.source.fail(words_of(error))
        self.status.fail(words_of(error))
        if self.session is None:
            self.empty.fail(words_of(error))
            self.empty.view.panel.visible, self.views.panel.visible = True, False

    def _choose(self, role: Role, source: str) -> None:
        if role == "image":
            self.open(source)
        elif not self.state.source:
            raise OptionError("a mask needs an image beside it: open the image first")
        else:
            self.open(self.state.source, source, state=self.state.replace(mask=source))

    # ---- the setting

    @property
    def _edited(self) -> PatchOptions:
        """The setting that the form shows and changes."""
        return self.state.compare if self.side == "B" and self.state.compare else self.state.options

    def take(self, options: PatchOptions) -> None:
        """Take a setting over, as if it had been typed into the form."""
        self.form.show(options)
        self._changed(options)

    def _changed(self, options: PatchOptions) -> None:
        is_second = self.side == "B" and self.state.compare is not None
        self._notice = ""
        self.state = self.state.replace(**{"compare" if is_second else "options": options})
        self.pareto.mark(self.state.options)
        if self.session is None:
            self.form.acknowledge()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Bring tree, readings and plots up to the options; pixels are touched only if they must be."""
        if self.session is None:
            return
        session, shot = self.session, self._shot(self.session)
        try:
            is_ready = all(session.is_ready(options) for options in shot.settings)
        except VitsciVizError as error:
            self._failed(error)
            return
        if is_ready:
            self.views.show(shot)
            self.draw.submit(
                lambda progress: answer_of(shot),
                lambda answer: self._answered(shot, answer),
                self._failed,
                kind="answer",
                stop_running=False,
            )
            return
        self.readings.set_stale()
        doing = "Finding detail" + (" (first start: preparing)" if is_preparing() else "")
        self.views.set_stale(True, doing)
        self.status.busy(doing)

        def work(progress: Any) -> None:
            for options in shot.settings:
                session.pyramid(options, progress=progress)

        self.heavy.submit(work, lambda _: self.refresh(), self._failed, kind="detail")

    def _answered(self, shot: Shot, answer: Answer) -> None:
        if shot.session is not self.session:
            return
        self.views.set_stale(False)
        self.readings.show(
            answer.readings,
            min_sizes=answer.min_sizes,
            histogram=answer.histogram,
            colours=answer.colours,
            note=f"Readings are of the first of {shot.options.forest} trees." if shot.options.forest > 1 else "",
        )
        for name, hint in answer.guidance.hints.items():
            self.form.guide(name, hint=hint)
        for name, span in answer.guidance.spans.items():
            behind = curve_behind(answer.curve, span.high) if name == "split_value" else {}
            plain = {"lo": span.low, "hi": span.high, "log": span.is_log, "integer": span.is_integer}
            self.form.guide(name, span={**plain, **behind})
        self.plot.show(answer.curve, answer.points, key=id(answer.curve))
        self.form.succeed()
        self.form.acknowledge()
        self._remember()
        if self.heavy.is_busy or self.sweeps.is_busy:
            return
        if self._notice:
            self.status.fail(self._notice)
        else:
            self.status.idle(f"{answer.readings[0].tokens:,} tokens, known in {1000 * answer.seconds:.0f} ms")
        if not all(shot.session.is_fidelity_ready(options) for options in shot.settings):
            self._measure(shot)

    def _measure(self, shot: Shot) -> None:
        """Find what tokens keep: reads the whole image once, then every setting is a look-up."""
        self.status.busy("Measuring what tokens keep")

        def work(progress: Any) -> None:
            for options in shot.settings:
                shot.session.prepare_fidelity(options, progress=progress)

        self.heavy.submit(work, lambda _: self.refresh(), self._failed, kind="fidelity")

    # ---- layout, slice, downloads, sweep

    def set_layout(self, layout: Layout) -> None:
        """Show another layout of the same image."""
        self.layout = layout
        compare = (self.state.compare or self.state.options) if layout == "compare" else None
        self.side = "B" if layout == "compare" else "A"
        self.state = self.state.replace(compare=compare)
        self.toolbar.view.put(layout=layout, side=self.side)
        self.form.show(self._edited)
        self._arrange()
        self.refresh()

    def _arrange(self) -> None:
        is_pareto = self.layout == "pareto"
        if is_pareto and not self.pareto.panel.visible:
            self.pareto.adopt(self.state.options)
        self.pareto.panel.visible = self.pareto.form.view.panel.visible = is_pareto
        self.views.panel.visible = not is_pareto and self.session is not None
        self.form.view.panel.visible = not is_pareto
        self.views.arrange(self.layout)

    def show_slice(self, index: int) -> None:
        """Show another slice of a volume."""
        if self.session is None or not self.session.is_volume:
            return
        self.state = self.state.replace(slice_index=min(max(0, index), self.session.slices - 1))
        self.toolbar.view.put(slice=self.state.slice_index)
        self.views.show(self._shot(self.session))
        self._remember()

    def _act(self, action: str) -> None:
        if self.session is None:
            return
        if action == "fit":
            self.views.fit()
        elif action == "recipe":
            self.recipe.open(recipe_of(self.state))
        elif action in ("side-A", "side-B"):
            self.side = action[-1]
            self.toolbar.view.put(side=self.side)
            self.form.show(self._edited)
            self.refresh()
        elif action in DOWNLOADS:
            self._download(self.session, action)

    def _download(self, session: PatchSession, name: str) -> None:
        title, make = DOWNLOADS[name]
        options = self.state.options
        self.status.busy(f"Making the {title}")

        def done(file: File) -> None:
            for piece in file.pieces():
                self.toolbar.view.send(**piece)
            self.status.idle(f"{file.name} saved")

        self.heavy.submit(lambda progress: make(session, options, progress), done, self._failed, kind="download")

    def _sweep(self) -> None:
        from vitsci_viz.views.charts.front import load_holoviews
        from vitsci_viz.workflows.settings import sweep_grid
        from vitsci_viz.workflows.sweep import sweep_settings

        session, options = self.session, self.pareto.form.options
        if session is None:
            return
        settings = sweep_grid(options, session.shape)
        self.pareto.set_running(True)
        self.status.busy(f"Trying {len(settings):,} settings")

        def work(progress: Any) -> Any:
            has_ssim = options.quality == "full"
            rows = sweep_settings(session.image, session.mask, settings, has_ssim=has_ssim, progress=progress)
            load_holoviews()  # takes a second: here, where the page does not wait
            return rows

        def done(rows: Any) -> None:
            if session is self.session:
                self.pareto.show(rows, self.state.options)
                self.status.idle(f"{len(rows):,} settings tried; click one to take it over")

        def failed(error: Exception) -> None:
            self.pareto.set_running(False)
            self._failed(error)

        self.sweeps.submit(work, done, failed, kind="sweep")

    # ---- recipe and link

    def _apply(self, content: Mapping[str, Any]) -> None:
        options, source, mask = options_in(content)
        is_same = source in ("", recipe_of(self.state).inputs["image"])
        self.take(options)
        if not is_same:
            self.open(source, mask)

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        self.state = self.state.replace(window=self.views.window)
        self.toolbar.view.put(query=self.state.to_query())

    # ---- what goes wrong

    def _cancel(self) -> None:
        for lane in (self.heavy, self.follow, self.sweeps):
            lane.cancel()
        self.status.stopping()

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        self.views.set_stale(False)
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last result stays")
            return
        if isinstance(error, OptionError):
            self.form.fail(words_of(error))
        self.status.fail(words_of(error))

    def _shot(self, session: PatchSession) -> Shot:
        return Shot(session, self.state.options, self.state.compare, self.state.slice_index, self._edited)
