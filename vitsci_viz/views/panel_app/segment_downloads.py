"""What the user may take away from the Segment page: labels, outlines, errors, scores."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitsci_viz.errors import InputError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.session.segment_scores import ImageRow, ImageScore, class_rows

if TYPE_CHECKING:
    from vitsci_viz.views.session.segment import SegmentView

PICTURE_SIDE = 4096
"""Longest side of a picture."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """What is on screen, for a download.

    Parameters
    ----------
    view : SegmentView
        The image with its prediction.
    runs : sequence of str
        Names of run A and, where two are compared, of run B.
    rows : sequence of ImageRow
        The list of images.
    scores : mapping of str to ImageScore
        Scores of run A by the keys of the images.
    """

    view: "SegmentView"
    runs: Sequence[str]
    rows: Sequence[ImageRow]
    scores: Mapping[str, ImageScore]


def labels_file(shown: Shown, suffix: str, mime: str, progress: Progress = silent) -> File:
    """Write the prediction of run A as the workflow writes it."""
    from vitsci_viz.io.label_writing import write_segmentation
    from vitsci_viz.types import Segmentation

    view = shown.view
    if view.first is None:
        raise InputError("there is no prediction to save yet: choose a run and wait for it")
    image = view.base.image
    labels = Segmentation(
        labels=view.first.labels.finest.array, classes=view.classes, spacing=image.spacing, unit=image.unit,
        name=image.name,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels{suffix}"
        write_segmentation(path, labels, progress=progress)
        return File(name=f"{_stem(view)}-{shown.runs[0]}-labels{suffix}", mime=mime, data=path.read_bytes())


def error_file(shown: Shown, progress: Progress = silent) -> File:
    """Draw the errors of run A over the image, at most 4,096 pixels a side."""
    import numpy as np

    from vitsci_viz.views.session.picture import picture
    from vitsci_viz.views.session.segment import error_overlay
    from vitsci_viz.views.session.state import Window
    from vitsci_viz.workflows.overlay import encode_picture

    view = shown.view
    rows, columns = view.base.shape[-2:]
    scale = max(1.0, max(rows, columns) / PICTURE_SIDE)
    window = Window(0, 0, columns, rows, max(1, round(columns / scale)), max(1, round(rows / scale)))
    errors = error_overlay(view, window, margin=0)
    if errors is None:
        raise InputError("errors need a prediction and a truth: choose a run and add the image's mask")
    rgb = picture(view.base, window, slice_index=view.slice_index, margin=0).rgb
    colours = errors.palette[errors.index].astype(np.float32)
    share = colours[..., 3:] / 255
    mixed = np.rint(rgb * (1 - share) + colours[..., :3] * share).astype(np.uint8)
    return File(
        name=f"{_stem(view)}-{shown.runs[0]}-errors.png",
        mime="image/png",
        data=encode_picture(mixed, Path("errors.png")),
    )


def scores_table(shown: Shown) -> list[dict[str, Any]]:
    """Return a row for every image of the list, with the Dice of every class of run A."""
    names = shown.view.classes
    table: list[dict[str, Any]] = []
    for row in shown.rows:
        known = shown.scores.get(row.key)
        found = {each.name: each for each in class_rows([known], names)} if known is not None else {}
        second = {"mean_dice_b": row.second, "b_minus_a": row.difference} if len(shown.runs) > 1 else {}
        dice = {f"dice_{name}": found[name].dice if name in found else None for name in names[1:]}
        iou = {f"iou_{name}": found[name].iou if name in found else None for name in names[1:]}
        place = {"name": row.name, "group": row.group, "split": row.split}
        table.append({**place, "mean_dice": row.first, **second, **dice, **iou, "problem": row.problem})
    return table


def csv_file(shown: Shown, progress: Progress = silent) -> File:
    """Write the list of images with their scores as CSV."""
    from vitsci_viz.workflows.table import to_csv

    return File(name=f"{'-'.join(shown.runs)}-scores.csv", mime="text/csv", data=to_csv(scores_table(shown)).encode())


def json_file(shown: Shown, progress: Progress = silent) -> File:
    """Write the list of images with their scores as JSON."""
    from vitsci_viz.workflows.table import to_json

    text = to_json({"runs": list(shown.runs), "images": scores_table(shown)})
    return File(name=f"{'-'.join(shown.runs)}-scores.json", mime="application/json", data=text.encode())


SEGMENT_DOWNLOADS: Mapping[str, tuple[str, Callable[[Shown, Progress], File]]] = {
    "labels": ("Labels (TIFF)", lambda shown, progress: labels_file(shown, ".tif", "image/tiff", progress)),
    "outlines": (
        "Outlines for QuPath (GeoJSON)",
        lambda shown, progress: labels_file(shown, ".geojson", "application/geo+json", progress),
    ),
    "errors": ("Errors over the image (PNG)", error_file),
    "csv": ("Scores (CSV)", csv_file),
    "json": ("Scores (JSON)", json_file),
}
"""Name -> title in the menu and maker."""


def _stem(view: "SegmentView") -> str:
    return view.base.image.name.split(".")[0] or "image"
