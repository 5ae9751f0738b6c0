"""The parts of a prediction, each alone: cut, ask the model, write labels that are there already; and all of it."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.large import HIGH, LENGTH, LOW, SIDE
from vitsci_viz.io import read_image
from vitsci_viz.io.label_writing import write_segmentation
from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.patching.tree_file import load_tree, save_tree
from vitsci_viz.types import PatchSequence, Recipe, Segmentation
from vitsci_viz.workflows.machine import peak_rss_bytes

HELD = 8192
"""Rows of labels that the reference holds and repeats: reading them costs nothing."""


def predict(folder: Path) -> dict[str, Any]:
    """Run the workflow."""
    from vitsci_viz.workflows.catalogue import run_recipe

    inputs = {"run": str(folder / "run"), "image": str(folder / "picture.npy")}
    recipe = Recipe(workflow="predict", inputs=inputs, outputs={"labels": str(folder / "labels.ome.zarr")})
    results = run_recipe(recipe).results
    return {name: results[name] for name in ("seconds", "tokens")}


def cut(folder: Path) -> dict[str, Any]:
    """Read the picture and cut it."""
    image = read_image(folder / "picture.npy")
    options = PatchOptions(mode="length", length=LENGTH, patch_size=8, thresholds=(LOW, HIGH))
    started = time.perf_counter()
    tree = build_tree(image, options)
    tokens = gather(image, tree, 8).tokens
    seconds = time.perf_counter() - started
    save_tree(folder / "tree.npz", tree)
    np.save(folder / "tokens.npy", tokens)
    return {"seconds": seconds}


def forward(folder: Path) -> dict[str, Any]:
    """Ask the model about the tokens."""
    from vitsci_viz.workflows.segmenting import open_model

    tree, tokens = load_tree(folder / "tree.npz"), np.load(folder / "tokens.npy")
    model = open_model(folder / "run")
    sequence = PatchSequence(tokens=tokens, valid=np.ones(len(tree), bool), tree=tree)
    started = time.perf_counter()
    model.predictor.token_probabilities(sequence)
    return {"seconds": time.perf_counter() - started}


class ReadyLevel(BoxLevel):
    """Labels in memory, repeated downwards."""

    def __init__(self, held: np.ndarray) -> None:
        super().__init__((SIDE, SIDE), np.uint8)
        self.held = held

    def read_box(self, box: Box) -> np.ndarray:
        """Return the rows that are held."""
        (first, stop), columns = box
        return self.held[first % HELD : first % HELD + stop - first, slice(*columns)]


def write(folder: Path) -> dict[str, Any]:
    """Write labels that are there already."""
    level = ReadyLevel(np.asarray(read_image(folder / "labels.ome.zarr").data[:HELD]))
    started = time.perf_counter()
    write_segmentation(folder / "again.ome.zarr", Segmentation(labels=level, classes=("background", "gland", "vessel")))
    return {"seconds": time.perf_counter() - started}


WORKS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "predict": predict,
    "cut": cut,
    "forward": forward,
    "write": write,
}

if __name__ == "__main__":
    print(json.dumps({**WORKS[sys.argv[1]](Path(sys.argv[2])), "peak_rss_bytes": peak_rss_bytes()}))
