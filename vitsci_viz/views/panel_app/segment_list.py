"""The list of a run's images: scored one by one in the background, the worst first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vitsci_viz.errors import Cancelled
from vitsci_viz.views.panel_app.segment_scores import ScoresPanel
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.segment import SegmentView
from vitsci_viz.views.session.segment_scores import ImageRow, ImageScore, compare_runs, worst_first
from vitsci_viz.views.session.segment_session import SegmentSession, Source
from vitsci_viz.workflows.segment_options import PredictOptions


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What scores are of: runs A and B, and how they predict."""

    runs: Sequence[Path] = ()
    options: PredictOptions = field(default_factory=PredictOptions)
    classes: tuple[str, ...] = ()


class ImageList:
    """Lists images with their scores, and scores those that have none; gives way to whatever the user asks for.

    Parameters
    ----------
    session : SegmentSession
        Predicts and scores.
    post : callable
        Runs a function on the document thread.
    on_pick : callable
        Called with the image that the user wants to see.
    must_wait : callable
        Tells whether something more urgent is going on; `go_on` is called when it has ended.
    words : callable
        Says an error in words.
    """

    def __init__(
        self,
        session: SegmentSession,
        post: Post,
        *,
        on_pick: Callable[[Source], None],
        must_wait: Callable[[], bool],
        words: Callable[[Exception], str],
    ) -> None:
        self._session, self._on_pick, self._must_wait, self._words = session, on_pick, must_wait, words
        self._lane = Lane(post)
        self._sources: tuple[Source, ...] = ()
        self._asked = Asked()
        self._current = ""
        self._split, self._is_paused = "val", False
        self._problems: dict[str, str] = {}
        self.panel = ScoresPanel(on_pick=self._pick, on_split=self._show_split, on_continue=self.resume)

    @property
    def listed(self) -> list[Source]:
        """The images of the split that is shown."""
        return [each for each in self._sources if self._split == "all" or each.split == self._split]

    @property
    def rows(self) -> tuple[ImageRow, ...]:
        """The rows as they are shown, the worst first."""
        asked = self._asked
        rows = self._session.rows(self.listed, asked.runs, asked.options, problems=self._problems)
        return worst_first(rows, is_comparison=len(asked.runs) > 1)

    @property
    def scores(self) -> list[dict[str, ImageScore]]:
        """What is known of the listed images that have a truth, for each run."""
        return [{key: found for key, found in each.items() if found is not None} for each in self._known()]

    def open(self, sources: Sequence[Source], asked: Asked) -> None:
        """List other images, or the same ones for other runs or options."""
        self.pause_for_now()
        self._sources, self._asked, self._problems, self._is_paused = tuple(sources), asked, {}, False
        if not any(source.split == "val" for source in sources):
            self._split = "all"
        self.refresh()

    def mark(self, source: Source) -> None:
        """Mark the image on screen."""
        self._current = source.key
        self.refresh()

    def score(self, source: Source, view: SegmentView, remarks: Sequence[str]) -> None:
        """Score the image on screen, then go on with the list."""
        asked = self._asked

        def done(scores: list[ImageScore | None]) -> None:
            if self._current == source.key and self._asked is asked:
                self.panel.show_image(scores, view.classes, remarks)
            self.go_on()

        self._lane.submit(lambda progress: self._scored(source, asked, progress), done, self._failed(source), kind="")

    def go_on(self) -> None:
        """Score one more image."""
        waiting, asked = self._waiting(), self._asked
        if waiting and not self._is_paused and not self._must_wait():
            source = waiting[0]
            self._lane.submit(
                lambda progress: self._scored(source, asked, progress), lambda _: self.go_on(), self._failed(source)
            )
        self.refresh()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._is_paused = False
        self.go_on()

    def pause(self) -> None:
        """Score nothing until `resume`."""
        self._is_paused = True
        self.pause_for_now()
        self.refresh()

    def pause_for_now(self) -> None:
        """Leave the processor to something else until `go_on`."""
        self._lane.cancel()

    def close(self) -> None:
        """End the thread."""
        self._lane.close()

    def refresh(self) -> None:
        """Show what is known."""
        known, is_pair = self.scores, len(self._asked.runs) > 1
        waiting = len(self._waiting())
        counts = {split: sum(each.split == split for each in self._sources) for split in ("val", "train")}
        versus = compare_runs(known[0], known[1]) if is_pair else None
        self.panel.show_rows(self.rows, current=self._current, is_pair=is_pair)
        self.panel.show_every([list(each.values()) for each in known], self._asked.classes, versus)
        is_running = bool(waiting) and not self._is_paused
        self.panel.show_list(self._split, {**counts, "all": len(self._sources)}, waiting=waiting, is_running=is_running)

    # ---- inside

    def _scored(self, source: Source, asked: Asked, progress: Any) -> list[ImageScore | None]:
        return [self._session.score(source, run, asked.options, progress=progress) for run in asked.runs]

    def _failed(self, source: Source) -> Callable[[Exception], None]:
        def failed(error: Exception) -> None:
            if not isinstance(error, Cancelled):
                self._problems[source.key] = self._words(error)
                self.go_on()

        return failed

    def _known(self) -> list[dict[str, ImageScore | None]]:
        asked = self._asked
        return [self._session.known_scores(self.listed, run, asked.options) for run in asked.runs]

    def _waiting(self) -> list[Source]:
        known = self._known()
        return [
            source
            for source in self.listed
            if source.key not in self._problems and not all(source.key in each for each in known)
        ]

    def _pick(self, key: str) -> None:
        found = next((source for source in self._sources if source.key == key), None)
        if found is not None:
            self._on_pick(found)

    def _show_split(self, split: str) -> None:
        self._split = split
        self.resume()
