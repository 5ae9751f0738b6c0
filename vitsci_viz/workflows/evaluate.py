"""Score a trained model against masks: per class and image, the worst image first, with intervals over groups."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vitsci_viz.io import read_image
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.image_scores import BY_CLASS, ImageScores, by_class, known, score_image, summarise
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.records import Record, find_records
from vitsci_viz.training.run_folder import RunFolder, open_run
from vitsci_viz.types import Image, Recipe, Report
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.segment_options import EvaluateOptions, PredictOptions
from vitsci_viz.workflows.segmenting import open_model
from vitsci_viz.workflows.table import write_table
from vitsci_viz.workflows.truth import choose_records, labels_of_data, mark_records, namesakes, read_truth

FEW_GROUPS = 10
"""Below this the bootstrap's intervals are too narrow to go without a word."""
NAMED_AT_MOST = 5


def run_evaluate(
    recipe: Recipe,
    options: EvaluateOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
) -> Report:
    """Predict every image of the data and compare it with its mask.

    Parameters
    ----------
    recipe : Recipe
        Inputs ``run`` and ``data``; output ``table``, optional.
    options : EvaluateOptions
        Which images, and how to compare.
    execution : ExecutionOptions
        Threads and memory; never change the answer.
    progress : callable
        Told of every image.
    force : bool
        Replace an existing output (checked before the run).

    Returns
    -------
    Report
        What `summarise` says of all images, ``images`` (a row each, worst first) and ``notes``, which say what a
        reader of the numbers should know.

    Raises
    ------
    VitsciVizError
        The run or the data cannot be read, no image is of the split, a mask does not fit its image or the classes.
    """
    watch = Stopwatch("load", "read", "predict", "score")
    run = open_run(recipe.inputs["run"])
    with using_threads(execution):
        with watch.stage("load"):
            bench = _open_bench(run, recipe.inputs["data"], options, watch, execution)
        rows = list(bench.measure_all(progress))
    images = sorted((_image_row(row, bench.labels.names) for row in rows), key=_rank)
    if "table" in recipe.outputs:
        write_table([_flat(row) for row in images], Path(recipe.outputs["table"]))
    results = {**_summary(rows, bench), "images": images, "notes": _notes(rows, bench)}
    results |= {"seconds": watch.total(), "peak_rss_bytes": peak_rss_bytes()}
    return Report(workflow="evaluate", results=results, recipe=recipe_mapping(recipe), versions=versions())


@dataclass(frozen=True, eq=False, kw_only=True)
class _Row:
    """One image with its scores."""

    record: Record
    name: str
    scores: ImageScores
    tokens: int
    seconds: float
    notes: Sequence[str]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Bench:
    """A model, and the images and masks that it is scored on."""

    run: RunFolder
    model: Any
    records: Sequence[Record]
    units: Sequence[str | None]
    labels: LabelMap
    options: EvaluateOptions
    watch: Stopwatch
    execution: ExecutionOptions

    @property
    def has_objects(self) -> bool:
        """Whether the masks number single objects."""
        return self.options.instances or self.labels.is_instances

    @property
    def unit(self) -> Literal["mm", "um", "px"]:
        """Unit of distances: what the images agree on, um where they differ, pixels where one of them is silent."""
        if None in self.units:
            return "px"
        return "mm" if set(self.units) == {"mm"} else "um"

    def spacing_of(self, image: Image) -> tuple[float, ...] | None:
        """Return the sides of a pixel in the unit of distances."""
        return {"mm": image.spacing, "um": image.spacing_um, "px": None}[self.unit]

    def measure_all(self, progress: Progress) -> Iterator[_Row]:
        """Score every image."""
        for number, record in enumerate(self.records):
            yield self._measure(record, _numbered(progress, number, len(self.records), record.name))

    def _measure(self, record: Record, progress: Progress) -> _Row:
        with self.watch.stage("read"):
            image = read_image(record.image)
            truth = read_truth(record, self.labels, image.shape, has_objects=self.has_objects)
        before = self.watch.seconds["predict"]
        with self.watch.stage("predict"):
            asked = PredictOptions(checkpoint=self.options.checkpoint)
            prediction = self.model.predict(image, options=asked, execution=self.execution, progress=progress)
            predicted = np.asarray(prediction.labels[...])  # painted here, from the tokens
        progress("scoring", 0, 1)
        with self.watch.stage("score"):
            scores = score_image(
                predicted, truth.labels, len(self.labels), objects=truth.objects, min_object=self.options.min_object,
                spacing=self.spacing_of(image), tolerance=self.options.tolerance,
            )  # fmt: skip
        return _Row(
            record=record,
            name=image.name,
            scores=scores,
            tokens=int(prediction.tokens),
            seconds=self.watch.seconds["predict"] - before,
            notes=tuple(prediction.notes),
        )


