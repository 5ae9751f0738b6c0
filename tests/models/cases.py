"""Tiny models and random sequences for them, in two and three dimensions."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.patching.cases import as_image, sparse_tree
from vitsci_viz.models.batch import Batch
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.places import grid_of, places_of
from vitsci_viz.patching.tokens import gather
from vitsci_viz.types import PatchSequence

SHAPES = {1: (50,), 2: (27, 38), 3: (9, 14, 11)}


def tiny_spec(ndim: int = 2, **changes: Any) -> ModelSpec:
    """Return a model of two blocks with tokens of 4 pixels on leaves of at least 2."""
    sides = {"patch_size": (4,) * ndim, "min_size": (2,) * ndim, "image_size": SHAPES[ndim]}
    return ModelSpec(**{"width": 24, "depth": 2, "heads": 2, "ndim": ndim, "classes": 3, **sides, **changes})


def random_image(spec: ModelSpec, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return random pixels (*shape, c) in float32."""
    return np.random.default_rng(seed).normal(size=(*shape, spec.channels)).astype(np.float32)


def random_sequence(
    spec: ModelSpec, shape: tuple[int, ...] | None = None, *, seed: int = 0, length: int | None = None
) -> PatchSequence:
    """Cut a random image along a tree on random edges."""
    shape = shape or SHAPES[spec.ndim]
    tree = sparse_tree(shape, spec.min_size, seed, split_value=3)
    return gather(as_image(random_image(spec, shape, seed), spec.ndim), tree, spec.patch_size, length=length)


def batch_of(spec: ModelSpec, *sequences: PatchSequence, seed: int = 0) -> Batch:
    """Put sequences together, padded to the longest one, with the grid and random pixels of each."""
    length = max(len(sequence.tokens) for sequence in sequences)
    shape = sequences[0].tree.shape
    grids = [grid_of(sequence.tree, spec.min_size) for sequence in sequences]
    return Batch(
        tokens=_joined([sequence.tokens for sequence in sequences], length),
        places=_joined([places_of(sequence.tree, spec.patch_size, unit=spec.unit) for sequence in sequences], length),
        valid=_joined([sequence.valid for sequence in sequences], length),
        grid=torch.from_numpy(
            np.stack(
                [
                    np.where(grid == len(sequence.tree), length, grid)
                    for grid, sequence in zip(grids, sequences, strict=True)
                ]
            )
        ),
        pixels=torch.from_numpy(
            np.stack([np.moveaxis(random_image(spec, shape, seed + row), -1, 0) for row in range(len(sequences))])
        ),
    )


def _joined(arrays: list[np.ndarray], length: int) -> Tensor:
    rows = [np.concatenate([array, np.zeros((length - len(array), *array.shape[1:]), array.dtype)]) for array in arrays]
    return torch.from_numpy(np.stack(rows))


def lively(model: nn.Module, seed: int = 0, *, scale: float = 0.2) -> Any:
    """Draw weights so large that every part of a model shows in its output, where fresh weights nearly hide some."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn(weight.shape, generator=generator) * scale)
    return model.eval()


def saved_bytes(run: Any, model: nn.Module) -> int:
    """Count the bytes that a forward pass keeps for the backward pass, weights left aside."""
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, int] = {}

    def keep(values: Tensor) -> Tensor:
        storage = values.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return values

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda values: values):
        run()
    return sum(kept.values())
