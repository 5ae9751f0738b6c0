"""The Train page: make the recipe of a run, see what it will cost, start it as a job, and watch it."""

from collections.abc import Mapping
from typing import Any

from vitsci_viz.errors import Cancelled, OptionError, VitsciVizError
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.views.panel_app.data_chooser import DataChooser
from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.panel_app.estimates import EstimatePanel
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.plan_view import PlanView
from vitsci_viz.views.panel_app.recipe import RecipeDrawer
from vitsci_viz.views.panel_app.run_list import RunList
from vitsci_viz.views.panel_app.run_view import Action, RunView
from vitsci_viz.views.panel_app.status import StatusLine, words_of
from vitsci_viz.views.panel_app.tiles import preview_tiles
from vitsci_viz.views.session.dataset import DataSet, open_data
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.planning import Plan, plan_of
from vitsci_viz.views.session.pulse import Pulse
from vitsci_viz.views.session.run_book import RunBook, RunStatus
from vitsci_viz.views.session.train_state import TrainState
from vitsci_viz.views.session.training import (
    name_for,
    new_run,
    options_in,
    recipe_of,
    resume_run,
    start_run,
    stop_run,
)
from vitsci_viz.views.session.watching import Look, Watch, Watched
from vitsci_viz.workflows.catalogue import load_recipe

HELP = """
<p>Choose images with masks, set patches and model, and start a run. What it will cost is on the right before it begins:
tokens, memory and time follow every change.</p>
<h3>Runs</h3>
<p>A run is a job of its own on the machine that serves this page: it goes on when the tab is closed or the server is
restarted, and it is in the list when you come back. <b>Stop</b> finishes the step and saves; <b>Resume</b> goes on from
there with the very same curve. Runs wait for one another.</p>
<h3>Curves</h3>
<p>The loss is the mean of cross-entropy and Dice over cells of tokens, weighted by the area that they cover. Validation
Dice is taken at full resolution, per image, without background.</p>
<h3>Elsewhere</h3>
<p>The same run from a terminal: save the recipe, then <kbd>vitsci-viz train recipe.yaml</kbd>.
In a notebook: <kbd>vz.train_form(...)</kbd>.</p>
"""


