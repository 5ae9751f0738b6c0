"""The images and masks that a run is scored on: what the run did with them, and what their values mean to it."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.training.instances import split_objects
from vitsci_viz.training.labels import IGNORED, LabelMap
from vitsci_viz.training.masks import check_shape, count_values, open_mask
from vitsci_viz.training.records import Record
from vitsci_viz.training.run_folder import RunFolder

USES = {"train": "trained on", "val": "kept for validation"}
"""What a run did with an image, in words."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Truth:
    """What is true of one image.

    Parameters
    ----------
    labels : (*shape) uint8
        Class indices, `IGNORED` where nothing counts.
    objects : (*shape) of integers, optional
        Numbers of single objects, 0 outside of them and where nothing counts.
    """

    labels: NDArray[np.uint8]
    objects: NDArray[Any] | None = None


def mark_records(records: Sequence[Record], run: RunFolder) -> tuple[Record, ...]:
    """Say of every image what the run did with it; images are known by their paths.

    Parameters
    ----------
    records : sequence of Record
        As found in the data.
    run : RunFolder
        Its ``splits.csv`` says what was trained on.

    Returns
    -------
    tuple of Record
        With `split` (``train`` or ``val``; others keep their own) and, where the data name no group, `group` as the
        run has them.
    """
    known = _used_images(run)
    return tuple(
        replace(record, split=row["split"], group=record.group or row["group"])
        if (row := known.get(_place(record.image))) is not None
        else replace(record, split="" if record.split in USES else record.split)
        for record in records
    )


def choose_records(
    records: Sequence[Record], split: Literal["val", "train", "all"], *, data: str
) -> tuple[Record, ...]:
    """Keep the images that the run used in one way.

    Parameters
    ----------
    records : sequence of Record
        Marked by `mark_records`.
    split : {"val", "train", "all"}
        Which ones.
    data : str
        Named in errors.

    Raises
    ------
    InputError
        None is left.
    """
    kept = tuple(record for record in records if split in ("all", record.split))
    if not kept:
        raise InputError(
            f"split={split} asks for images that the run {USES[split]}, but it knows none of the {len(records)} in "
            f"{data} by their paths: name the data it was trained with, or take split=all"
        )
    return kept


def namesakes(records: Sequence[Record], run: RunFolder) -> tuple[str, ...]:
    """Return the names of images the run does not know by path but has trained on others of the same file name."""
    trained = {Path(path).name for path, row in _used_images(run).items() if row["split"] == "train"}
    return tuple(record.name for record in records if record.split not in USES and record.image.name in trained)


def labels_of_data(
    labels: LabelMap, records: Sequence[Record], *, has_objects: bool, ignore: Sequence[int] = ()
) -> LabelMap:
    """Return what the values of these masks mean, in the classes of the run.

    Parameters
    ----------
    labels : LabelMap
        That of the run.
    records : sequence of Record
        Images with masks.
    has_objects : bool
        Masks number single objects.
    ignore : sequence of int
        Further mask values that are left out.

    Returns
    -------
    LabelMap
        That of the run, except that for two classes any two values will do (0 and 255, say), as in training.

    Raises
    ------
    OptionError
        The masks number objects, but the run has more classes than background and foreground.
    """
    if ignore:
        labels = replace(labels, ignore=tuple(sorted({*labels.ignore, *ignore})))
    if labels.is_instances or len(labels) != 2:
        if has_objects and not labels.is_instances:
            raise OptionError(
                f"instances needs a run with two classes, got {len(labels)} ({', '.join(labels.names)}): leave it out"
            )
        return labels
    if has_objects:
        return replace(labels, is_instances=True)
    present = {value for counts in count_values(records).values() for value in counts} - {*labels.ignore}
    is_other_pair = len(present) == 2 and not present <= {*labels.values}
    return replace(labels, values=tuple(sorted(present))) if is_other_pair else labels


def read_truth(record: Record, labels: LabelMap, shape: Sequence[int], *, has_objects: bool) -> Truth:
    """Read a mask as class indices and, if it numbers objects, as objects.

    Parameters
    ----------
    record : Record
        Names the mask.
    labels : LabelMap
        What its values mean.
    shape : sequence of int
        Spatial shape of the image.
    has_objects : bool
        The mask numbers single objects; one that holds a single number is split by connected components.

    Raises
    ------
    InputError
        The mask has another shape than the image, or holds a value that is no class.
    """
    mask = open_mask(record)
    check_shape(record, mask, shape)
    values = np.asarray(mask)
    found = labels.index_of(values, str(record.mask))
    if not has_objects:
        return Truth(labels=found)
    inside = (found != 0) & (found != IGNORED)
    objects = np.where(inside, values, values.dtype.type(0))
    numbers = objects[inside]
    if numbers.size and numbers.min() == numbers.max():
        objects = split_objects(inside)
    return Truth(labels=found, objects=objects)


def _used_images(run: RunFolder) -> dict[str, dict[str, str]]:
    """Return the rows of the run's splits by the image's place."""
    if not run.splits.exists():
        return {}
    with run.splits.open(newline="", encoding="utf-8") as file:
        return {_place(run.path / row["image"]): row for row in csv.DictReader(file)}


def _place(path: Path) -> str:
    return str(path.expanduser().resolve())
