"""One training step in a process of its own: ``python -m tests.benchmarks.one_step JSON`` prints seconds and bytes."""

import json
import sys
import time
from typing import Any

import numpy as np
import torch

from vitsci_viz.models.batch import Batch, Targets
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.places import grid_of, places_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.simulation.pathology import virtual_slide
from vitsci_viz.training.options import LoopOptions
from vitsci_viz.training.step import make_optimiser, train_step
from vitsci_viz.workflows.machine import peak_rss_bytes

CLASSES = 3


def batch_of(side: int, patch: dict[str, Any], spec: ModelSpec) -> tuple[Batch, Targets]:
    """Cut one virtual slide and its mask, as training does."""
    image, mask = virtual_slide((side, side), seed=3)
    options = PatchOptions(**patch)
    tree = build_tree(image, options)
    sequence = gather(image, tree, spec.patch_size)
    needs = {}
    if spec.head == "unetr":
        needs["grid"] = torch.from_numpy(grid_of(tree, spec.min_size))[None]
        needs["pixels"] = torch.from_numpy(image.astype(np.float32) / 64 - 2).permute(2, 0, 1)[None].contiguous()
        fractions = torch.nn.functional.one_hot(torch.from_numpy(mask.astype(np.int64)), CLASSES).view(1, -1, CLASSES)
        area = torch.ones(1, side * side)
    else:
        parts = gather(mask, tree, spec.patch_size, labels=True, classes=CLASSES).tokens
        fractions = torch.from_numpy(parts.reshape(1, -1, CLASSES))
        per_cell = np.prod(tree.size, axis=1) / np.prod(spec.patch_size)
        area = torch.from_numpy(np.repeat(per_cell, np.prod(spec.patch_size)).astype(np.float32))[None]
    batch = Batch(
        tokens=torch.from_numpy(sequence.tokens.astype(np.float32) / 64 - 2)[None],
        places=torch.from_numpy(places_of(tree, spec.patch_size, unit=side))[None],
        valid=torch.ones(1, len(tree), dtype=torch.bool),
        **needs,
    )
    return batch, Targets(fractions=fractions.float(), area=area)


class EncoderAlone(torch.nn.Module):
    """A model without a head: what is left of a step when nothing is decoded."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.encoder = model.encoder

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return the first features of every token as if they were classes."""
        return self.encoder(batch.tokens, batch.places, batch.valid)[..., :CLASSES]


def main() -> None:
    """Take the steps that the argument asks for and print what they took."""
    asked = json.loads(sys.argv[1])
    torch.set_num_threads(asked["threads"])
    spec = ModelSpec(channels=3, classes=CLASSES, image_size=(asked["side"],) * 2, **asked["spec"])
    batch, targets = batch_of(asked["side"], asked["patch"], spec)
    model: torch.nn.Module = build_model(spec, seed=0)
    if asked.get("encoder_alone"):
        model = EncoderAlone(model)
        length = batch.tokens.shape[1]
        targets = Targets(fractions=torch.full((1, length, CLASSES), 1 / CLASSES), area=torch.ones(1, length))
    optimiser = make_optimiser(model, LoopOptions())
    before, seconds = peak_rss_bytes(), []
    for _ in range(asked["steps"]):
        started = time.perf_counter()
        train_step(model, batch, targets, optimiser)
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"seconds": seconds, "bytes": peak_rss_bytes() - before, "tokens": batch.tokens.shape[1]}))


if __name__ == "__main__":
    main()
