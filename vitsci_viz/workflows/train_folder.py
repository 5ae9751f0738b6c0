"""A run folder at the start of a run: begun anew, or found fit to go on with."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError, OptionError, OutputExistsError
from vitsci_viz.params import format_value
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.preview import INDEX
from vitsci_viz.training.run_folder import RunFolder, open_run, write_splits
from vitsci_viz.training.saving import BEST, LAST
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import load_recipe, recipe_text

if TYPE_CHECKING:
    from vitsci_viz.training.card import Card
    from vitsci_viz.workflows.train_setup import TrainSetup

MAY_CHANGE = ("epochs", "max_minutes", "save_every", "device")
"""Options that a resumed run may be given anew. With other `epochs` the rest of the schedule follows the new number."""


def check_begin(folder: RunFolder, *, force: bool) -> None:
    """Refuse to begin a run where one lies already.

    Raises
    ------
    OutputExistsError
        The folder holds a run, or a file that a run would replace, and `force` is not given; or it holds a folder
        that a run would replace and no run: `force` removes nothing that was not written by a run.
    """
    if folder.is_run:
        if force:
            return
        raise OutputExistsError(
            f"{folder.path} holds a run already: go on with it by --resume, replace it by --force, or choose another "
            "--out"
        )
    for path in _files(folder):
        if path.is_dir():
            raise OutputExistsError(f"{path} exists already and belongs to no run: choose another --out")
        if path.exists() and not force:
            raise OutputExistsError(f"{path} exists already: choose another --out, or pass --force to replace it")


def begin_run(folder: RunFolder, recipe: Recipe, setup: TrainSetup) -> None:
    """Clear the folder of a former run, and write the recipe and the splits of this one."""
    _clear_halves(folder)
    for path in _files(folder):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    _write_recipe(folder, recipe)
    write_splits(folder, _split_rows(folder, setup))


def check_resume(folder: RunFolder, recipe: Recipe, options: TrainOptions) -> None:
    """Refuse to go on with a run under other conditions.

    Raises
    ------
    MissingFileError, InputError
        The folder holds no run.
    OptionError
        Data or options differ from those of the run; they are named.
    """
    open_run(folder.path)
    former = load_recipe(folder.recipe)
    if former.inputs != recipe.inputs:
        raise OptionError(
            f"a run goes on with its own data: {folder.path} was begun with {former.inputs['data']}, got "
            f"{recipe.inputs['data']}; name the same, or begin another run"
        )
    differing = differences(former.options, options.to_mapping())
    if differing:
        raise OptionError(
            f"a run goes on with its own options ({', '.join(MAY_CHANGE)} may change): {folder.path} was begun with "
            f"{', '.join(differing)}; leave them out, or begin another run"
        )


def differences(former: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say which options differ, apart from those that may.

    >>> differences({"length": 512, "epochs": 9}, {"length": 256, "epochs": 10})
    ['length=512 (now 256)']
    """
    names = sorted({*former, *now} - {*MAY_CHANGE})
    return [
        f"{name}={format_value(former.get(name))} (now {format_value(now.get(name))})"
        for name in names
        if former.get(name) != now.get(name)
    ]


def check_start(path: Path, card: Card, setup: TrainSetup, options: TrainOptions) -> None:
    """Refuse to go on from the checkpoint of another run.

    Raises
    ------
    InputError
        It was written for another model, other classes or other options than those of the folder.
    """
    differing = differences(card.options, options.to_mapping())
    if card.spec != setup.spec:
        differing.insert(0, "another model")
    if card.labels != setup.labels:
        differing.insert(0, f"the classes {', '.join(card.classes)}")
    if differing:
        raise InputError(
            f"a run goes on from its own checkpoint: {path} was written with {'; '.join(differing)}; put back the one "
            "of this run, or begin another run"
        )


def continue_run(folder: RunFolder, recipe: Recipe, setup: TrainSetup) -> None:
    """Check that the images are those of the run, clear what a killed process left, and keep the recipe.

    Raises
    ------
    InputError
        Images were added, taken away or are split otherwise: the order of the steps would be another one.
    """
    rows = [list(row) for row in _split_rows(folder, setup)]
    with folder.splits.open(newline="", encoding="utf-8") as file:
        former = list(csv.reader(file))[1:]
    if rows != former:
        changed = {row[0] for row in rows} ^ {row[0] for row in former}
        raise InputError(
            f"a run goes on with its own images: {folder.splits} lists {len(former)}, the data now hold {len(rows)}"
            f"{f' (such as {min(changed)})' if changed else ' with other masks, groups or splits'}; restore the data, "
            "or begin another run"
        )
    _clear_halves(folder)
    _write_recipe(folder, recipe)


def _clear_halves(folder: RunFolder) -> None:
    """Remove what a killed process was writing: folders of temporary names beside the files of a run."""
    places = (*_files(folder), folder.checkpoints / BEST, folder.checkpoints / LAST, folder.previews / INDEX)
    for place in places:
        for half in place.parent.glob(f".{place.name}.*"):
            shutil.rmtree(half, ignore_errors=True)


def _write_recipe(folder: RunFolder, recipe: Recipe) -> None:
    with replacing(folder.recipe) as temporary:
        temporary.write_text(recipe_text(recipe, folder=folder.path.absolute()), encoding="utf-8")


def _split_rows(folder: RunFolder, setup: TrainSetup) -> list[tuple[str, str, str, str]]:
    """Return image, mask, group and split of every record, the files relative to the folder where they share one."""
    return [
        (_relative(record.image, folder), _relative(record.mask, folder), record.group, record.split)
        for record in setup.records
    ]


def _relative(path: Path, folder: RunFolder) -> str:
    path, base = path.absolute(), folder.path.absolute()
    return str(path) if os.path.commonpath([path, base]) == os.sep else os.path.relpath(path, base)


def _files(folder: RunFolder) -> tuple[Path, ...]:
    return (
        folder.recipe, folder.facts, folder.metrics, folder.splits, folder.checkpoints, folder.previews,
        folder.tensorboard,
    )  # fmt: skip
