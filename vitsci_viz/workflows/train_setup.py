"""What a run trains, on what: images split and labelled, a model that fits them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.io.reading import read_image
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.options import ModelSpec, spec_of
from vitsci_viz.patching.detail import detail_kind
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.batches import needs_of
from vitsci_viz.training.labels import LabelMap, class_areas, empty_classes, find_labels
from vitsci_viz.training.masks import check_shapes, count_values
from vitsci_viz.training.normalisation import Normalisation, find_normalisation
from vitsci_viz.training.options import DataOptions, TrainOptions
from vitsci_viz.training.records import Record, find_records
from vitsci_viz.training.source import ExampleSource
from vitsci_viz.training.spacing import at_spacing
from vitsci_viz.training.splits import split_records


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainSetup:
    """Everything that `training.loop.fit` needs.

    Parameters
    ----------
    records : tuple of Record
        All images with their splits.
    labels : LabelMap
        Classes.
    train, val : ExampleSource
        What is learned from and judged by; val is None where nothing is kept for validation.
    normalisation : Normalisation
        Of the channels.
    spec : ModelSpec
        What the model is built from.
    model : SegmentationModel
        With new weights.
    notes : tuple of str
        What the user should know of the data.
    """

    records: tuple[Record, ...]
    labels: LabelMap
    train: ExampleSource
    val: ExampleSource | None
    normalisation: Normalisation
    spec: ModelSpec
    model: Any
    notes: tuple[str, ...]


def set_up(data: str, options: TrainOptions, *, progress: Progress = silent) -> TrainSetup:
    """Read and split the data of a run and build its model.

    Parameters
    ----------
    data : str
        Folder, CSV or ``sample:NAME``; see `find_records`.
    options : TrainOptions
        Of the run.
    progress : callable
        Told of every stage.

    Raises
    ------
    InputError, MissingFileError, OptionError
        Data or options are not fit to train on.
    """
    wanted = options.part(DataOptions)
    found = find_records(data)
    check_shapes(found, on_error=wanted.on_error, progress=progress)
    labels = find_labels(found, wanted, progress=progress)
    areas = class_areas(count_values(found, on_error=wanted.on_error, progress=progress), labels)
    records = split_records(found, wanted, options.seed, strata={name: _shares(area) for name, area in areas.items()})
    needs = needs_of(ModelSpec(architecture=options.architecture, head=options.head)).parts
    train = _source(records, "train", options, labels, needs)
    val = None
    if any(record.split == "val" for record in records):
        val = _source(records, "val", options, labels, needs, spacing_um=train.spacing_um)
    spec = spec_of(
        options, ndim=train.ndim, channels=train.channels, classes=len(labels), patch_size=train.sides.patch_size,
        min_size=train.sides.min_size, image_size=_image_size(train, options),
    )  # fmt: skip
    return TrainSetup(
        records=records, labels=labels, train=train, val=val, spec=spec, model=build_model(spec, seed=options.seed),
        normalisation=find_normalisation(train, progress=progress),
        notes=(
            *_notes(areas, labels, records), *_tree_notes(options, train.ndim), *train.notes,
            *(() if val is None else val.notes),
        ),
    )  # fmt: skip


def _source(
    records: tuple[Record, ...], split: str, options: TrainOptions, labels: LabelMap, needs: frozenset[str],
    spacing_um: tuple[float, ...] | None = None,
) -> ExampleSource:  # fmt: skip
    return ExampleSource(
        [record for record in records if record.split == split], options.part(PatchOptions), options.part(DataOptions),
        labels, seed=options.seed, is_training=split == "train", needs=needs, spacing_um=spacing_um,
    )  # fmt: skip


def _image_size(source: ExampleSource, options: TrainOptions) -> tuple[int, ...]:
    """Return the sides of crops, or the longest ones of the training images: budgets of larger images grow from it."""
    if options.crop is not None:
        return (options.crop,) * source.ndim
    shapes = [shape for record in source.records if (shape := _shape_of(source, record)) is not None]
    return tuple(max(sides) for sides in zip(*shapes, strict=True))


def _shape_of(source: ExampleSource, record: Record) -> tuple[int, ...] | None:
    """Return the shape of an image at the run's size of a pixel; None where it cannot be read and is to be skipped."""
    try:
        image = read_image(record.image)
    except VitsciVizError:
        if source.data.on_error == "stop":
            raise
        return None
    return image.shape if source.spacing_um is None else at_spacing(image, source.spacing_um).shape


def _shares(area: NDArray[np.float64]) -> list[float]:
    """Return the share of every class but the background."""
    return (area[1:] / max(1.0, float(area.sum()))).tolist()


def _tree_notes(options: TrainOptions, ndim: int) -> tuple[str, ...]:
    """Say where an augmentation of trees has nothing to change."""
    patch = options.part(PatchOptions)
    if not options.random_trees or (patch.mode != "uniform" and detail_kind(patch, ndim) == "edges"):
        return ()
    what = "a plain grid" if patch.mode == "uniform" else f"detail={detail_kind(patch, ndim)}"
    return (f"random_trees draws the thresholds of edges: it changes nothing with {what}",)


def _notes(areas: Any, labels: LabelMap, records: tuple[Record, ...]) -> tuple[str, ...]:
    """Say what is lacking: classes that no mask, or none to learn from, holds."""
    notes = [f"no mask holds the class '{name}': it cannot be learned" for name in empty_classes(areas, labels)]
    learned = {record.name: areas[record.name] for record in records if record.split == "train"}
    unseen = set(empty_classes(learned, labels)) - set(empty_classes(areas, labels))
    notes += [f"no training image holds the class '{name}': only validation images do" for name in sorted(unseen)]
    if not any(record.split == "val" for record in records):
        notes.append("nothing is kept for validation: the best checkpoint is the last one")
    return tuple(notes)
