"""What the Pareto explorer recommends for a token budget, over the training images of a data set."""

import csv
import statistics
from pathlib import Path

from vitsci_viz.io import read_image, read_mask
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import oracle_dice
from vitsci_viz.patching.pareto import recommend
from vitsci_viz.patching.readings import mean_dice
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.workflows.options import SweepOptions
from vitsci_viz.workflows.settings import sweep_grid
from vitsci_viz.workflows.sweep import sweep_settings

LOOKED_AT = 8
"""Training images that are looked at."""
FILTERS = (
    {},
    {"blur": 3, "thresholds": (50, 100)},
    {"blur": 5, "thresholds": (50, 100)},
    {"blur": 5, "thresholds": (100, 200)},
)
"""Blurs and edge thresholds that are compared: automatic ones, and what a user would try."""


def recommended(table: Path, tokens: int) -> PatchOptions:
    """Return the setting of at most so many tokens that the explorer recommends, of those finer than their tokens."""
    images = [(read_image(image), read_mask(mask)) for image, mask in _files(table)]
    sweeps = [
        SweepOptions(patch_sizes=(2, 4, 8, 16, 32, 64), lengths=(tokens,), quality="fast", **filters)
        for filters in FILTERS
    ]
    settings = [
        each
        for options in sweeps
        for each in sweep_grid(options, images[0][0].shape)
        if each.mode == "uniform" or each.min_size != each.patch_size
    ]
    tables = [sweep_settings(image, mask, settings, has_ssim=False) for image, mask in images]
    rows = list(zip(*tables, strict=True))
    scores = [statistics.mean(row.score for row in same) for same in rows]
    counts = [statistics.mean(row.readings.tokens for row in same) for same in rows]
    best = recommend(
        counts, scores, [int(str(setting.patch_size)) for setting in settings],
        [setting.mode == "uniform" for setting in settings], budget=tokens,
    )  # fmt: skip
    assert best is not None, f"no setting has at most {tokens} tokens"
    return settings[best]


def mean_oracle(table: Path, options: PatchOptions) -> float:
    """Return the mean oracle Dice of a setting."""
    found = []
    for image, mask in _files(table):
        tree = build_tree(read_image(image), options)
        found.append(mean_dice(oracle_dice(read_mask(mask), tree, options.patch_size)))
    return statistics.mean(found)


def _files(table: Path) -> list[tuple[Path, Path]]:
    with table.open() as file:
        rows = list(csv.DictReader(file))[:LOOKED_AT]
    return [(table.parent / row["image"], table.parent / row["mask"]) for row in rows]
