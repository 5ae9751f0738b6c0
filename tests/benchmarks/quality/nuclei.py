"""Real nuclei of purple-stained tissue: adaptive tokens with the UNETR-type decoder against MONAI's U-Net."""

import statistics
from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.quality.pace import epochs_for, spread, step_seconds
from tests.benchmarks.quality.settings import adaptive, setting
from tests.benchmarks.quality.training import Setting, trained_all

FOLDS, IMAGES, BATCH = 3, 4, 4
MINUTES = 3
"""Of training, for each model and fold."""
AUGMENTED = {"colour": 0.5, "schedule": "cosine", "batch_size": BATCH}


def _settings(fold: int, epochs: dict[str, int]) -> dict[str, Setting]:
    data = f"nuclei-fold{fold}"
    often = {name: max(1, count // 40) for name, count in epochs.items()}
    return {
        "adaptive": setting(
            "nuclei", f"adaptive-{fold}", data, epochs["adaptive"], 0, adaptive(8, 2, 1024), **AUGMENTED,
            val_every=often["adaptive"], head="unetr",
        ),
        "unet": setting(
            "nuclei", f"unet-{fold}", data, epochs["unet"], 0, {}, **AUGMENTED, val_every=often["unet"],
            architecture="monai_unet",
        ),
    }  # fmt: skip


def measure(work: Path) -> list[Row]:
    """Train both on every fold and compare the Dice of the images that were held out, at the end of the minutes."""
    pace = step_seconds("nuclei", _settings(0, {"adaptive": 1, "unet": 1}), work)
    epochs = {name: epochs_for(MINUTES, seconds, IMAGES, BATCH) for name, seconds in pace.items()}
    chosen = [each for fold in range(FOLDS) for each in _settings(fold, epochs).items()]
    curves = trained_all([each for _, each in chosen], work)
    dice: dict[str, list[float]] = {"adaptive": [], "unet": []}
    for (name, _), curve in zip(chosen, curves, strict=True):
        dice[name].append(100 * float(curve.smoothed()[-1]))
    gain = statistics.mean(dice["adaptive"]) - statistics.mean(dice["unet"])
    return [
        Row(
            name=f"real nuclei (six purple-stained DSB2018 images, split by image in {FOLDS} folds) against MONAI's "
            f"U-Net, {MINUTES} min of one core each",
            target="not below U-Net's minus 1 point",
            measured=f"Dice {spread(dice['adaptive'])} against {spread(dice['unet'])}: {gain:+.1f} points",
            is_met=gain >= -1,
            repetitions=FOLDS,
            values={"dice": dice, "step_seconds": pace, "epochs": epochs},
        )
    ]
