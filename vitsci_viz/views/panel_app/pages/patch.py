"""The Patch page: choose an image, move the options, see the tree follow and what it saves and loses."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vitsci_viz.errors import Cancelled, OptionError, VitsciVizError
from vitsci_viz.params import fields_of
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.types import Recipe
from vitsci_viz.views.panel_app.downloads import DOWNLOADS, File
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import UPLOAD_PREFIX, Library
from vitsci_viz.views.panel_app.plots import LengthPlot, curve_behind
from vitsci_viz.views.panel_app.readings import ReadingsPanel
from vitsci_viz.views.panel_app.recipe import RecipeDrawer
from vitsci_viz.views.panel_app.sources import Role, SourceChooser
from vitsci_viz.views.panel_app.status import StatusLine
from vitsci_viz.views.panel_app.tasks import Lane, Post
from vitsci_viz.views.panel_app.toolbar import Layout, Toolbar
from vitsci_viz.views.panel_app.viewports import Shot, Viewports
from vitsci_viz.views.session.guidance import Guidance, guidance
from vitsci_viz.views.session.palettes import level_names
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import ViewState


@dataclass(frozen=True)
class _Answer:
    """What is known of a setting beside the picture."""

    readings: tuple[Any, ...]
    min_sizes: tuple[tuple[int, ...], ...]
    histogram: Any
    colours: tuple[str, ...]
    guidance: Guidance
    curve: Any
    seconds: float


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
        self.side = "A"
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.busy)
        self.draw, self.follow = Lane(post), Lane(post)
        presets = {name: PatchOptions.preset(name) for name in PRESETS}
        self.form = OptionForm(self.state.options, on_change=self._changed, presets=presets)
        self.source = SourceChooser(library, self._choose)
        self.toolbar = Toolbar(
            on_layout=self.set_layout,
            on_slice=self._slice,
            on_action=self._act,
            downloads={name: title for name, (title, _) in DOWNLOADS.items()},
        )
        self.readings, self.plot = ReadingsPanel(), LengthPlot()
        self.recipe = RecipeDrawer(self._apply)
        self.views = Viewports(
            draw=self.draw, follow=self.follow, on_move=self._remember, on_slice=self._step, on_error=self._failed
        )

    # ---- parts

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        plot = pn.pane.Bokeh(self.plot.figure, sizing_mode="stretch_width", margin=(0, 12, 12, 8))
        parts = {
            "header": self.recipe.view.panel,
            "left": pn.Column(self.source.view.panel, self.form.view.panel, **column),
            "main": pn.Column(self.toolbar.view.panel, self.views.panel, sizing_mode="stretch_both", margin=0),
            "right": pn.Column(self.readings.view.panel, plot, **column),
            "bottom": self.status.view.panel,
        }
        return frame("patch", parts=parts)

    def close(self) -> None:
        """Stop the threads and remove uploads."""
        for lane in (self.heavy, self.draw, self.follow):
            lane.close()
        self.library.close()

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else a sample, else an invitation to open something."""
        try:
            state = ViewState.from_query(query)
        except VitsciVizError as error:
            state = ViewState()
            self.status.fail(str(error))
        if not state.source and sample:
            state = state.replace(source=sample)
        self.state = state
        self.form.show(state.options)
        if state.compare is not None:
            self.set_layout("compare")
        if state.source:
            self.open(state.source, state.mask, state=state)

    # ---- the image

    def open(self, source: str, mask: str | None = None, *, state: ViewState | None = None) -> None:
        """Open an image in the background; the last picture stays until the new one is there."""
        wanted = state or self.state.replace(source=source, mask=mask, window=None, slice_index=None)
        self.status.busy(f"Opening {source}")

        def work(progress: Any) -> PatchSession:
            session = PatchSession(*self.library.open(source, mask))
            _ = session.contrast
            return session

        self.heavy.submit(work, lambda session: self._opened(session, wanted), self._not_opened, kind="open")

    def _opened(self, session: PatchSession, state: ViewState) -> None:
        self.session = session
        middle = session.slices // 2 if session.is_volume else None
        index = middle if state.slice_index is None or middle is None else min(state.slice_index, session.slices - 1)
        self.state = state.replace(slice_index=index)
        self.source.show(state.source, session.image, session.mask, state.mask)
        self.toolbar.view.put(open=True, slices=session.slices, slice=index or 0)
        self.form.show(self._edited)
        self.views.open(self._shot(), window=state.window)
        self.refresh()

    def _not_opened(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled")
            return
        self.source.fail(_words(error))
        self.status.fail(_words(error))

    def _choose(self, role: Role, source: str) -> None:
        if role == "mask":
            if not self.state.source:
                raise OptionError("a mask needs an image beside it: open the image first")
            self.open(self.state.source, source, state=self.state.replace(mask=source))
        else:
            self.open(source)

    # ---- the setting

    @property
    def _edited(self) -> PatchOptions:
        return self.state.compare if self.side == "B" and self.state.compare else self.state.options

    def _changed(self, options: PatchOptions) -> None:
        if self.side == "B" and self.state.compare is not None:
            self.state = self.state.replace(compare=options)
        else:
            self.state = self.state.replace(options=options)
        if self.session is None:
            self.form.acknowledge()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Bring tree, readings and plots up to the options; pixels are touched only if they must be."""
        session, shot = self.session, self._shot()
        if session is None:
            return
        settings = [shot.options, *([shot.compare] if shot.compare else [])]
        try:
            is_ready = all(session.is_ready(options) for options in settings)
        except VitsciVizError as error:
            self._failed(error)
            return
        if is_ready:
            self._answer(shot)
            return
        self.readings.set_stale()
        self.views.set_stale(True, "Finding detail")
        self.status.busy("Finding detail")

        def work(progress: Any) -> None:
            for options in settings:
                session.pyramid(options, progress=progress)

        self.heavy.submit(work, lambda _: self._is_current(shot) and self.refresh(), self._failed, kind="detail")

    def _answer(self, shot: Shot) -> None:
        self.views.show(shot)
        self.draw.submit(
            lambda progress: answer_of(shot),
            lambda answer: self._show_answer(shot, answer),
            self._failed,
            kind="answer",
            stop_running=False,
        )

    def _show_answer(self, shot: Shot, answer: _Answer) -> None:
        if not self._is_current(shot):
            return
        self.views.set_stale(False)
        note = ""
        if shot.options.forest > 1:
            note = f"Readings are of the first of {shot.options.forest} trees."
        self.readings.show(
            answer.readings, min_sizes=answer.min_sizes, histogram=answer.histogram, colours=answer.colours, note=note
        )
        self._guide(shot, answer)
        self.form.succeed()
        self.form.acknowledge()
        self._remember()
        first = answer.readings[0]
        if not self.heavy.is_busy:
            self.status.idle(f"{first.tokens:,} tokens in {1000 * answer.seconds:.0f} ms")
        if not shot.session.is_fidelity_ready:
            self._measure(shot)

    def _guide(self, shot: Shot, answer: _Answer) -> None:
        for name, hint in answer.guidance.hints.items():
            self.form.guide(name, hint=hint)
        for name, span in answer.guidance.spans.items():
            plain = {"lo": span.low, "hi": span.high, "log": span.is_log, "integer": span.is_integer}
            behind = curve_behind(answer.curve, span.high) if name == "split_value" else {}
            self.form.guide(name, span={**plain, **behind})
        points = [
            (reading.split_value or answer.curve.split_value_for(reading.tokens), reading.tokens)
            for reading in answer.readings
        ]
        self.plot.show(answer.curve, points, key=id(answer.curve))

    def _measure(self, shot: Shot) -> None:
        """Find what tokens keep: reads the whole image once, then every setting is a look-up."""
        if self.heavy.is_busy:
            return
        self.status.busy("Measuring what tokens keep")
        self.heavy.submit(
            lambda progress: shot.session.prepare_fidelity(progress=progress),
            lambda _: self._is_current(shot) and self.refresh(),
            self._failed,
            kind="fidelity",
        )

    # ---- layout, slice, downloads

    def set_layout(self, layout: Layout) -> None:
        """Show another layout of the same image."""
        compare = (self.state.compare or self.state.options) if layout == "compare" else None
        self.side = "B" if layout == "compare" else "A"
        self.state = self.state.replace(compare=compare)
        self.toolbar.view.put(layout=layout, side=self.side)
        self.form.show(self._edited)
        self.views.arrange(layout)
        self.refresh()

    def _slice(self, index: int) -> None:
        if self.session is None or not self.session.is_volume:
            return
        self.state = self.state.replace(slice_index=min(max(0, index), self.session.slices - 1))
        self.toolbar.view.put(slice=self.state.slice_index)
        self.views.show(self._shot())
        self._remember()

    def _step(self, step: int) -> None:
        self._slice((self.state.slice_index or 0) + step)

    def _act(self, action: str) -> None:
        if self.session is None:
            return
        if action == "fit":
            self.views.fit()
        elif action == "recipe":
            self.recipe.open(self.current_recipe())
        elif action in ("side-A", "side-B"):
            self.side = action[-1]
            self.toolbar.view.put(side=self.side)
            self.form.show(self._edited)
        elif action in DOWNLOADS:
            self._download(action)

    def _download(self, name: str) -> None:
        title, make = DOWNLOADS[name]
        session, options = self.session, self.state.options
        assert session is not None
        self.status.busy(f"Making the {title}")

        def done(file: File) -> None:
            for piece in file.pieces():
                self.toolbar.view.send(**piece)
            self.status.idle(f"{file.name} saved")

        self.heavy.submit(lambda progress: make(session, options, progress), done, self._failed, kind="download")

    # ---- recipe and link

    def current_recipe(self) -> Recipe:
        """Return what is on screen as a recipe."""
        inputs = {"image": self.state.source.removeprefix(UPLOAD_PREFIX)}
        if self.state.mask:
            inputs["mask"] = self.state.mask.removeprefix(UPLOAD_PREFIX)
        return Recipe(workflow="patch", inputs=inputs, options=self.state.options.to_mapping())

    def _apply(self, content: Mapping[str, Any]) -> None:
        from vitsci_viz.workflows.catalogue import parse_recipe

        recipe = parse_recipe(content)
        if recipe.workflow != "patch":
            raise OptionError(f"this page shows the workflow patch, got {recipe.workflow}: run it with vitsci-viz run")
        names = {field.name for field in fields_of(PatchOptions)}
        options = PatchOptions(**{name: value for name, value in recipe.options.items() if name in names})
        given = content.get("inputs") or {}
        self.state = self.state.replace(options=options)
        self.form.show(self._edited)
        source, mask = str(given.get("image", "")), given.get("mask")
        if source and source != self.current_recipe().inputs["image"]:
            self.open(source, mask)
        else:
            self.refresh()

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        self.state = self.state.replace(window=self.views.window)
        self.toolbar.view.put(query=self.state.to_query())

    # ---- what goes wrong

    def _cancel(self) -> None:
        for lane in (self.heavy, self.follow):
            lane.cancel()

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        self.views.set_stale(False)
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last result stays")
            return
        words = _words(error)
        if isinstance(error, OptionError):
            self.form.fail(words)
        self.status.fail(words)

    def _shot(self) -> Shot:
        assert self.session is not None or True
        return Shot(self.session, self.state.options, self.state.compare, self.state.slice_index)  # type: ignore[arg-type]

    def _is_current(self, shot: Shot) -> bool:
        return shot.session is self.session


def answer_of(shot: Shot) -> _Answer:
    """Compute what is shown beside the picture; look-ups only, once the pyramid is there."""
    started = time.perf_counter()
    session = shot.session
    settings = [shot.options, *([shot.compare] if shot.compare else [])]
    return _Answer(
        readings=tuple(session.readings(options) for options in settings),
        min_sizes=tuple(tuple(session.sides(options).min_size) for options in settings),
        histogram=session.histogram(shot.options),
        colours=level_names(session.pyramid(shot.options).depth),
        guidance=guidance(session, shot.options),
        curve=session.curve(shot.options),
        seconds=time.perf_counter() - started,
    )


def _words(error: Exception) -> str:
    if isinstance(error, VitsciVizError | OSError | MemoryError):
        return str(error) or type(error).__name__
    return f"this should not have happened ({type(error).__name__}: {error}); please report it"
