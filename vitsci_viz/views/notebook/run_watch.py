"""`watch_run`: a training run in JupyterLab: its curves, predictions and log follow it until it ends."""

import asyncio
import html
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as widgets
from bokeh.layouts import row

from vitsci_viz.errors import MissingFileError, VitsciVizError
from vitsci_viz.views.charts.curves import RunCurves
from vitsci_viz.views.notebook.bokeh_widget import BokehWidget, load_bokeh
from vitsci_viz.views.notebook.pictures import PictureRow
from vitsci_viz.views.notebook.style import STYLE
from vitsci_viz.views.session.pulse import Pulse
from vitsci_viz.views.session.run_book import RunBook, RunStatus
from vitsci_viz.views.session.run_words import run_facts, run_note
from vitsci_viz.views.session.training import resume_run, stop_run
from vitsci_viz.views.session.watching import Look, Watch, Watched

KINDS = ("prediction", "truth", "image")
POLL_S = 0.5


class RunWatch:
    """A run on disk and the job that makes it; what `watch_run` returns.

    Parameters
    ----------
    path : Path
        Folder of the run; it need not have begun.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._book = RunBook(path.parent)
        self._watch = Watch(RunBook(path.parent))
        self._watch.name = path.name
        self._looking = threading.Lock()
        self._view: _View | None = None

    @property
    def watched(self) -> Watched:
        """Everything that is known of the run now.

        Raises
        ------
        MissingFileError
            There is no such run.
        """
        with self._looking:
            found = self._watch.look().watched
        if found is None:
            raise MissingFileError(f"there is no run in {self.path}: name the folder of one that was started")
        return found

    def look(self) -> Look:
        """Read how everything stands."""
        with self._looking:
            return self._watch.look()

    @property
    def status(self) -> RunStatus:
        """How the run stands now."""
        return self.watched.run

    def stop(self) -> None:
        """Ask the run to save and stop."""
        stop_run(self._book.jobs, self.status)

    def resume(self) -> None:
        """Go on from the last checkpoint."""
        resume_run(self._book.jobs, self.status)
        if self._view is not None:
            self._view.follow()

    def wait(self, timeout_s: float | None = None) -> RunStatus:
        """Wait until the run has ended.

        Parameters
        ----------
        timeout_s : float, optional
            Give up after so many seconds; the run goes on all the same.

        Returns
        -------
        RunStatus
            How it stands then.
        """
        end = None if timeout_s is None else time.monotonic() + timeout_s
        while (status := self.status).is_going and (end is None or time.monotonic() < end):
            time.sleep(POLL_S)
        return status

    @property
    def widget(self) -> widgets.Widget:
        """State, curves, predictions and log, made at first need; they follow the run while it goes on."""
        if self._view is None:
            self._view = _View(self)
        return self._view.widget

    def close(self) -> None:
        """Follow the run no more; it goes on."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def _ipython_display_(self) -> None:
        from IPython.display import display

        load_bokeh()
        display(self.widget)

    def __repr__(self) -> str:
        try:
            status = self.status
        except VitsciVizError as error:
            return f"RunWatch({self.path.name}, {error})"
        return f"RunWatch({status.name}, {status.state}, {run_note(status)})"


class _View:
    """The widgets of one run."""

    def __init__(self, run: RunWatch) -> None:
        self._run = run
        self._pulse: Pulse[Look] | None = None
        self._head, self._log = widgets.HTML(), widgets.HTML()
        self._bar = widgets.FloatProgress(min=0, max=1, layout=widgets.Layout(width="100%", height="8px"))
        self._stop = self._button("Stop", "Finishes the step, saves and stops", run.stop)
        self._resume = self._button("Resume", "Goes on from the last checkpoint", run.resume)
        self._problem = widgets.HTML()
        self._curves = RunCurves()
        self._pictures = PictureRow(KINDS)
        log = widgets.Accordion([self._log], titles=("Log",), selected_index=None)
        self.widget = widgets.VBox(
            [
                widgets.HTML(STYLE),
                widgets.HBox([self._head, self._stop, self._resume], layout=widgets.Layout(align_items="center")),
                self._bar,
                self._problem,
                BokehWidget(row(self._curves.loss, self._curves.dice, sizing_mode="stretch_width")),
                self._pictures.widget,
                log,
            ]
        )
        self._show(run.watched)
        self.follow()

    def follow(self) -> None:
        """Look again every second while the run goes on; in plain Python, without an event loop, not at all."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._pulse is not None:
            self._pulse.close()

        def post(function: Callable[[], None]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(function)

        self._pulse = Pulse(self._run.look, self._looked, post)
        self._pulse.start()

    def close(self) -> None:
        if self._pulse is not None:
            self._pulse.close()
        self.widget.close()

    def _looked(self, look: Look) -> None:
        if look.watched is None:
            return
        self._show(look.watched)
        if not look.watched.run.is_going and self._pulse is not None:
            self._pulse.close()

    def _show(self, watched: Watched) -> None:
        run = watched.run
        facts = "".join(
            f'<span title="{html.escape(text)}">{name} <b>{value}</b></span>&emsp;'
            for name, value, text in run_facts(run, watched.curves)
        )
        note = html.escape(run_note(run, has_time=False))
        self._head.value = (
            f'<div class="vz-note" role="status"><b>{html.escape(run.name)}</b>: {run.state}&emsp;{facts}{note}</div>'
        )
        self._bar.value = run.step / run.steps if run.steps else 0.0
        self._bar.layout.visibility = "visible" if run.is_going else "hidden"
        self._stop.layout.display = "" if run.is_going and run.job else "none"
        self._resume.layout.display = "" if run.can_resume else "none"
        self._curves.show(watched.curves)
        self._pictures.show(
            [
                {"name": each.name, "note": "" if each.dice is None else f"Dice {each.dice:.3f}", **_pictures_of(each)}
                for each in watched.previews
            ],
            key=watched.previews,
        )
        self._log.value = f"<pre>{html.escape(watched.log or 'No log yet.')}</pre>"

    def _button(self, text: str, tip: str, act: Callable[[], Any]) -> widgets.Button:
        def pressed(_: Any) -> None:
            try:
                act()
                self._problem.value = ""
            except VitsciVizError as error:
                self._problem.value = f'<div class="vz-error" role="alert">{html.escape(str(error))}</div>'

        button = widgets.Button(description=text, tooltip=tip, layout=widgets.Layout(width="80px"))
        button.on_click(pressed)
        return button


def _pictures_of(preview: Any) -> dict[str, Any]:
    return {kind: getattr(preview, kind) for kind in KINDS}


def watch_run(run: str | os.PathLike[str]) -> RunWatch:
    """Watch a training run, in JupyterLab live.

    Parameters
    ----------
    run : path
        Its folder.

    Returns
    -------
    RunWatch
        What the last line of a cell shows; with `stop`, `resume` and `wait`.

    Raises
    ------
    MissingFileError
        There is no such run.
    """
    found = RunWatch(Path(run).expanduser().absolute())
    _ = found.status
    return found
