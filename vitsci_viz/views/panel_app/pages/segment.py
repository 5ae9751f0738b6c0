"""The Segment page: what a trained model says of an image, where it is wrong, and which images want a look."""

from collections.abc import Sequence
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
from vitsci_viz.views.panel_app.segment_scores import ScoresPanel
from vitsci_viz.views.panel_app.segment_sources import RunImages, chosen_source, images_of, runs_of, where_of
from vitsci_viz.views.panel_app.segment_viewports import SegmentViewports
from vitsci_viz.views.panel_app.sources import Role, SourceChooser
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.toolbar import Toolbar
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.runs import RunSummary
from vitsci_viz.views.session.segment import SegmentView
from vitsci_viz.views.session.segment_predict import Predictions
from vitsci_viz.views.session.segment_scores import compare_runs, worst_first
from vitsci_viz.views.session.segment_session import SegmentSession, Source
from vitsci_viz.views.session.segment_state import SegmentLayout, SegmentState
from vitsci_viz.views.session.state import Window
from vitsci_viz.views.session.wording import plain
from vitsci_viz.workflows.segment_options import PredictOptions

LAYOUTS: dict[str, tuple[str, str]] = {
    "all": ("Side by side", "Image, truth, prediction, error and uncertainty of the same place."),
    "overlay": ("Overlay", "One large picture; every layer can be switched and faded."),
    "compare": ("A | B", "Two runs on the same image: choose run B on the left."),
}
"""Layouts of the page: title and help, in the order of the switch."""

PREDICTIONS = Predictions()
"""Shared by all tabs of a server: a model is loaded once, an image predicted once."""

INVITATION = (
    "Choose a training run on the left, or one of these. Its validation images are predicted and listed, the worst "
    "first."
)
NO_RUNS = (
    "There is no training run yet: train one on the Train page or with vitsci-viz train, then look for runs again."
)

