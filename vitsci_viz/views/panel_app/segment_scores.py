"""The right side of the Segment page: how good a prediction is, class by class, and the images, worst first."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.palettes import class_hex
from vitsci_viz.views.session.segment_scores import (
    ClassRow,
    ImageRow,
    ImageScore,
    RunComparison,
    class_rows,
    mean_dice,
)
from vitsci_viz.views.session.wording import UNKNOWN

MOST_ROWS = 300
"""Images listed; of more, the rest is counted."""


NO_TRUTH = "No truth is known for this image: add its mask on the left to score it."
BEFORE = "Scores appear with a run and an image."


class ScoresPanel:
    """Shows scores and the list of images.

    Parameters
    ----------
    on_pick : callable
        Called with the key of the image that the user wants to see.
    on_split : callable
        Called with ``val``, ``train`` or ``all``: which images are listed.
    on_continue : callable
        Called when the user wants the rest of the list scored.
    """

    def __init__(
        self, *, on_pick: Callable[[str], None], on_split: Callable[[str], None], on_continue: Callable[[], None]
    ) -> None:
        self._on_pick, self._on_split, self._on_continue = on_pick, on_split, on_continue
        self.view = Island(
            script="scores.js", style="scores.css", on_message=self._receive, sizing_mode="stretch_width"
        )
        self.view.put(image=None, every=None, remarks=[], rows=[], more=0, current="", split="val", splits=[],
                      running=False, waiting=0, versus=None, stale=False, nothing=BEFORE)  # fmt: skip

    def show_image(self, scores: Sequence[ImageScore | None], names: Sequence[str], remarks: Sequence[str]) -> None:
        """Show the scores of the image on screen, of one run or two; None where its truth is not known."""
        self.view.put(image=_table(scores, names), remarks=list(remarks), stale=False, nothing=NO_TRUTH)

    def show_nothing(self, words: str) -> None:
        """Say why there are no scores of an image."""
        self.view.put(image=None, remarks=[], stale=False, nothing=words)

    def show_rows(self, rows: Sequence[ImageRow], *, current: str, is_pair: bool) -> None:
        """List images in the order given."""
        has_split = len({row.split for row in rows}) > 1
        shown = [_row_of(row, is_pair=is_pair, has_split=has_split) for row in rows[:MOST_ROWS]]
        self.view.put(rows=shown, more=max(0, len(rows) - MOST_ROWS), current=current)

    def show_every(
        self, scores: Sequence[Sequence[ImageScore]], names: Sequence[str], versus: RunComparison | None
    ) -> None:
        """Show the scores over all images that are known, of one run or two."""
        self.view.put(every=_means(scores, names), versus=_versus_words(versus))

    def show_list(self, split: str, counts: Mapping[str, int], *, waiting: int, is_running: bool) -> None:
        """Say which images are listed, how many there are, and how many have no score yet."""
        titles = {"val": "Val", "train": "Train", "all": "All"}
        splits = [{"name": name, "title": titles[name], "count": counts.get(name, 0)} for name in titles]
        self.view.put(split=split, splits=splits, waiting=waiting, running=is_running)

    def set_stale(self) -> None:
        """Dim the numbers of the image until new ones come."""
        self.view.put(stale=True)

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind, value = message["kind"], str(message.get("value", ""))
        if kind == "pick":
            self._on_pick(value)
        elif kind == "split" and value in ("val", "train", "all"):
            self._on_split(value)
        elif kind == "continue":
            self._on_continue()


def number(value: float | None) -> str:
    """Write a Dice or IoU to three digits, an en dash where there is none.

    >>> number(0.87654), number(float("nan")) == UNKNOWN
    ('0.877', True)
    """
    return UNKNOWN if value is None or math.isnan(value) else f"{value:.3f}"


def signed(value: float | None) -> str:
    """Write a difference to three digits with its sign.

    >>> signed(0.0123), signed(-0.5), signed(0.0001)
    ('+0.012', '-0.500', '0.000')
    """
    if value is None or math.isnan(value):
        return UNKNOWN
    return f"{value:+.3f}" if abs(value) >= 0.0005 else "0.000"


def percent(part: int, whole: int) -> str:
    """Write a share in whole per cent; an en dash where there is nothing to share.

    >>> percent(1, 3), percent(1, 1000), percent(999, 1000), percent(0, 9), percent(0, 0) == UNKNOWN
    ('33 %', '< 1 %', '> 99 %', '0 %', True)
    """
    if not whole:
        return UNKNOWN
    rounded = round(100 * part / whole)
    if rounded == 0 and part:
        return "< 1 %"
    return "> 99 %" if rounded == 100 and part < whole else f"{rounded} %"


def _table(scores: Sequence[ImageScore | None], names: Sequence[str]) -> dict[str, Any] | None:
    known = [[] if each is None else [each] for each in scores]
    return _means(known, names) if any(known) else None


def _means(scores: Sequence[Sequence[ImageScore]], names: Sequence[str]) -> dict[str, Any] | None:
    """Return mean and class rows of one run or two, in plain values."""
    if not scores or not scores[0]:
        return None
    tables = [class_rows(each, names) for each in scores[:2]]
    means = [mean_dice(each) for each in scores[:2]]
    return {
        "mean": [number(each) for each in means],
        "change": signed(means[1] - means[0]) if len(means) > 1 else "",
        "images": len(scores[0]),
        "classes": [_class_of(rows) for rows in zip(*(table for table in tables if table), strict=True)],
    }


def _class_of(rows: Sequence[ClassRow]) -> dict[str, Any]:
    row = rows[0]
    return {
        "name": row.name,
        "colour": class_hex(row.index),
        "dice": [number(each.dice) for each in rows],
        "iou": [number(each.iou) for each in rows],
        "missed": percent(row.missed_pixels, row.true_pixels),
        "false": percent(row.false_pixels, row.found_pixels),
        "pixels": f"{row.true_pixels:,} pixels in the truth, {row.found_pixels:,} predicted",
    }


def _row_of(row: ImageRow, *, is_pair: bool, has_split: bool) -> dict[str, Any]:
    part = 0.0 if row.first is None or math.isnan(row.first) else row.first
    split = {"val": "validation", "train": "training"}.get(row.split, row.split) if has_split else ""
    group = "" if row.group in row.name else row.group
    return {
        "key": row.key,
        "name": row.name,
        "note": ", ".join(filter(None, (group, split))),
        "value": number(row.first),
        "second": number(row.second) if is_pair else "",
        "change": signed(row.difference) if is_pair else "",
        "part": part,
        "problem": row.problem,
        "known": row.first is not None,
    }


def _versus_words(versus: RunComparison | None) -> str | None:
    if versus is None:
        return None
    return (
        f"B {signed(versus.difference)} on {versus.images:,} image{'s' * (versus.images > 1)}: better on "
        f"{versus.better:,}, worse on {versus.worse:,}, alike on {versus.alike:,}"
    )