def _open_bench(
    run: RunFolder, data: str, options: EvaluateOptions, watch: Stopwatch, execution: ExecutionOptions
) -> _Bench:
    model = open_model(run.path, checkpoint=options.checkpoint)
    records = choose_records(mark_records(find_records(data), run), options.split, data=data)
    labels = labels_of_data(model.labels, records, has_objects=options.instances)
    units = [_unit_of(read_image(record.image)) for record in records]  # the pixels are not kept
    return _Bench(
        run=run, model=model, records=records, units=units, labels=labels, options=options, watch=watch,
        execution=execution,
    )  # fmt: skip


def _unit_of(image: Image) -> str | None:
    """Return the unit of an image's spacing; None where the size of its pixels is unknown."""
    return None if image.spacing_um is None else image.unit


def _summary(rows: Sequence[_Row], bench: _Bench) -> dict[str, Any]:
    names, options = bench.labels.names, bench.options
    found = summarise(
        [row.scores for row in rows], [_group(row.record) for row in rows], names,
        resamples=options.resamples, seed=options.seed,
    )  # fmt: skip
    return {
        **found,
        "run": str(bench.run.path),
        "checkpoint": options.checkpoint,
        "split": options.split,
        "classes": list(names),
        "groups": len({_group(row.record) for row in rows}),
        "unit": bench.unit,
        "tolerance": options.tolerance,
    }


def _group(record: Record) -> str:
    return record.group or record.name


def _rank(row: Mapping[str, Any]) -> tuple[float, str]:
    """Order by Dice, those without one last."""
    return math.inf if row["dice"] is None else row["dice"], row["name"]


def _image_row(row: _Row, names: Sequence[str]) -> dict[str, Any]:
    record, scores = row.record, row.scores
    found: dict[str, Any] = {"name": record.name}
    found |= {name: known(scores.mean(name)) for name in BY_CLASS}
    if scores.instances is not None:
        found |= {name: known(value) for name, value in vars(scores.instances).items()}
    found |= {"group": record.group, "split": record.split, "trained_on": record.split == "train"}
    found |= {"tokens": row.tokens, "seconds": row.seconds}
    found |= {"image": str(record.image), "mask": str(record.mask)}
    return found | {f"{name}_by_class": by_class(names, getattr(scores, name), name) for name in BY_CLASS}


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row without nested values: every class in a column of its own."""
    flat = {key: value for key, value in row.items() if not isinstance(value, Mapping)}
    for key, values in row.items():
        if isinstance(values, Mapping):
            flat |= {f"{key.removesuffix('_by_class')} {name}": value for name, value in values.items()}
    return flat


def _notes(rows: Sequence[_Row], bench: _Bench) -> list[str]:
    """Say what a reader of the numbers should know."""
    count, found = len(rows), []
    trained = sum(row.record.split == "train" for row in rows)
    if trained:
        found.append(f"{trained} of {count} images were trained on: their scores are not those of new images")
    if alike := namesakes(bench.records, bench.run):
        found.append(f"the run was trained on files of the same names as {_listed(alike)}: see that they are others")
    unsized = sum(unit is None for unit in bench.units)
    if 0 < unsized < count:
        found.append(f"{unsized} of {count} images do not say how large a pixel is: all distances are in pixels")
    groups = len({_group(row.record) for row in rows})
    if groups < FEW_GROUPS:
        found.append(f"the interval is over {groups} groups, which is few" if groups > 1 else "one group: no interval")
    return found + _told(rows)


def _told(rows: Sequence[_Row]) -> list[str]:
    """Return what the model said of single images, each once."""
    if len(rows) == 1:
        return list(rows[0].notes)
    said = [_anonymous(note, row.name) for row in rows for note in row.notes]
    return [f"{note} ({many} of {len(rows)} images)" for note, many in Counter(said).items()]


def _anonymous(note: str, name: str) -> str:
    return note.replace(f"the image {name}", name, 1).replace(name, "the image", 1)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _numbered(progress: Progress, number: int, count: int, name: str) -> Progress:
    """Name the image in the progress."""
    return lambda stage, done, total: progress(f"{name} ({number + 1} of {count}): {stage}", done, total)
