"""A data set that can be learned in seconds: bright discs on a noisy ground, and a model that is small enough."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
import torch

from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.options import ModelSpec, spec_of
from vitsci_viz.models.segmentation import SegmentationModel
from vitsci_viz.training.batches import needs_of
from vitsci_viz.training.labels import LabelMap, find_labels
from vitsci_viz.training.loop import History, fit
from vitsci_viz.training.normalisation import Normalisation, find_normalisation
from vitsci_viz.training.options import DataOptions, LoopOptions, PatchOptions, TrainOptions
from vitsci_viz.training.records import find_records
from vitsci_viz.training.source import ExampleSource

SIDE = 32
SMALL: dict[str, Any] = {
    "patch_size": 4,
    "min_size": 4,
    "length": 40,
    "encoder": "tiny",
    "width": 16,
    "depth": 1,
    "heads": 2,
    "epochs": 3,
    "batch_size": 2,
    "learning_rate": 3e-3,
    "device": "cpu",
}
"""Options of a run that takes a second."""


def write_discs(folder: Path, count: int = 6, side: int = SIDE, ndim: int = 2) -> Path:
    """Write images and masks of equal stems."""
    random = np.random.default_rng(0)
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        places = np.indices((side,) * ndim)
        mask = np.zeros((side,) * ndim, np.uint8)
        for _ in range(3):
            centre = random.integers(4, side - 4, ndim).reshape(-1, *(1,) * ndim)
            mask[((places - centre) ** 2).sum(axis=0) < random.integers(9, 40)] = 1
        image = random.normal(90, 10, mask.shape) + 80 * mask
        extra: dict[str, Any] = {"metadata": {"axes": "ZYX"}} if ndim == 3 else {}
        tifffile.imwrite(folder / "images" / f"disc{number}.tif", image.clip(0, 255).astype(np.uint8), **extra)
        tifffile.imwrite(folder / "masks" / f"disc{number}.tif", mask, **extra)
    return folder


@dataclass(frozen=True, eq=False)
class Discs:
    """All that `fit` needs."""

    options: TrainOptions
    labels: LabelMap
    spec: ModelSpec
    train: ExampleSource
    val: ExampleSource
    normalisation: Normalisation

    def model(self, seed: int = 0) -> SegmentationModel:
        return build_model(self.spec, seed=seed)

    def fit(self, options: LoopOptions | None = None, **more: Any) -> tuple[SegmentationModel, History]:
        model = more.pop("model", None) or self.model()
        history = fit(
            model, self.train, more.pop("val", self.val), self.normalisation, options or self.options, spec=self.spec,
            **more,
        )  # fmt: skip
        return model, history


def make_discs(folder: Path, **options: Any) -> Discs:
    """Return sources, model specification and options; of the images of the folder all but two train."""
    chosen = TrainOptions(**{**SMALL, **options})
    patch, data = chosen.part(PatchOptions), chosen.part(DataOptions)
    records = find_records(str(folder))
    labels = find_labels(records, data)
    needs = needs_of(ModelSpec(architecture=chosen.architecture, head=chosen.head)).parts
    more: dict[str, Any] = {"seed": chosen.seed, "needs": needs}
    train = ExampleSource(records[:-2], patch, data, labels, is_training=True, **more)
    val = ExampleSource(records[-2:], patch, data, labels, **more)
    spec = spec_of(
        chosen, ndim=train.ndim, channels=train.channels, classes=len(labels), patch_size=train.sides.patch_size,
        min_size=train.sides.min_size, image_size=(SIDE,) * train.ndim,
    )  # fmt: skip
    return Discs(chosen, labels, spec, train, val, find_normalisation(train))


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    """Whether two models hold the same bits."""
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)