class TrainPage:
    """Everything of one browser tab on training: parts, the open data, the setting, and the threads that work for it.

    Parameters
    ----------
    library : Library
        What may be opened, and where runs lie.
    post : callable
        Runs a function on the document thread.
    """

    def __init__(self, library: Library, post: Post) -> None:
        self.library = library
        self.state = TrainState()
        self.data: DataSet | None = None
        self.book = RunBook(library.runs_folder())
        self.watch = Watch(RunBook(library.runs_folder()))
        self._watched: Watched | None = None
        self._notice = ""
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.acts = Lane(post)
        self.pulse = Pulse(self.watch.look, self._looked, post)
        self.source = DataChooser(library, self.open)
        self.form = OptionForm(self.state.options, on_change=self._changed)
        self.estimate = EstimatePanel(self._start)
        self.runs = RunList(self.choose)
        self.recipe = RecipeDrawer(self._apply)
        self.plan = PlanView(library.data_sets(), on_open=self.open, on_recipe=self._show_recipe)
        self.run = RunView(self._act)

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        self._arrange()
        parts = {
            "header": self.recipe.view.panel,
            "left": pn.Column(self.source.view.panel, self.form.view.panel, **column),
            "main": pn.Column(self.plan.panel, self.run.panel, sizing_mode="stretch_both", margin=0),
            "right": pn.Column(self.estimate.view.panel, self.runs.view.panel, **column),
            "bottom": self.status.view.panel,
        }
        return frame("train", parts=parts, help_html=HELP)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for, else an invitation to choose data."""
        self.state, problems = TrainState.read(query)
        if problems:
            self._notice = f"Left out of the link: {'; '.join(problems)}"
            self.status.fail(self._notice)
        self.form.show(self.state.options)
        self.watch.name = self.state.run
        self.pulse.start()
        if self.state.data:
            self._try_open(self.state.data)

    def close(self) -> None:
        """Stop the threads and remove uploads; jobs go on."""
        self.pulse.close()
        for lane in (self.heavy, self.acts):
            lane.close()
        self.library.close()

    # ---- data and setting

    def open(self, source: str) -> None:
        """Open images and masks in the background."""
        path = self.library.data_path(source)
        self.status.busy(f"Opening {source}")
        self.estimate.set_stale()
        self.heavy.submit(
            lambda progress: open_data(source, path, progress=progress), self._opened, self._not_opened, kind="open"
        )

    def _opened(self, data: DataSet) -> None:
        self.data = data
        self.state = self.state.replace(data=data.source)
        self.refresh()

    def _not_opened(self, error: Exception) -> None:
        self._failed(error)
        if not isinstance(error, Cancelled):
            self.source.fail(words_of(error))
            self.plan.fail(words_of(error))

    def _changed(self, options: TrainOptions) -> None:
        self._notice = ""
        self.state = self.state.replace(options=options)
        if self.data is None:
            self.form.acknowledge()
            self._remember()
        else:
            self.refresh()

    def refresh(self) -> None:
        """Bring the estimate and the pictures up to the setting."""
        data, options = self.data, self.state.options
        if data is None:
            return
        self.estimate.set_stale()
        self.status.busy("Estimating")

        def work(progress: Any) -> Plan:
            return plan_of(data, options, self.book, progress=progress)

        self.heavy.submit(work, lambda plan: self._planned(data, options, plan), self._failed, kind="plan")

    def _planned(self, data: DataSet, options: TrainOptions, plan: Plan) -> None:
        if data is not self.data:
            return
        self.source.show(plan.facts)
        self.plan.show(data.source, plan.pictures, classes=plan.facts.classes, key=(data, options))
        for name, hint in plan.guidance.hints.items():
            self.form.guide(name, hint=hint)
        for name, span in plan.guidance.spans.items():
            self.form.guide(
                name, span={"lo": span.low, "hi": span.high, "log": span.is_log, "integer": span.is_integer}
            )
        self.form.succeed()
        self.form.acknowledge()
        self.estimate.show(plan.lines, name=name_for(data.source, options))
        self._remember()
        if self._notice:
            self.status.fail(self._notice)
        else:
            self.status.idle("Ready to start")

    # ---- runs

    def choose(self, name: str) -> None:
        """Watch a run, or none."""
        self.state = self.state.replace(run=name)
        self.watch.name = name
        self.pulse.now()
        self._arrange()
        self._remember()

    def _looked(self, look: Look) -> None:
        self.runs.show(look.runs, chosen=self.state.run)
        watched = look.watched
        if watched is None or watched.run.name != self.state.run:
            return
        is_first = self._watched is None or self._watched.run.name != watched.run.name
        self._watched = watched
        self.run.show(watched.run, watched.curves, watched.log)
        step = f", step {watched.previews[0].step:,}" if watched.previews else ""
        empty = "Predictions on a few validation images appear after the first validation."
        self.run.tiles.show(
            f"Validation images{step}",
            preview_tiles(watched.previews),
            key=(watched.run.name, watched.classes, watched.previews),
            classes=watched.classes,
            empty=empty,
        )
        if is_first:
            self._arrange()

    def _start(self, name: str) -> None:
        data, options = self.data, self.state.options
        if data is None:
            return
        chosen = name or name_for(data.source, options)
        try:
            for message in self.form.refused.values():
                raise OptionError(message)
            path = new_run(chosen, self.book.folder)
            recipe = recipe_of(self.library.data_path(data.source), options, path)
        except VitsciVizError as error:
            self.estimate.fail(str(error))
            return

        def done(job: str) -> None:
            self.estimate.started()
            self.status.idle(f"{chosen} started; it goes on when this tab is closed")
            self.choose(chosen)

        self.status.busy(f"Starting {chosen}")
        self.acts.submit(lambda progress: start_run(self.book.jobs, chosen, recipe), done, self._not_started)

    def _not_started(self, error: Exception) -> None:
        self.estimate.fail(words_of(error))
        self.status.fail(words_of(error))

    def _act(self, action: Action) -> None:
        if self._watched is None:
            return
        run = self._watched.run
        if action == "stop":
            self._do(lambda: stop_run(self.book.jobs, run), f"{run.name} saves and stops")
        elif action == "resume":
            self._do(lambda: resume_run(self.book.jobs, run), f"{run.name} goes on")
        elif action == "metrics":
            self._download(run)
        else:
            self._adopt(run, is_shown_only=action == "recipe")

    def _do(self, work: Any, said: str) -> None:
        def done(_: Any) -> None:
            self.status.idle(said)
            self.pulse.now()

        self.acts.submit(lambda progress: work(), done, self._failed)

    def _download(self, run: RunStatus) -> None:
        from vitsci_viz.workflows.table import to_csv

        file = File(
            name=f"{run.name}-metrics.csv",
            mime="text/csv",
            data=to_csv(self.watch.book.reader(run.path).rows).encode(),
        )
        for piece in file.pieces():
            self.run.head.send(**piece)

    def _adopt(self, run: RunStatus, *, is_shown_only: bool) -> None:
        """Show the recipe of a run, or put its setting into the form."""
        try:
            recipe = load_recipe(RunFolder(run.path).recipe)
            options = TrainOptions(**recipe.options)
        except VitsciVizError as error:
            self.status.fail(f"The recipe of {run.name} cannot be read: {error}")
            return
        if is_shown_only:
            self.recipe.open(recipe)
            return
        self.choose("")
        self._take(options, recipe.inputs["data"])

    def _try_open(self, source: str) -> None:
        try:
            self.open(source)
        except VitsciVizError as error:
            self._not_opened(error)

    # ---- recipe and link

    def _show_recipe(self) -> None:
        data = self.state.data
        run = self.book.folder / name_for(data, self.state.options)
        self.recipe.open(recipe_of(self.library.data_path(data), self.state.options, run))

    def _apply(self, content: Mapping[str, Any]) -> None:
        options, data, _ = options_in(content)
        self._take(options, data)
        self.choose("")

    def _take(self, options: TrainOptions, data: str) -> None:
        """Take a setting over as if it had been typed, and open its data where they are others."""
        source = self.library.source_of(data)
        self.form.show(options)
        self._changed(options)
        if source != self.state.data:
            self._try_open(source)

    def _remember(self) -> None:
        """Put the view in the address, so that a link restores it."""
        self.runs.remember(self.state.to_query())

    def _arrange(self) -> None:
        self.run.panel.visible = bool(self.state.run)
        self.plan.panel.visible = not self.state.run

    # ---- what goes wrong

    def _cancel(self) -> None:
        self.heavy.cancel()
        self.status.stopping()

    def _failed(self, error: Exception) -> None:
        self.form.acknowledge()
        if isinstance(error, Cancelled):
            self.status.idle("Cancelled; the last estimate stays")
            return
        self.estimate.fail(words_of(error))
        if isinstance(error, OptionError):
            self.form.fail(words_of(error))
        self.status.fail(words_of(error))
