"""`train_form`: the recipe of a training run from a form in JupyterLab, with what it will cost beside it."""

import html
import os
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.types import Recipe
from vitsci_viz.views.notebook.bokeh_widget import load_bokeh
from vitsci_viz.views.notebook.forms import OptionForm
from vitsci_viz.views.notebook.lanes import KernelLane
from vitsci_viz.views.notebook.pictures import PictureRow
from vitsci_viz.views.notebook.readings import table_of
from vitsci_viz.views.notebook.run_watch import RunWatch
from vitsci_viz.views.notebook.status import StatusLine
from vitsci_viz.views.notebook.style import STYLE
from vitsci_viz.views.session.dataset import open_data
from vitsci_viz.views.session.planning import Plan, plan_of
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.training import name_for, new_run, recipe_of, start_run
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, dump_recipe

KINDS = ("patches", "mask", "image")


def train_form(data: str | os.PathLike[str], *, runs: str | os.PathLike[str] = "runs", **options: Any) -> "TrainForm":
    """Set up a training run in JupyterLab, and start it as a job of its own.

    Parameters
    ----------
    data : path
        Folder with ``images`` and ``masks``, a CSV (image, mask, group), or ``"sample:NAME"``.
    runs : path
        Folder that receives the runs.
    **options
        Where the form begins: the fields of `TrainOptions`.

    Returns
    -------
    TrainForm
        Its `options`, `plan` and `recipe` follow the form; `start` trains.

    Raises
    ------
    OptionError
        An option is unknown or not valid.
    MissingFileError, InputError
        There are no such data, or images and masks do not belong together.
    """
    return TrainForm(data, TrainOptions(**options), runs=Path(runs))


class TrainForm:
    """A training run that is set up; what `train_form` returns.

    Parameters
    ----------
    data : path
        See `train_form`.
    options : TrainOptions
        Where the form begins.
    runs : Path
        Folder that receives the runs.
    """

    def __init__(self, data: str | os.PathLike[str], options: TrainOptions, *, runs: Path) -> None:
        text = os.fspath(data)
        path = text if text.startswith(SAMPLE_PREFIX) else str(Path(text).expanduser().absolute())
        self._source, self._path = text, path
        self.data = open_data(text, path)
        self.book = RunBook(runs.expanduser().absolute())
        self._options = options
        self._view: _View | None = None

    @property
    def options(self) -> TrainOptions:
        """The setting in the form; set it to move the widgets."""
        return self._options

    @options.setter
    def options(self, options: TrainOptions) -> None:
        self._options = options
        if self._view is not None:
            self._view.show(options)

    @property
    def plan(self) -> Plan:
        """What the run will take, computed now."""
        return plan_of(self.data, self._options, self.book)

    def recipe(self, name: str = "") -> Recipe:
        """Return what `vitsci-viz train` repeats, for a run of this name."""
        return recipe_of(self._path, self._options, self.book.folder / (name or self.proposed_name))

    @property
    def proposed_name(self) -> str:
        """Name of a run that was given none: data, model, sequence and time."""
        return name_for(self._source, self._options)

    def save_recipe(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the recipe; the paths inside become relative to its folder.

        Parameters
        ----------
        path : path
            A YAML file.
        force : bool
            Replace an existing file.
        """
        path = Path(path)
        dump_recipe(self.recipe(), path, force=force)
        return path

    def start(self, name: str = "") -> RunWatch:
        """Start the run as a job that goes on when the notebook is closed.

        Parameters
        ----------
        name : str
            Folder of the run below the folder of runs; default `proposed_name`.

        Returns
        -------
        RunWatch
            Shows how it goes on.

        Raises
        ------
        OptionError
            The name is none, or such a run exists.
        MissingExtraError
            PyTorch is not installed.
        """
        path = new_run(name or self.proposed_name, self.book.folder)
        start_run(self.book.jobs, path.name, self.recipe(path.name))
        return RunWatch(path)

    @property
    def widget(self) -> widgets.Widget:
        """Form, estimate and start button, made at first need."""
        if self._view is None:
            self._view = _View(self)
        return self._view.widget

    def close(self) -> None:
        """End the worker thread and take the form away; a run that was started goes on."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def _ipython_display_(self) -> None:
        from IPython.display import display

        load_bokeh()
        display(self.widget)

    def __repr__(self) -> str:
        return f"TrainForm({self._source}, {len(self.data.records):,} images)"


class _View:
    """The widgets of one form."""

    def __init__(self, form: TrainForm) -> None:
        self._form = form
        self.status = StatusLine()
        self._lane = KernelLane(on_progress=self.status.report)
        self.status.on_cancel(self._lane.cancel)
        self.options: OptionForm[TrainOptions] = OptionForm(form.options, on_change=self._changed)
        self.estimate = widgets.HTML()
        self.pictures = PictureRow(KINDS)
        layout = widgets.Layout
        self.name = widgets.Text(description="Name", layout=layout(width="100%"))
        self.start = widgets.Button(description="Start training", button_style="primary", layout=layout(width="100%"))
        self.start.on_click(lambda _: self._start())
        self.problem = widgets.HTML()
        self.run = widgets.VBox()
        self.options.widget.layout.flex = "0 0 auto"  # else its rows shrink to the height of the box
        left = widgets.VBox(
            [self.options.widget], layout=layout(width="300px", min_width="300px", height="640px", overflow="auto")
        )
        beside = [self.estimate, self.name, self.start, self.problem, self.status.widget, self.pictures.widget]
        right = widgets.VBox([*beside, self.run], layout=layout(flex="1 1 auto", min_width="0", padding="0 0 0 12px"))
        self.widget = widgets.VBox([widgets.HTML(STYLE), widgets.HBox([left, right])])
        self.show(form.options)

    def show(self, options: TrainOptions) -> None:
        """Show a setting and what it will cost."""
        if self.options.state.options != options:
            self.options.show(options)
        self._plan(options)

    def close(self) -> None:
        self._lane.close()
        self.widget.close()

    def _changed(self, options: TrainOptions) -> None:
        self._form._options = options
        self._plan(options)

    def _plan(self, options: TrainOptions) -> None:
        self.start.disabled = True
        self._lane.submit(
            lambda progress: plan_of(self._form.data, options, self._form.book, progress=progress),
            self._planned,
            self._refuse,
        )

    def _planned(self, plan: Plan) -> None:
        self.status.clear()
        self.problem.value, self.start.disabled = "", False
        self.options.succeed()
        self.options.guide(plan.guidance)
        self.estimate.value = table_of(plan.lines)
        self.name.placeholder = self._form.proposed_name
        rows = [
            {"name": each.name, "note": f"{each.tokens:,} tokens", **{kind: getattr(each, kind) for kind in KINDS}}
            for each in plan.pictures
        ]
        self.pictures.show(rows, key=plan)

    def _start(self) -> None:
        try:
            watch = self._form.start(self.name.value.strip())
        except VitsciVizError as error:
            self._say(str(error))
            return
        self._say("")
        self.name.value = ""
        self.run.children = (watch.widget,)

    def _refuse(self, error: Exception) -> None:
        self.status.clear()
        self._say(str(error))
        self.options.fail(str(error))
        if not isinstance(error, VitsciVizError):
            raise error

    def _say(self, words: str) -> None:
        self.problem.value = f'<div class="vz-error" role="alert">{html.escape(words)}</div>' if words else ""
