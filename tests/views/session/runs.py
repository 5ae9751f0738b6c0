"""Runs and data sets on disk that tests of training views share: written by hand, no model is trained."""

import json
from pathlib import Path

import cv2
import numpy as np

from vitsci_viz.training.run_folder import RunFolder, append_metrics, write_facts
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import dump_recipe


def write_data(folder: Path, *, count: int = 5, side: int = 64, groups: int = 0) -> Path:
    """Write discs on noise with their masks; a table with groups where wanted."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:side, :side]
    lines = ["image,mask,group"]
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        mask = ((rows - side / 2) ** 2 + (columns - side / 3) ** 2 < (side / 4 + number) ** 2).astype(np.uint8)
        image = np.repeat((mask * 150 + rng.integers(0, 60, mask.shape, dtype=np.uint8))[..., None], 3, axis=-1)
        cv2.imwrite(str(folder / "images" / f"disc{number}.png"), image)
        cv2.imwrite(str(folder / "masks" / f"disc{number}.png"), mask)
        lines.append(f"images/disc{number}.png,masks/disc{number}.png,g{number % max(1, groups)}")
    if groups:
        (folder / "table.csv").write_text("\n".join(lines) + "\n")
    return folder


def metric(step: int, *, dice: float | None = None, seconds: float | None = None) -> dict[str, float | int | None]:
    """Return one line of metrics."""
    return {
        "step": step, "epoch": (step - 1) // 4 + 1, "loss": 1 / step, "val_dice": dice,
        "seconds": 0.5 * step if seconds is None else seconds, "tokens_per_s": 400.0, "peak_bytes": 10**8,
    }  # fmt: skip


def write_run(
    folder: Path, *, steps: int = 8, total: int = 8, state: str = "done", data: str = "sample:pathology_set", **options
) -> RunFolder:
    """Write what a run leaves: recipe, facts, metrics and an empty checkpoint."""
    run = RunFolder(folder)
    run.checkpoints.mkdir(parents=True)
    (run.checkpoints / "last").write_bytes(b"")
    recipe = Recipe(workflow="train", inputs={"data": data}, outputs={"run": str(folder)}, options=options)
    dump_recipe(recipe, run.recipe)
    facts = {"state": state, "steps_total": total, "classes": ["background", "disc"], "values": [0, 1]}
    write_facts(run, facts)
    for step in range(1, steps + 1):
        append_metrics(run, metric(step, dice=0.1 * step if step % 4 == 0 else None))
    return run


def write_preview(run: RunFolder, data: Path, *, step: int) -> None:
    """Write a preview that predicts the truth of the first image."""
    run.previews.mkdir(exist_ok=True)
    mask = data / "masks" / "disc0.png"
    (run.previews / "disc0.png").write_bytes(mask.read_bytes())
    row = {
        "name": "disc0", "file": "disc0.png", "image": str(data / "images" / "disc0.png"), "mask": str(mask),
        "dice": 1.0, "step": step,
    }  # fmt: skip
    (run.previews / "index.json").write_text(json.dumps([row]))
