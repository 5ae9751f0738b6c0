"""The Segment page: what a trained model says of an image, where it is wrong, and which images want a look."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vitsci_viz.errors import Cancelled, OptionError, VitsciVizError
from vitsci_viz.types import Image
from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.panel_app.empty import EmptyState
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.runs import RunChooser
from vitsci_viz.views.panel_app.segment_downloads import SEGMENT_DOWNLOADS, Shown
from vitsci_viz.views.panel_app.segment_list import Asked, ImageList
from vitsci_viz.views.panel_app.segment_runs import KnownRuns
from vitsci_viz.views.panel_app.segment_sources import (
    RUN_PREFIX,
    RunImages,
    chosen_source,
    images_of,
    runs_of,
    where_of,
)
from vitsci_viz.views.panel_app.segment_viewports import SegmentViewports
from vitsci_viz.views.panel_app.segment_words import (
    CHOOSE,
    HELP,
    INVITATION,
    LAYOUTS,
    NO_IMAGES,
    NO_RUNS,
    OPEN,
    OPEN_AGAIN,
    OTHER_IMAGE,
    PREDICT_AGAIN,
    remarks_of,
    summary_of,
)
from vitsci_viz.views.panel_app.sources import Role, SourceChooser
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.toolbar import Toolbar
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.runs import RunSummary
from vitsci_viz.views.session.segment import SegmentView
from vitsci_viz.views.session.segment_predict import Predictions
from vitsci_viz.views.session.segment_session import SegmentSession, Source
from vitsci_viz.views.session.segment_state import SegmentLayout, SegmentState
from vitsci_viz.views.session.state import Window
from vitsci_viz.workflows.segment_options import PredictOptions

PREDICTIONS = Predictions()
"""Shared by all tabs of a server: a model is loaded once, an image predicted once."""


class SegmentPage:
    """Everything of one browser tab: runs, images, the prediction on screen, and the threads that work for it.

    Parameters
    ----------
    library : Library
        What may be opened, and where runs lie.
    post : callable
        Runs a function on the document thread.
    """

    def __init__(self, library: Library, post: Post) -> None:
        self.library, self._post = library, post
        self.state = SegmentState()
        self.session = SegmentSession(PREDICTIONS)
        self.runs = KnownRuns()
        self.images = RunImages(sources=())
        self.classes: tuple[str, ...] = ()
        self.current: Source | None = None
        self.view: SegmentView | None = None
        self._awaited: Source | None = None
        self._notice = ""
        self.status = StatusLine(self._cancel, self._again)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.draw = Lane(post)
        self.list = ImageList(
            self.session, post, on_pick=self.open, must_wait=lambda: self.heavy.is_busy, words=self._words
        )
        self._build()

    def _build(self) -> None:
        self.chooser = RunChooser(self._choose_run, self.look_for_runs)
        self.source = SourceChooser(self.library, self._choose)
        self.form = OptionForm(self.state.options, on_change=self._changed, leave_out=("probabilities",))
        self.toolbar = Toolbar(
            on_layout=self.set_layout,
            on_slice=self.show_slice,
            on_action=self._act,
            downloads={name: title for name, (title, _) in SEGMENT_DOWNLOADS.items()},
            layouts=LAYOUTS,
            has_sides=False,
            has_recipe=False,
        )
        self.empty = EmptyState((), lambda name: self._choose_run("A", name), title=CHOOSE, text=INVITATION)
        self.views = SegmentViewports(
            draw=self.draw,
            on_look=lambda: self._post(self._remember),
            on_slice=lambda step: self.show_slice((self.state.slice_index or 0) + step),
            on_error=self._failed,
        )

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        middle = (self.toolbar.view.panel, self.empty.view.panel, self.views.panel)
        self.views.panel.visible = False
        parts = {
            "header": pn.Column(**column),
            "left": pn.Column(self.chooser.view.panel, self.source.view.panel, self.form.view.panel, **column),
            "main": pn.Column(*middle, sizing_mode="stretch_both", margin=0),
            "right": self.list.panel.view.panel,
            "bottom": self.status.view.panel,
        }
        return frame("segment", parts=parts, help_html=HELP)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else an invitation to choose a run."""
        self.state, problems = SegmentState.read(query)
        try:
            self.views.switches.restore(self.state.layers)
        except OptionError as error:
            problems = (*problems, str(error))
        self._notice = f"Left out of the link: {'; '.join(problems)}" if problems else ""
        self.form.show(self.state.options)
        self.views.layout = self.state.layout
        self.toolbar.view.put(layout=self.state.layout)
        self.look_for_runs()

    def close(self) -> None:
        """Stop the threads and remove uploads."""
        for each in (self.heavy, self.draw, self.list):
            each.close()
        self.library.close()

    # ---- runs

    def look_for_runs(self) -> None:
        """Look for runs, then open those of the state."""
        self.status.busy("Looking for runs")
        self.heavy.submit(lambda progress: runs_of(self.library), self._found_runs, self._failed, kind="runs")

    def _found_runs(self, runs: Sequence[RunSummary]) -> None:
        usable = self.runs.take(runs)
        self.chooser.offer(runs, where_of(self.library))
        samples = [{"name": run.name, "title": run.name, "note": run.model} for run in usable]
        self.empty.invite(samples, title=CHOOSE, text=INVITATION if usable else NO_RUNS)
        if self._notice:
            self.status.fail(self._notice)
        else:
            self._rest(f"{len(usable):,} run{'s' * (len(usable) != 1)} to choose from")
        if self.state.run and self.view is None:
            self._open_runs(self.state.run, self.state.other)

    def _choose_run(self, side: str, name: str) -> None:
        if side == "B":
            self._open_runs(self.state.run, name)
        elif name:
            self._open_runs(name, self.state.other if self.state.other != name else "")
        else:
            self.chooser.show(self.state.run, self.state.other, self.runs.facts(self.state.run))

    def _open_runs(self, name: str, other: str) -> None:
        """Open run A, and run B where there is one; what is on screen stays until they are there."""
        try:
            first, second = self.runs.usable(name), self.runs.usable(other) if other else None
        except VitsciVizError as error:
            self._runs_not_opened(error)
            return
        self.list.pause_for_now()
        options = self.state.options
        self.status.busy(f"Loading the model of {name}")

        def work(progress: Any) -> tuple[RunImages, tuple[str, ...]]:
            classes = self.session.classes(first.path, options, progress=progress)
            if second is not None:
                self.session.check_pair(first.path, second.path, options, progress=progress)
            return images_of(first.path, self.library), classes

        self.heavy.submit(work, lambda found: self._opened_runs(name, other, *found), self._runs_not_opened, kind="run")

    def _opened_runs(self, name: str, other: str, images: RunImages, classes: tuple[str, ...]) -> None:
        is_new = self.state.run != name or self.current is None
        link, mask = (self.state.source, self.state.mask) if self.current is None else ("", None)
        self.state = self.state.replace(run=name, other=other)
        self.images, self.classes = images, classes
        self.chooser.show(name, other, self.runs.facts(name))
        self.chooser.fail(images.note)
        self.set_layout("compare" if other else "all" if self.state.layout == "compare" else self.state.layout)
        self.list.open(images.sources, self._asked)
        wanted = self._source_of(link, mask) or (None if is_new else self.current) or next(iter(self.list.listed), None)
        if wanted is not None:
            self.open(wanted)
        else:
            self.status.idle("Open an image to predict it")
            self.empty.invite((), title=OPEN, text=NO_IMAGES)

    def _source_of(self, link: str, mask: str | None) -> Source | None:
        """Return what a link names: an image of the run, or one that was chosen."""
        if link and not link.startswith(RUN_PREFIX):
            return chosen_source(self.library, link, mask)
        return next((source for source in self.images.sources if source.link == link), None)

    def _runs_not_opened(self, error: Exception) -> None:
        first, second = (self.state.run, self.state.other) if self.view else ("", "")
        self.chooser.show(first, second, self.runs.facts(first))
        if isinstance(error, Cancelled):
            self._rest("Cancelled")
            return
        self.chooser.fail(self._words(error))
        self.status.fail(self._words(error))
        self.list.go_on()

    @property
    def _folders(self) -> list[Path]:
        """Folders of run A and, where there is one, of run B."""
        return self.runs.folders(self.state.run, self.state.other)

    @property
    def _asked(self) -> Asked:
        return Asked(runs=self._folders, options=self.state.options, classes=self.classes)

    # ---- images

    def open(self, source: Source) -> None:
        """Open an image and predict it; the last picture stays until the new one is there."""
        self._awaited = source
        is_other = self.current is None or self.current.key != source.key
        window = None if is_other and self.view is not None else self.state.window
        runs, options, index = self._folders, self.state.options, self.state.slice_index
        self.list.pause_for_now()
        self.status.busy(f"Predicting {source.name}" if runs else f"Opening {source.name}")
        if self.view is not None and not self.session.is_ready(source, runs, options):
            self.views.set_stale(True, f"Predicting {source.name}")
            self.list.panel.set_stale()

        def work(progress: Any) -> SegmentView:
            base = self.session.base(source, progress=progress)
            middle = base.slices // 2 if base.is_volume else None
            at = middle if index is None or middle is None else min(index, base.slices - 1)
            if is_other:
                alone, mask = SegmentView(base=base, classes=self.classes, slice_index=at), self.session.mask(source)
                self._post(lambda: self._show_image(source, alone, mask, window))
            return self.session.view(source, runs, options, slice_index=at, progress=progress)

        self.heavy.submit(work, lambda view: self._predicted(source, view), self._not_predicted, kind="image")

    def _show_image(self, source: Source, view: SegmentView, mask: Image | None, window: Window | None) -> None:
        """Show the image alone while its prediction is on its way."""
        runs = self._folders
        self.current, self.view = source, view
        self.state = self.state.replace(source=source.link, mask=source.mask, slice_index=view.slice_index)
        self.source.show(source.link, view.base.image, mask, source.mask)
        self.toolbar.view.put(open=True, slices=view.base.slices, slice=view.slice_index or 0)
        self.empty.view.panel.visible, self.views.panel.visible = False, True
        self.views.open(view, window=window, has_truth=mask is not None and bool(runs), has_second=len(runs) > 1)
        self.list.mark(source)
        if runs:
            self.views.set_stale(True, f"Predicting {source.name}")
            self.list.panel.show_nothing(f"Predicting {source.name}")
        else:
            self.views.show_alone(view)

    def _predicted(self, source: Source, view: SegmentView) -> None:
        if self.current is None or self.current.key != source.key:
            return
        self.view, self._awaited = view, None
        self.form.succeed()
        self.form.acknowledge()
        self.source.fail("")
        self._rest(summary_of(view))
        if self._notice:
            self.status.fail(self._notice)
            self._notice = ""
        if view.first is None:
            self._remember()
            return
        self.views.set_stale(False)
        self.views.show(view)
        self._remember()
        self.list.score(source, view, remarks_of(view))

    def _not_predicted(self, error: Exception) -> None:
        self._failed(error)
        if self.view is None and self.state.run:
            self.empty.invite((), title=OPEN, text=OTHER_IMAGE)
        elif self.view is not None and self.view.first is None:
            self.views.show_alone(self.view)
            self.list.panel.show_nothing("This image was not predicted.")
        if isinstance(error, Cancelled):
            is_missing = self.view is None or self.view.first is None
            self._rest(f"Cancelled; {'there is no prediction' if is_missing else 'the last result stays'}")
        else:
            self.source.fail(self._words(error))
        self.list.go_on()

    def _choose(self, role: Role, source: str) -> None:
        if role == "image":
            self.open(chosen_source(self.library, source, None))
        elif self.current is None:
            raise OptionError("a mask needs an image beside it: open the image first")
        elif self.current.link.startswith(RUN_PREFIX):
            raise OptionError("an image of the run has its own mask: open an image of your own to choose one")
        else:
            self.open(chosen_source(self.library, self.current.link, source))

    # ---- options, layout, slice, downloads

    def _changed(self, options: PredictOptions) -> None:
        self.state = self.state.replace(options=options)
        self.list.open(self.images.sources, self._asked)
        if self.current is not None and self.state.run:
            self.open(self.current)
        else:
            self.form.acknowledge()

    def set_layout(self, layout: SegmentLayout) -> None:
        """Show another layout of the same image."""
        if layout == "compare" and not self.state.other:
            self.chooser.fail("Choose run B to compare with: it must know the same classes.")
            return
        self.state = self.state.replace(layout=layout)
        self.toolbar.view.put(layout=layout)
        self.views.arrange(layout)
        self._remember()

    def show_slice(self, index: int) -> None:
        """Show another slice of a volume."""
        if self.view is None or not self.view.base.is_volume:
            return
        self.state = self.state.replace(slice_index=min(max(0, index), self.view.base.slices - 1))
        self.view = dataclasses.replace(self.view, slice_index=self.state.slice_index)
        self.toolbar.view.put(slice=self.state.slice_index)
        self.views.show(self.view)
        self._remember()

    def _act(self, action: str) -> None:
        if action == "fit":
            self.views.fit()
        elif action in SEGMENT_DOWNLOADS and self.view is not None:
            self._download(action, self.view)

    def _download(self, name: str, view: SegmentView) -> None:
        title, make = SEGMENT_DOWNLOADS[name]
        names = [each for each in (self.state.run, self.state.other) if each]
        shown = Shown(view=view, runs=names, rows=self.list.rows, scores=next(iter(self.list.scores), {}))
        self.status.busy(f"Making the {title}")

        def done(file: File) -> None:
            for piece in file.pieces():
                self.toolbar.view.send(**piece)
            self._rest(f"{file.name} saved")
            self.list.go_on()

        self.heavy.submit(lambda progress: make(shown, progress), done, self._failed, kind="download")

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        if self.view is not None:
            self.state = self.state.replace(window=self.views.window, layers=self.views.switches.names)
            self.toolbar.view.put(query=self.state.to_query())

    # ---- what goes wrong

    def _cancel(self) -> None:
        self.list.pause()
        self.heavy.cancel()
        self.status.stopping()

    def _again(self) -> None:
        """Ask once more for the image whose prediction was cancelled."""
        if self._awaited is not None:
            self.open(self._awaited)

    def _rest(self, text: str) -> None:
        """Say what was done, and offer to go on where an image that was asked for is not there."""
        offer = PREDICT_AGAIN if self.state.run else OPEN_AGAIN
        self.status.idle(text, offer="" if self._awaited is None else offer)

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        self.views.set_stale(False)
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last result stays")
            return
        if isinstance(error, OptionError):
            self.form.fail(self._words(error))
        self.status.fail(self._words(error))

    def _words(self, error: Exception) -> str:
        """Say an error in words that name no folder of the server."""
        return self.library.shortened(words_of(error))