HELP = """
<p>Choose a training run: its validation images are predicted one by one and listed with the worst first.
Everything is shown at the same place: move one picture and all move.</p>
<h3>Picture</h3>
<table>
<tr><td>drag, wheel</td><td>move, zoom at the cursor</td></tr>
<tr><td><kbd>Shift</kbd> + drag</td><td>zoom into a box</td></tr>
<tr><td>double click, <kbd>0</kbd></td><td>fit the whole image</td></tr>
<tr><td><kbd>n</kbd> <kbd>p</kbd></td><td>next and previous image of the list</td></tr>
<tr><td><kbd>[</kbd> <kbd>]</kbd></td><td>previous and next slice of a volume</td></tr>
<tr><td><kbd>1</kbd> to <kbd>9</kbd></td><td>switch a layer, such as the leaves</td></tr>
<tr><td><kbd>s</kbd></td><td>save the picture as PNG</td></tr>
<tr><td><kbd>?</kbd></td><td>this help</td></tr>
</table>
<h3>What is shown</h3>
<p><b>Error</b>: orange-red where the model sees what is not there (false positive), blue where it misses something
(false negative), yellow where it takes one class for another. Zoomed out, errors stay visible however thin they
are.<br>
<b>Uncertainty</b>: entropy of the class probabilities over its maximum; bright where the model cannot tell.<br>
<b>Dice</b>: of every class in every image, mean over the classes without background, then over the images.</p>
"""


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
        self.runs: dict[str, RunSummary] = {}
        self.images = RunImages(sources=())
        self.current: Source | None = None
        self.view: SegmentView | None = None
        self._split, self._notice = "val", ""
        self._problems: dict[str, str] = {}
        self._is_paused = False
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.background = Lane(post)
        self.draw = Lane(post)
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
        self.scores = ScoresPanel(on_pick=self._pick, on_split=self._list, on_continue=self._go_on)
        self.empty = EmptyState(
            (), lambda name: self._choose_run("A", name), title="Choose a training run", text=INVITATION
        )
        self.views = SegmentViewports(
            draw=self.draw,
            on_move=lambda: self._post(self._remember),
            on_slice=lambda step: self.show_slice((self.state.slice_index or 0) + step),
            on_error=self._failed,
        )

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        self.views.panel.visible = False
        parts = {
            "header": pn.Column(**column),
            "left": pn.Column(self.chooser.view.panel, self.source.view.panel, self.form.view.panel, **column),
            "main": pn.Column(
                self.toolbar.view.panel, self.empty.view.panel, self.views.panel, sizing_mode="stretch_both", margin=0
            ),
            "right": self.scores.view.panel,
            "bottom": self.status.view.panel,
        }
        return frame("segment", parts=parts, help_html=HELP)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else an invitation to choose a run."""
        try:
            self.state = SegmentState.from_query(query)
        except VitsciVizError as error:
            self._notice = f"The link could not be read: {error}"
        self.form.show(self.state.options)
        self.views.layout = self.state.layout
        self.toolbar.view.put(layout=self.state.layout)
        self.look_for_runs()

    def close(self) -> None:
        """Stop the threads and remove uploads."""
        for lane in (self.heavy, self.background, self.draw):
            lane.close()
        self.library.close()

    # ---- runs

    def look_for_runs(self) -> None:
        """Look for runs, then open those of the state."""
        self.status.busy("Looking for runs")
        self.heavy.submit(lambda progress: runs_of(self.library), self._found_runs, self._failed, kind="runs")

    def _found_runs(self, runs: Sequence[RunSummary]) -> None:
        self.runs = {run.name: run for run in runs}
        self.chooser.offer(runs, where_of(self.library))
        usable = [run for run in runs if not run.problem]
        samples = [{"name": run.name, "title": run.name, "note": run.model} for run in usable]
        self.empty.invite(samples, title="Choose a training run", text=INVITATION if usable else NO_RUNS)
        if self._notice:
            self.status.fail(self._notice)
        else:
            self.status.idle(f"{len(usable):,} run{'s' * (len(usable) != 1)} to choose from")
        if self.state.run and self.view is None:
            self._open_run(self.state.run, self.state.other)

    def _choose_run(self, side: str, name: str) -> None:
        if side == "A" and not name:
            self.chooser.show(self.state.run, self.state.other, self._facts())
        elif side == "A":
            self._open_run(name, self.state.other if self.state.other != name else "")
        else:
            self._open_run(self.state.run, name)

    def _open_run(self, name: str, other: str) -> None:
        """Open run A, and run B where there is one; what is on screen stays until they are there."""
        try:
            first, second = self._run(name), self._run(other) if other else None
        except VitsciVizError as error:
            self._not_opened(error)
            return
        self._stop_scoring()
        options = self.state.options
        self.status.busy(f"Loading the model of {name}")

        def work(progress: Any) -> RunImages:
            self.session.classes(first.path, options, progress=progress)
            if second is not None:
                self.session.check_pair(first.path, second.path, options, progress=progress)
            return images_of(first.path, self.library)

        self.heavy.submit(work, lambda images: self._opened_run(name, other, images), self._not_opened, kind="run")

    def _opened_run(self, name: str, other: str, images: RunImages) -> None:
        is_new = self.state.run != name or self.current is None
        link, mask = (self.state.source, self.state.mask) if is_new else ("", None)
        self.state = self.state.replace(run=name, other=other)
        self.images, self._problems = images, {}
        self.chooser.show(name, other, self._facts())
        self.chooser.fail(images.note)
        if other and self.state.layout != "compare":
            self.set_layout("compare")
        elif not other and self.state.layout == "compare":
            self.set_layout("all")
        if not any(source.split == "val" for source in images.sources):
            self._split = "all"
        wanted = next((source for source in images.sources if source.link == link), None)
        if wanted is None and link and not link.startswith("run:"):
            wanted = chosen_source(self.library, link, mask)
        wanted = wanted or (self.current if not is_new else None) or next(iter(self._listed()), None)
        if wanted is None:
            self.status.idle("Open an image to predict it")
            self.empty.invite(
                (), title="Open an image", text="This run lists no image that can be opened here: open one on the left."
            )
        else:
            self.open(wanted)
        self._refresh_list()

    def _not_opened(self, error: Exception) -> None:
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled")
            return
        self.chooser.show(self.state.run if self.view is not None else "", self.state.other, self._facts())
        self.chooser.fail(self.library.shortened(words_of(error)))
        self.status.fail(self.library.shortened(words_of(error)))

    def _run(self, name: str) -> RunSummary:
        run = self.runs.get(name)
        if run is None:
            raise OptionError(f"there is no run {name} below the folders of the server: choose another one")
        if run.problem:
            raise OptionError(f"the run {name} cannot predict: {run.problem}")
        return run

    def _facts(self) -> str:
        run = self.runs.get(self.state.run)
        if run is None:
            return ""
        return "; ".join(filter(None, (run.model, ", ".join(run.classes[1:]), run.state)))

    @property
    def _open_runs(self) -> list[Any]:
        """Folders of run A and, where there is one, of run B."""
        names = (self.state.run, self.state.other)
        return [self.runs[name].path for name in names if name in self.runs]

    # ---- images

    def open(self, source: Source) -> None:
        """Open an image and predict it; the last picture stays until the new one is there."""
        is_other = self.current is None or self.current.key != source.key
        window = None if is_other and self.view is not None else self.state.window
        runs, options, index = self._open_runs, self.state.options, self.state.slice_index
        self._stop_scoring()
        self.status.busy(f"Predicting {source.name}" if runs else f"Opening {source.name}")
        if self.view is not None and not self.session.is_ready(source, runs, options):
            self.views.set_stale(True, f"Predicting {source.name}")
            self.scores.set_stale()

        def work(progress: Any) -> SegmentView:
            base = self.session.base(source, progress=progress)
            middle = base.slices // 2 if base.is_volume else None
            at = middle if index is None or middle is None else min(index, base.slices - 1)
            if is_other:
                alone, mask = SegmentView(base=base, slice_index=at), self.session.mask(source)
                self._post(lambda: self._show_image(source, alone, mask, window))
            return self.session.view(source, runs, options, slice_index=at, progress=progress)

        self.heavy.submit(work, lambda view: self._predicted(source, view), self._not_predicted, kind="image")

    def _show_image(self, source: Source, view: SegmentView, mask: Image | None, window: Window | None) -> None:
        """Show the image alone while its prediction is on its way."""
        self.current, self.view = source, view
        self.state = self.state.replace(source=source.link, mask=source.mask, slice_index=view.slice_index)
        self.source.show(source.link, view.base.image, mask, source.mask)
        self.toolbar.view.put(open=True, slices=view.base.slices, slice=view.slice_index or 0)
        self.empty.view.panel.visible, self.views.panel.visible = False, True
        runs = self._open_runs
        self.views.open(view, window=window, has_truth=mask is not None and bool(runs), has_second=len(runs) > 1)
        if runs:
            self.views.set_stale(True, f"Predicting {source.name}")
        self._refresh_list()

    def _predicted(self, source: Source, view: SegmentView) -> None:
        if self.current is None or self.current.key != source.key:
            return
        self.view = view
        self.views.set_stale(False)
        self.views.show(view)
        self.form.succeed()
        self.form.acknowledge()
        self.source.fail("")
        self.status.idle(_summary(view))
        self._remember()
        self._score_current()

    def _not_predicted(self, error: Exception) -> None:
        self._failed(error)
        if not isinstance(error, Cancelled):
            self.source.fail(self.library.shortened(words_of(error)))
        self._score_next()

    def _choose(self, role: Role, source: str) -> None:
        if role == "image":
            self.open(chosen_source(self.library, source, None))
        elif self.current is None:
            raise OptionError("a mask needs an image beside it: open the image first")
        elif self.current.split:
            raise OptionError("an image of the run has its own mask: open an image of your own to choose one")
        else:
            self.open(chosen_source(self.library, self.current.link, source))

    def _pick(self, key: str) -> None:
        found = next((source for source in self.images.sources if source.key == key), None)
        if found is not None:
            self.open(found)

    # ---- the list, and what is scored in the background

    def _listed(self) -> list[Source]:
        return [each for each in self.images.sources if self._split == "all" or each.split == self._split]

    def _list(self, split: str) -> None:
        self._split, self._is_paused = split, False
        self._refresh_list()
        self._score_next()

    def _go_on(self) -> None:
        self._is_paused = False
        self._refresh_list()
        self._score_next()

    def _waiting(self) -> list[Source]:
        runs, options = self._open_runs, self.state.options
        return [
            source
            for source in self._listed()
            if source.key not in self._problems
            and any(self.session.known_score(source, run, options) is None for run in runs)
        ]

    def _score_current(self) -> None:
        """Score what is on screen, then the rest of the list."""
        source, view = self.current, self.view
        if source is None or view is None:
            return
        runs, options = self._open_runs, self.state.options

        def work(progress: Any) -> list[Any]:
            return [self.session.score(source, run, options, progress=progress) for run in runs]

        def done(scores: list[Any]) -> None:
            if self.current is source and self.view is view:
                self.scores.show_image(scores, view.classes, _remarks(view))
            self._refresh_list()
            self._score_next()

        self.background.submit(work, done, self._failed, kind="score")

    def _score_next(self) -> None:
        """Score one more image of the list; it gives way to whatever the user asks for."""
        waiting = self._waiting()
        if self._is_paused or not waiting or self.heavy.is_busy:
            self._refresh_list()
            return
        source, runs, options = waiting[0], self._open_runs, self.state.options

        def work(progress: Any) -> None:
            for run in runs:
                self.session.score(source, run, options, progress=progress)

        def failed(error: Exception) -> None:
            if not isinstance(error, Cancelled):
                self._problems[source.key] = self.library.shortened(words_of(error))
                self._score_next()

        self.background.submit(work, lambda _: self._score_next(), failed, kind="score")
        self._refresh_list()

    def _stop_scoring(self) -> None:
        self.background.cancel()

    def _refresh_list(self) -> None:
        runs, options, listed = self._open_runs, self.state.options, self._listed()
        is_pair = len(runs) > 1
        rows = self.session.rows(listed, runs, options, problems=self._problems)
        known = [self.session.known_scores(listed, run, options) for run in runs]
        counts = {split: sum(source.split == split for source in self.images.sources) for split in ("val", "train")}
        waiting = len(self._waiting())
        current = self.current.key if self.current else ""
        self.scores.show_rows(worst_first(rows, is_comparison=is_pair), current=current, is_pair=is_pair)
        names = self.view.classes if self.view else ()
        versus = compare_runs(known[0], known[1]) if is_pair else None
        self.scores.show_every([list(each.values()) for each in known], names, versus)
        self.scores.show_list(
            self._split,
            {**counts, "all": len(self.images.sources)},
            waiting=waiting,
            is_running=bool(waiting) and not self._is_paused,
        )

    # ---- options, layout, slice, downloads

    def _changed(self, options: PredictOptions) -> None:
        self.state = self.state.replace(options=options)
        self._problems = {}
        if self.current is None or not self.state.run:
            self.form.acknowledge()
            self._remember()
            return
        self.open(self.current)
        self._refresh_list()

    def set_layout(self, layout: SegmentLayout) -> None:
        """Show another layout of the same image."""
        if layout == "compare" and not self.state.other:
            self.chooser.fail("Choose run B to compare with: it must know the same classes.")
            self.toolbar.view.put(layout=self.state.layout)
            return
        self.state = self.state.replace(layout=layout)
        self.toolbar.view.put(layout=layout)
        self.views.arrange(layout)
        self._remember()

    def show_slice(self, index: int) -> None:
        """Show another slice of a volume."""
        view = self.view
        if view is None or not view.base.is_volume:
            return
        self.state = self.state.replace(slice_index=min(max(0, index), view.base.slices - 1))
        self.view = SegmentView(**{**vars(view), "slice_index": self.state.slice_index})
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
        runs, options, listed = self._open_runs, self.state.options, self._listed()
        shown = Shown(
            view=view,
            runs=[each for each in (self.state.run, self.state.other) if each],
            rows=worst_first(self.session.rows(listed, runs, options, problems=self._problems)),
            scores=self.session.known_scores(listed, runs[0], options) if runs else {},
        )
        self.status.busy(f"Making the {title}")

        def done(file: File) -> None:
            for piece in file.pieces():
                self.toolbar.view.send(**piece)
            self.status.idle(f"{file.name} saved")

        self.heavy.submit(lambda progress: make(shown, progress), done, self._failed, kind="download")

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        self.state = self.state.replace(window=self.views.window)
        self.toolbar.view.put(query=self.state.to_query())

    # ---- what goes wrong

    def _cancel(self) -> None:
        self._is_paused = True
        for lane in (self.heavy, self.background):
            lane.cancel()
        self.status.stopping()

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        self.views.set_stale(False)
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last result stays")
            self._refresh_list()
            return
        words = self.library.shortened(words_of(error))
        if isinstance(error, OptionError):
            self.form.fail(words)
        self.status.fail(words)


def _summary(view: SegmentView) -> str:
    found = view.first
    if found is None:
        return view.base.image.name
    seconds = sum(found.seconds.values()) if "total" not in found.seconds else found.seconds["total"]
    length = f"{found.tokens:,} tokens" if found.tokens else "pixels, tile by tile"
    return f"{view.base.image.name}: {length}, predicted in {plain(round(seconds, 2))} s"


def _remarks(view: SegmentView) -> list[str]:
    pair = [each for each in (view.first, view.second) if each is not None]
    notes = [
        (("A: ", "B: ")[at] if len(pair) > 1 else "") + note for at, each in enumerate(pair) for note in each.notes
    ]
    return list(dict.fromkeys(notes))
