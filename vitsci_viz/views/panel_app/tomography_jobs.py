"""Reconstruct all: what it will take, the button that starts it, and the reconstructions with how far they are."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.errors import Cancelled, VitsciVizError
from vitsci_viz.types import Recipe
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.status import words_of
from vitsci_viz.views.session.estimate import duration
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.pulse import Pulse
from vitsci_viz.views.session.tomography_runs import VolumeBook, VolumeRun

Looked = tuple[tuple[VolumeRun, ...], str]


class VolumeJobs:
    """Starts reconstructions as jobs and shows how they stand.

    Parameters
    ----------
    book : VolumeBook
        Where they are kept.
    post : callable
        Runs a function on the document thread.
    recipe : callable
        ``recipe(path) -> (recipe, slices)``: what is on screen, to be written to a path; may raise a `VitsciVizError`.
    on_open : callable
        Called with a reconstruction that is done.
    on_watch : callable
        Called with the name of the one that is watched, empty for none.
    said : callable
        Told what happened, in a sentence.
    shortened : callable
        Takes the folders of the server out of a message.
    """

    def __init__(
        self,
        book: VolumeBook,
        post: Post,
        *,
        recipe: Callable[[Any], tuple[Recipe, int]],
        on_open: Callable[[VolumeRun], None],
        on_watch: Callable[[str], None],
        said: Callable[[str], None],
        shortened: Callable[[str], str],
    ) -> None:
        self.book, self._recipe = book, recipe
        self._on_open, self._on_watch, self._said, self._shortened = on_open, on_watch, said, shortened
        self.watched = ""
        self._runs: tuple[VolumeRun, ...] = ()
        self._acts = Lane(post)
        self._pulse: Pulse[Looked] = Pulse(self._look, self._looked, post)
        self.view = Island(
            script="tomography_jobs.js", style="tomography_jobs.css", on_message=self._receive,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.view.put(rows=None, watched="", log="", name="", facts="", error="", ready=False, started=0)

    def start(self, watched: str) -> None:
        """Begin to look at the jobs."""
        self.watched = watched
        self._pulse.start()

    def offer(self, name: str, facts: str) -> None:
        """Propose a name, and say what a reconstruction of all will take."""
        self.view.put(name=name, facts=facts, ready=True, error="")

    def refuse(self, message: str) -> None:
        """Say why nothing can be started with this setting."""
        self.view.put(facts="", ready=False, error=self._shortened(message))

    def close(self) -> None:
        """Stop looking; the jobs go on."""
        self._pulse.close()
        self._acts.close()

    # ---- inside

    def _look(self) -> Looked:
        runs = self.book.look()
        watched = next((run for run in runs if run.name == self.watched), None)
        return runs, "" if watched is None else self._shortened(self.book.log(watched))

    def _looked(self, look: Looked) -> None:
        self._runs, log = look
        self.view.put(rows=rows_of(self._runs, self._shortened), watched=self.watched, log=log)

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind, name = message["kind"], str(message.get("name", ""))
        if kind == "start":
            self._start(name.strip() or self.view.state["name"])
            return
        run = next((each for each in self._runs if each.name == name), None)
        if run is None:
            return
        if kind == "watch":
            self._watch("" if name == self.watched else name)
        elif kind == "open" and run.state == "done":
            self._on_open(run)
        elif kind == "stop":
            self._do(lambda: self.book.stop(run), f"{name} stops; what is done stays")
        elif kind == "resume":
            self._do(lambda: self.book.resume(run), f"{name} goes on")

    def _start(self, name: str) -> None:
        if not self.view.state["ready"]:
            return
        try:
            recipe, slices = self._recipe(self.book.new(name))
        except VitsciVizError as error:
            self.view.put(error=self._shortened(str(error)))
            return

        def done(_: Any) -> None:
            self.view.put(started=self.view.state["started"] + 1, error="")
            self._said(f"{name} started; it goes on when this tab is closed")
            self._watch(name)

        self._acts.submit(lambda progress: self.book.start(name, recipe, slices=slices), done, self._failed)

    def _do(self, work: Callable[[], Any], said: str) -> None:
        def done(_: Any) -> None:
            self._said(said)
            self._pulse.now()

        self._acts.submit(lambda progress: work(), done, self._failed)

    def _watch(self, name: str) -> None:
        self.watched = name
        self.view.put(watched=name, log="")
        self._pulse.now()
        self._on_watch(name)

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self.view.put(error=self._shortened(words_of(error)))


def rows_of(runs: Sequence[VolumeRun], shortened: Callable[[str], str] = str) -> list[dict[str, Any]]:
    """Put reconstructions in plain values for the browser."""
    return [
        {
            "name": run.name, "state": run.state, "part": run.part, "note": note_of(run, shortened),
            "can": [name for name, is_offered in (
                ("open", run.state == "done"), ("stop", run.state in ("queued", "running")), ("resume", run.can_resume),
            ) if is_offered],
        }
        for run in runs
    ]  # fmt: skip


def note_of(run: VolumeRun, shortened: Callable[[str], str] = str) -> str:
    """Say in a few words how a reconstruction stands.

    >>> from pathlib import Path
    >>> note_of(VolumeRun(name="a", path=Path("a"), job="1", state="running", part=0.25, seconds=30))
    '25 %, about 1.5 min left'
    """
    if run.message:
        return shortened(run.message)
    if run.state == "running":
        left = f", about {duration(run.seconds * (1 - run.part) / run.part)} left" if run.part > 0 else ""
        return f"{100 * run.part:.0f} %{left}"
    return duration(run.seconds) if run.state == "done" else f"{100 * run.part:.0f} % done" if run.part else ""
