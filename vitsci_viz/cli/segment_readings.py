"""What training, prediction and evaluation found, as people read it in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vitsci_viz.cli.styles import ACCENT, QUIET, footer
from vitsci_viz.types import Report
from vitsci_viz.views.session.wording import UNKNOWN, extent, plain

CLASSES_SHOWN = 6
"""Images list the Dice of single classes where there are no more than these."""
WORST_SHOWN = 10
"""Images listed one by one; all are in the JSON and in the table."""
SCORES = (("dice", "Dice"), ("iou", "IoU"), ("hd95", "HD95"), ("nsd", "NSD"))
DISTANCES = ("hd95",)
AREAS = {"um2": "um^2", "um3": "um^3", "mm2": "mm^2", "mm3": "mm^3"}
OBJECT_SCORES = {"f1": "F1 at IoU 0.5", "f1_mean": "F1 at IoU 0.5 to 0.9", "pq": "PQ", "aji": "AJI"}


def train_readings(report: Report) -> Iterator[RenderableType]:
    """Say how well the run learned, and what to do next."""
    results = report.results
    facts = f"{results['parameters']:,} parameters, {counted(results['train_images'], 'image')} trained on"
    yield Text.assemble((str(results["run"]), "bold"), (f"  {facts}", QUIET))
    steps = f"{counted(results['steps'], 'step')} ({counted(results['epochs'], 'epoch')})"
    if results["best_dice"] is None:
        yield Text(f"{steps} without validation")
    else:
        count, scored = counted(results["val_images"], "validation image"), len(results["images"])
        if 0 < scored < results["val_images"]:
            count = f"{scored:,} of {count}"
        yield Text.assemble(
            (f"Dice {results['best_dice']:.4f}", ACCENT),
            f" on {count}, best at step {results['best_step']:,} of {steps}",
        )
    yield from _images(results["images"], results["classes"])
    yield from _notes(results["notes"])
    if results["state"] == "stopped":
        yield Text(f"Stopped before the last epoch; go on with: vitsci-viz train {results['run']} --resume")
    yield footer(report)


def predict_readings(report: Report) -> Iterator[RenderableType]:
    """Say what was labelled with how many tokens, and how much of each class there is."""
    results = report.results
    facts = extent(results["shape"], results["channels"], results["spacing"], results["unit"])
    yield Text.assemble((str(results["image"]), "bold"), (f"  {facts}", QUIET))
    tokens = results["tokens"]
    yield Text(f"{counted(tokens, 'token')}" if tokens else "predicted from pixels", style=ACCENT)
    area = next((unit for unit in AREAS if any(unit in row for row in results["classes"].values())), None)
    table = _table("class", "share", "pixels", *([AREAS[area]] if area else []))
    for name, row in results["classes"].items():
        more = [plain(row[area])] if area else []
        table.add_row(name, f"{100 * row['share']:.2f} %", f"{row['pixels']:,}", *more)
    yield table
    yield from _notes(results["notes"])
    yield footer(report)


def evaluate_readings(report: Report) -> Iterator[RenderableType]:
    """Show the scores by class, then the images that need a look."""
    results = report.results
    low, high = results["interval"]
    interval = "" if low is None else f"  95 % interval {low:.4f} to {high:.4f} over {results['groups']} groups"
    count = counted(len(results["images"]), "image")
    yield Text.assemble(
        (str(results["run"]), "bold"), (f"  {results['checkpoint']} weights, {count}", QUIET), "\n",
        (f"Dice {number(results['mean_dice'])}", ACCENT), f" without the background{interval}",
    )  # fmt: skip
    unit, tolerance = results["unit"], results["tolerance"]
    heads = {"hd95": f"HD95 ({unit})", "nsd": f"NSD ({tolerance:g} {unit})"}
    table = _table("class", *(heads.get(key, title) for key, title in SCORES))
    for name in results["classes"]:
        table.add_row(name, *(_score(key, results[key].get(name)) for key, _ in SCORES))
    table.add_row("mean", *(_score(key, results[f"mean_{key}"]) for key, _ in SCORES), style="bold")
    yield table
    if "instances" in results:
        yield _objects(results["instances"], results.get("ceiling", {}))
    yield from _images(results["images"], results["classes"])
    yield from _notes(results["notes"])
    yield footer(report)


def _images(images: Sequence[Mapping[str, Any]], classes: Sequence[str]) -> Iterator[RenderableType]:
    """List the worst images, those that were trained on marked."""
    if not images:
        return
    single = classes[1:] if 2 < len(classes) <= 1 + CLASSES_SHOWN and "dice_by_class" in images[0] else ()
    table = _table("worst images", "Dice", *single)
    for row in images[:WORST_SHOWN]:
        mark = "  (trained on)" if row.get("trained_on") else ""
        table.add_row(
            Text.assemble(str(row["name"]), (mark, QUIET)),
            number(row["dice"]),
            *(number(row["dice_by_class"][name]) for name in single),
        )
    left = len(images) - WORST_SHOWN
    yield Group(table, Text(f"and {left:,} better ones", style=QUIET)) if left > 0 else table


def _objects(scores: Mapping[str, Any], ceiling: Mapping[str, Any]) -> Table:
    """Show how well single objects were found, beside what the true foreground scores once it is split likewise."""
    table = _table("single objects", "score", "of the truth")
    for key, title in OBJECT_SCORES.items():
        table.add_row(title, number(scores[key]), number(ceiling.get(key)))
    counts = f"{scores['matched']:,} of {scores['true_objects']:,}"
    table.add_row("found at IoU 0.5", counts, f"{ceiling.get('matched', 0):,}")
    return table


def _notes(notes: Sequence[str]) -> Iterator[Text]:
    for note in notes:
        yield Text(f"{note[:1].upper()}{note[1:]}.", style="yellow")


def _table(*heads: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=QUIET)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left", no_wrap=not place)
    return table


def _score(key: str, value: float | None) -> str:
    return number(value, digits=2 if key in DISTANCES else 4)


def number(value: float | None, *, digits: int = 4) -> str:
    """Write a score; one that is not known is a dash.

    >>> number(0.81234)
    '0.8123'
    """
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def counted(count: int, what: str) -> str:
    """Write how many there are.

    >>> counted(1, "image"), counted(1200, "image")
    ('1 image', '1,200 images')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"
