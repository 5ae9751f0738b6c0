"""Run folders with untrained models: what prediction needs, in milliseconds."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.options import spec_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.sides import resolve_sides
from vitsci_viz.training.checkpoint import Card, Checkpoint, Position, save_checkpoint
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.run_folder import RunFolder, write_facts

TINY: dict[str, Any] = {"width": 16, "depth": 1, "heads": 1}
CLASSES = ("background", "gland", "vessel")


def write_run(
    path: Path,
    *,
    ndim: int = 2,
    channels: int = 3,
    side: int = 64,
    spacing_um: tuple[float, ...] | None = None,
    seed: int = 1,
    **options: Any,
) -> Path:
    """Write a run folder whose model has random weights; `options` are those of training."""
    wanted = TrainOptions(**{"length": 64, "min_size": 4, **TINY, **options})
    sides = resolve_sides(wanted.part(PatchOptions), ndim, spacing_um)
    spec = spec_of(
        wanted, ndim=ndim, channels=channels, classes=len(CLASSES), patch_size=sides.patch_size,
        min_size=sides.min_size, image_size=(side,) * ndim,
    )  # fmt: skip
    folder = RunFolder(path)
    folder.checkpoints.mkdir(parents=True)
    write_facts(folder, {"state": "done"})
    card = Card(
        spec=spec, labels=LabelMap(values=(0, 1, 2), names=CLASSES), mean=(120.0,) * channels, std=(60.0,) * channels,
        spacing_um=spacing_um, options=wanted.to_mapping(),
    )  # fmt: skip
    weights = build_model(spec, seed=seed).state_dict()
    save_checkpoint(Checkpoint(card=card, position=Position(), model=weights), folder.checkpoints / "best")
    return path


def picture(shape: tuple[int, ...] = (90, 117), channels: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    """Return smooth ground with sharp discs: something to cut finely and something to leave coarse."""
    random = np.random.default_rng(seed)
    if len(shape) == 3:
        return np.stack([picture(shape[1:], 1, seed + z // 4)[..., 0] for z in range(shape[0])])
    noise = random.integers(0, 255, (*shape, channels), dtype=np.uint8)
    ground = np.ascontiguousarray(cv2.GaussianBlur(noise, (0, 0), 6).reshape(*shape, channels))
    for _ in range(8):
        centre = int(random.integers(0, shape[1])), int(random.integers(0, shape[0]))
        cv2.circle(ground, centre, int(random.integers(3, 12)), tuple(map(int, random.integers(0, 255, 3))), -1)
    return ground
