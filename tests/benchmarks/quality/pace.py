"""Seconds of a training step: everything compared takes turns, so that a busy machine is busy for all."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from tests.benchmarks.measuring import in_turn
from tests.benchmarks.quality.data import data_folder
from tests.benchmarks.quality.training import KEPT, Setting
from tests.benchmarks.report import machine
from vitsci_viz.atomic import replacing
from vitsci_viz.training.batches import make_batch
from vitsci_viz.training.step import make_optimiser, train_step
from vitsci_viz.workflows.train_setup import set_up

ROUNDS = 5


def step_seconds(study: str, settings: Mapping[str, Setting], work: Path) -> dict[str, float]:
    """Return the seconds of one step of every setting with one thread, measured once and kept.

    Parameters
    ----------
    study : str
        Names the file that keeps the result.
    settings : mapping of name to Setting
        What is compared.
    work : Path
        Folder for data.
    """
    place = KEPT / f"pace-{study}.json"
    if not place.exists():
        torch.set_num_threads(1)
        works = {name: _stepper(setting, work) for name, setting in settings.items()}
        seconds = {name: statistics.median(times) for name, times in in_turn(works, ROUNDS).items()}
        KEPT.mkdir(parents=True, exist_ok=True)
        with replacing(place) as temporary:
            temporary.write_text(json.dumps({"machine": machine(), "seconds": seconds}) + "\n")
    return json.loads(place.read_text())["seconds"]


def _stepper(setting: Setting, work: Path) -> Any:
    table = data_folder(setting.data, work)
    options = setting.train_options()
    ready = set_up(str(table), options)
    model = ready.model.train()
    optimiser = make_optimiser(model, options)
    examples = [ready.train.example(index, epoch=0) for index in range(options.batch_size)]
    batch, targets = make_batch(examples, spec=ready.spec, normalisation=ready.normalisation)
    return lambda: train_step(model, batch, targets, optimiser)


def epochs_for(minutes: float, seconds: float, images: int, batch: int) -> int:
    """Return the whole epochs that fit into a time, at least one.

    >>> epochs_for(1, 0.5, 40, 4)
    12
    """
    return max(1, int(60 * minutes / (seconds * -(-images // batch))))


def spread(values: Sequence[float]) -> str:
    """Write the mean and the range of a few values."""
    return f"{statistics.mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"
