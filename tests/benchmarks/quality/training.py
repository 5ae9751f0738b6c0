"""Train a setting through its recipe: resumed where it stopped, kept as a small file once it is done."""

import hashlib
import json
import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.quality.data import data_folder
from tests.benchmarks.report import RESULTS, machine
from vitsci_viz.atomic import replacing
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import RunFolder, read_metrics
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.train import run_train

KEPT = RESULTS / "quality"
FIRST_LOSSES = 3
"""Losses of the first steps are kept with a result: they tell whether later code still computes the same."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One model to train.

    Parameters
    ----------
    study, name : str
        Where it is needed, and what it is called there.
    data : str
        Key of the data set: its generator, count, side and seed in words.
    epochs : int
        Passes over the training images; with the batch this fixes the steps, whatever the machine.
    seed : int
        Of weights, order and augmentation.
    options : mapping
        Training options, as in a recipe.
    """

    study: str
    name: str
    data: str
    epochs: int
    seed: int
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name of the file that keeps the result."""
        text = json.dumps(asdict(self), sort_keys=True)
        return f"{self.study}-{self.name}-{self.seed}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def train_options(self) -> TrainOptions:
        """Return the options of the run."""
        return TrainOptions(**{**self.options, "epochs": self.epochs, "seed": self.seed})


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What a training came to.

    Parameters
    ----------
    steps, dice : (n,) arrays
        Steps at which the validation images were looked at, and the mean Dice there (0 to 1).
    first_losses : tuple of float
        Losses of the first steps.
    """

    steps: np.ndarray
    dice: np.ndarray
    first_losses: tuple[float, ...]

    def best(self) -> float:
        """Return the highest Dice."""
        return float(self.dice.max())

    def smoothed(self) -> np.ndarray:
        """Return the running median over three validations (of two at the ends)."""
        padded = np.concatenate([self.dice[:1], self.dice, self.dice[-1:]])
        return np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1)

    def until(self, steps: float) -> float:
        """Return the highest smoothed Dice up to a step; NaN before the first validation."""
        seen = self.smoothed()[self.steps <= steps]
        return float(seen.max()) if len(seen) else float("nan")

    def steps_to(self, dice: float) -> float:
        """Return the first step whose smoothed Dice reaches a value; infinity where none does."""
        reached = np.flatnonzero(self.smoothed() >= dice)
        return float(self.steps[reached[0]]) if len(reached) else float("inf")


def trained_all(settings: Sequence[Setting], work: Path) -> list[Curve]:
    """Return the curves of settings; what is missing is trained side by side, one thread each."""
    for data in {setting.data for setting in settings}:
        data_folder(data, work)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=context) as pool:
        return list(pool.map(trained, settings, [work] * len(settings)))


def trained(setting: Setting, work: Path) -> Curve:
    """Return the curve of a setting: the one that is kept, else by training on from its last checkpoint.

    Parameters
    ----------
    setting : Setting
        What to train.
    work : Path
        Folder for data and run folders.
    """
    place = KEPT / f"{setting.key}.json"
    if place.exists():
        return read_curve(place)
    data = data_folder(setting.data, work)
    folder = RunFolder(work / setting.key)
    options = setting.train_options()
    recipe = Recipe(
        workflow="train", inputs={"data": str(data)}, outputs={"run": str(folder.path)}, options=options.to_mapping()
    )
    run_train(recipe, options, execution=ExecutionOptions(threads=1), resume=(folder.checkpoints / "last").exists())
    rows, _ = read_metrics(folder)
    seen = [(row["step"], row["val_dice"]) for row in rows if row.get("val_dice") is not None]
    content = {
        "setting": asdict(setting),
        "machine": machine(),
        "first_losses": [row["loss"] for row in rows[:FIRST_LOSSES]],
        "steps": [step for step, _ in seen],
        "dice": [round(dice, 5) for _, dice in seen],
        "seconds": rows[-1]["seconds"],
    }
    KEPT.mkdir(parents=True, exist_ok=True)
    with replacing(place) as temporary:
        temporary.write_text(json.dumps(content) + "\n")
    return read_curve(place)


def read_curve(place: Path) -> Curve:
    """Read a result that is kept."""
    content = json.loads(place.read_text())
    return Curve(
        steps=np.array(content["steps"]), dice=np.array(content["dice"]), first_losses=tuple(content["first_losses"])
    )
