"""What the studies have in common: the encoder of the sketch, and how it is trained."""

from collections.abc import Mapping
from typing import Any

from tests.benchmarks.quality.training import Setting

SMALL_ENCODER = {"width": 96, "depth": 4, "heads": 3}
"""Four blocks of width 96: what two cores train in minutes."""
TRAINING = {
    "batch_size": 4, "learning_rate": 1e-3, "schedule": "constant", "warmup": 0.02, "weight_decay": 0.05,
    "flips": True, "val_every": 2, "save_every": 20, "device": "cpu", "precision": "float32",
}  # fmt: skip
"""Equal for both sides of every comparison."""


def uniform(patch: int) -> dict[str, Any]:
    """Return the plain grid of a patch size."""
    return {"mode": "uniform", "patch_size": patch, "min_size": patch}


def adaptive(patch: int, finest: int, length: int, detail: str = "edges") -> dict[str, Any]:
    """Return a length tree."""
    return {"mode": "length", "patch_size": patch, "min_size": finest, "length": length, "detail": detail}


def setting(study: str, name: str, data: str, epochs: int, seed: int, patch: Mapping[str, Any], **more: Any) -> Setting:
    """Return a setting with what all have in common."""
    options = {**SMALL_ENCODER, **TRAINING, **patch, **more}
    return Setting(study=study, name=name, data=data, epochs=epochs, seed=seed, options=options)
