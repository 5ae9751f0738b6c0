"""Is the oracle Dice, known before any training, a guide to the Dice after training?"""

from pathlib import Path
from typing import Any

from scipy.stats import spearmanr

from tests.benchmarks.measuring import Row
from tests.benchmarks.quality.data import data_folder
from tests.benchmarks.quality.pace import epochs_for, step_seconds
from tests.benchmarks.quality.recommending import mean_oracle
from tests.benchmarks.quality.settings import TRAINING, adaptive, setting
from tests.benchmarks.quality.training import Setting, trained_all
from vitsci_viz.patching.options import PatchOptions

DATA, IMAGES, SEED, MINUTES = "pathology-128", 104, 0, 2.0
SETTINGS = (
    *((2, 2, length, "edges") for length in (64, 128, 256, 512)),
    *((4, 2, length, "edges") for length in (64, 128, 256, 512)),
    *((8, 2, length, "edges") for length in (64, 96, 128)),
    (2, 2, 256, "variance"), (4, 4, 256, "variance"), (8, 4, 64, "variance"),
)  # fmt: skip
"""Token side, finest leaf, tokens, detail."""
BOUND = 0.999
"""Settings whose oracle Dice is not below this are not counted: the oracle does not bind there."""


def _setting(patch: tuple[int, int, int, str], epochs: int) -> Setting:
    name = "-".join(str(part) for part in patch)
    return setting(
        "oracle", name, DATA, epochs, SEED, adaptive(*patch), schedule="cosine", val_every=max(1, epochs // 8)
    )


def measure(work: Path) -> list[Row]:
    """Train every setting for equal time and correlate the ranks."""
    table = data_folder(DATA, work)
    names = ["-".join(str(part) for part in patch) for patch in SETTINGS]
    pace = step_seconds("oracle", {name: _setting(patch, 1) for name, patch in zip(names, SETTINGS, strict=True)}, work)
    epochs = [epochs_for(MINUTES, pace[name], IMAGES, TRAINING["batch_size"]) for name in names]
    curves = trained_all([_setting(patch, count) for patch, count in zip(SETTINGS, epochs, strict=True)], work)
    oracles = [mean_oracle(table, PatchOptions(**adaptive(*patch))) for patch in SETTINGS]
    pairs = [
        (name, oracle, curve.until(float("inf"))) for name, oracle, curve in zip(names, oracles, curves, strict=True)
    ]
    counted = [pair for pair in pairs if pair[1] < BOUND]
    ranks: Any = spearmanr([oracle for _, oracle, _ in counted], [dice for *_, dice in counted])
    correlation = float(ranks.statistic)
    return [
        Row(
            name=f"oracle Dice as a guide: rank correlation with the trained Dice over {len(counted)} adaptive "
            f"settings of {MINUTES:g} min training each (oracle < {BOUND})",
            target=">= 0.8 over at least 12",
            measured=f"{correlation:.2f}",
            is_met=correlation >= 0.8 and len(counted) >= 12,
            anchor="sketch: 0.89 over 6",
            values={"settings": [{"name": n, "oracle": o, "dice": d} for n, o, d in pairs], "step_seconds": pace},
        )
    ]
