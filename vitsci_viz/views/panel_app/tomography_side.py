"""Beside the slice: where the axis may fall, the histogram, and how good the slice is."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.errors import Cancelled
from vitsci_viz.progress import Progress
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.histogram import HistogramPanel
from vitsci_viz.views.panel_app.tomography_choices import AxisChoices
from vitsci_viz.views.panel_app.volume_facts import correlation_charts
from vitsci_viz.views.session.histogram import Histogram, Span
from vitsci_viz.views.session.lane import Lane, Post
from vitsci_viz.views.session.tomography import TomographySession, TrialSlice, plain_options
from vitsci_viz.views.session.tomography_follow import Wanted
from vitsci_viz.views.session.tomography_judge import AxisChoice, Judgement, choices, histogram, judge
from vitsci_viz.views.session.volume_wording import quality_lines
from vitsci_viz.views.session.wording import Reading
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

COMPARED: Mapping[str, tuple[str, str]] = {
    "Resolution": ("resolution_px", "{:.2f} px"), "Signal to noise": ("signal_to_noise", "{:.1f}"),
    "Contrast to noise": ("contrast_to_noise", "{:.1f}"), "Rings": ("ring_score", "{:.2f}"),
    "Streaks": ("streak_score", "{:.2f}"),
}  # fmt: skip
"""Readings that are told for the slice before corrections too: key and format."""

SETTLED_S, LOOK_S = 0.6, 0.02
"""A slice is judged when no other has been asked for so long; so often it is looked."""


class TomographySide:
    """What is told of the slice on screen, from a thread of its own.

    Parameters
    ----------
    post : callable
        Runs a function on the document thread.
    on_take : callable
        Called with a centre that the user chose among the candidates.
    on_span : callable
        ``on_span(span, is_done)``: the user chose the values shown.
    on_failed : callable
        Called with an exception.
    words : callable
        Says an exception in words for the page.
    """

    def __init__(
        self,
        post: Post,
        *,
        on_take: Callable[[float], None],
        on_span: Callable[[Span, bool], None],
        on_failed: Callable[[Exception], None],
        words: Callable[[Exception], str],
    ) -> None:
        self._lane, self._search = Lane(post), Lane(post)
        self._on_failed, self._words = on_failed, words
        self._asked: tuple[Any, ...] | None = None
        self.quality: Mapping[str, Any] = {}
        self.choices = AxisChoices(on_take)
        self.histogram = HistogramPanel(on_span)
        self.facts = Island(
            script="facts.js", style="facts.css", fixed={"label": "Quality of the slice"}, sizing_mode="stretch_width"
        )
        self.clear()

    @property
    def panels(self) -> tuple[Any, ...]:
        """Its parts from top to bottom."""
        return self.choices.view.panel, self.histogram.view.panel, self.facts.panel

    def clear(self) -> None:
        """Show nothing: another scan is open."""
        self.choices.clear()
        self.histogram.clear()
        self.quality, self._asked = {}, None
        self.facts.put(sections=[])

    def close(self) -> None:
        """End the threads."""
        self._lane.close()
        self._search.close()

    def cancel(self) -> None:
        """Stop looking for the axis."""
        self._search.cancel()

    def find(
        self,
        session: TomographySession,
        options: ReconstructOptions,
        row: int,
        done: Callable[[Sequence[AxisChoice]], None],
    ) -> None:
        """Look for the places where the axis may fall and list them.

        Parameters
        ----------
        session : TomographySession
            The open scan.
        options : ReconstructOptions
            How it is corrected.
        row : int
            Detector row of the slices in the list.
        done : callable
            Called with what was found, best first; with nothing where that failed or was cancelled.
        """
        self.choices.set_finding(True)

        def found(each: Sequence[AxisChoice]) -> None:
            self.choices.show(each)
            done(each)

        def failed(error: Exception) -> None:
            self.choices.fail("" if isinstance(error, Cancelled) else self._words(error))
            done(())

        self._search.submit(
            lambda progress: choices(session, options, row, progress=progress), found, failed, kind="find"
        )

    def look(self, wanted: Wanted, found: TrialSlice, span: Span | None, *, is_compared: bool) -> None:
        """Count the values of a slice that has come to rest, and judge it.

        Parameters
        ----------
        wanted : Wanted
            What was asked for.
        found : TrialSlice
            The slice.
        span : (float, float), optional
            Values shown as black and white; None follows the slice.
        is_compared : bool
            Judge the slice before corrections too.
        """
        key = (id(wanted.session), wanted.options, wanted.row, wanted.centre_px, is_compared)
        if key == self._asked:
            return
        self._asked = key
        other = plain_options(wanted.options) if is_compared else None

        def count(progress: Progress) -> Histogram:
            return histogram(found)

        def judged(progress: Progress) -> Judgement:
            settle(progress)
            return judge(wanted.session, wanted.options, wanted.row, wanted.centre_px, other=other, progress=progress)

        def counted(values: Histogram) -> None:
            self.histogram.show(
                values, span or values.auto, title=f"Attenuation, {found.unit}", note="Inside the circle"
            )

        self._lane.submit(count, counted, self._failed, kind="histogram")
        self._lane.submit(judged, self._show, self._failed, kind="quality")

    def pause(self) -> None:
        """Stop judging: another slice is on its way, and has the processors."""
        self._lane.cancel()
        self._asked = None

    def _show(self, found: Judgement) -> None:
        self.quality = found.quality
        lines = [compared(line, found) for line in quality_lines(found.quality)] if found.quality else []
        notes = [text[:1].upper() + text[1:] for text in (*found.notes, *found.corrections)]
        section = {
            "title": "Quality of the slice",
            "lines": [dataclasses.asdict(line) for line in lines],
            "notes": notes,
            "charts": correlation_charts(found.quality),
        }
        self.facts.put(sections=[section] if lines or notes else [])

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, Cancelled):
            self._on_failed(error)


def settle(progress: Progress) -> None:
    """Wait until nobody moves the axis any more; ends at once where the work is stopped."""
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until:
        progress("quality", 0, 1)
        time.sleep(LOOK_S)


def compared(line: Reading, found: Judgement) -> Reading:
    """Add to a reading what it was before the corrections."""
    key, text = COMPARED.get(line.name, ("", ""))
    before = found.before.get(key) if key else None
    if before is None:
        return line
    note = f"before corrections {text.format(before)}"
    return dataclasses.replace(line, note=f"{line.note}; {note}" if line.note else note)
