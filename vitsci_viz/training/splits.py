"""Which images train and which validate: whole patients or slides, never single tiles of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import Record

Strata = Mapping[str, Sequence[float]]


def split_records(
    records: Sequence[Record], options: DataOptions, seed: int, *, strata: Strata | None = None
) -> tuple[Record, ...]:
    """Say of every record whether it trains or validates.

    Parameters
    ----------
    records : sequence of Record
        A split that they bring is kept.
    options : DataOptions
        `val_share`.
    seed : int
        Equal seeds give equal splits, whatever the order of the records.
    strata : mapping of str to numbers, optional
        For every record's name what the two splits should be alike in, the most important number first: such as the
        share of every class. By default the groups' sizes.

    Returns
    -------
    tuple of Record
        In the order given, with `split` set.

    Raises
    ------
    InputError
        One image or one group only, a group in two splits, or a split that leaves nothing to train or validate on.

    Notes
    -----
    Groups are sorted by their stratum and cut into as many runs of neighbours as there are to be validation groups;
    one group of each run is drawn (systematic stratified sampling). Without groups the share of images with the
    lowest hash of seed and name validates, so that a split hardly changes as images are added.
    """
    if any(record.split for record in records):
        return _given(records, options)
    if options.val_share == 0:
        return tuple(replace(record, split="train") for record in records)
    names = _draw_groups(records, options, seed, strata) if any(record.group for record in records) else None
    if names is None:
        names = _draw_images(records, options, seed)
    return tuple(replace(record, split="val" if record.name in names else "train") for record in records)


def _given(records: Sequence[Record], options: DataOptions) -> tuple[Record, ...]:
    for split in ("train", "val") if options.val_share else ("train",):
        if not any(record.split == split for record in records):
            raise InputError(
                f"the column split must name at least one image for {split}, got none: add one, leave the column out, "
                "or set val_share to 0 to train without validation"
            )
    return tuple(records)


def _draw_images(records: Sequence[Record], options: DataOptions, seed: int) -> set[str]:
    if len(records) < 2:
        raise InputError(
            f"one image at least must be kept for validation, but there is only {records[0].name}: add images, or set "
            "val_share to 0 to train without validation"
        )
    ranked = sorted(records, key=lambda record: _draw_number(record.name, seed))
    return {record.name for record in ranked[: _count(len(records), options)]}


def _draw_groups(records: Sequence[Record], options: DataOptions, seed: int, strata: Strata | None) -> set[str]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault(record.group, []).append(record)
    if len(groups) < 2:
        raise InputError(
            f"groups must be split whole, but all {len(records)} images are of the group '{records[0].group}': add "
            "another patient or slide, leave the column group out if the images are independent, or set val_share to 0"
        )
    ranked = sorted(groups, key=lambda group: (_stratum(groups[group], strata), _draw_number(group, seed)))
    runs = np.array_split(np.array(ranked, object), _count(len(groups), options))
    chosen = {min(run, key=lambda group: _draw_number(group, seed)) for run in runs}
    return {record.name for group in chosen for record in groups[group]}


def _stratum(members: Sequence[Record], strata: Strata | None) -> tuple[float, ...]:
    if strata is None:
        return (float(len(members)),)
    return tuple(float(value) for value in np.mean([strata[record.name] for record in members], axis=0))


def _count(many: int, options: DataOptions) -> int:
    """Return how many of `many` validate: their share, but at least one, and at least one is left."""
    return min(max(1, round(many * options.val_share)), many - 1)


def _draw_number(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()
