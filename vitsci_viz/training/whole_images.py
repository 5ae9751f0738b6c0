"""What a model makes of a whole image: the same as prediction does, for images that are held in memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.models.predict import Predictor
from vitsci_viz.patching.painting import merged_cells
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.types import PatchSequence

if TYPE_CHECKING:
    from vitsci_viz.models.options import ModelSpec
    from vitsci_viz.training.examples import Example
    from vitsci_viz.training.normalisation import Normalisation

Floats = NDArray[np.float32]


def image_labels(
    model: Any,
    examples: Sequence[Example],
    normalisation: Normalisation,
    *,
    spec: ModelSpec,
    device: torch.device | str = "cpu",
    precision: torch.dtype = torch.float32,
) -> NDArray[np.uint8]:
    """Return the classes of one image: the likeliest by the mean over the trees of its forest.

    Parameters
    ----------
    model : SegmentationModel
        Left in the mode (training or not) it was in.
    examples : sequence of Example
        One per tree of the same image.
    normalisation : Normalisation
        That of training.
    spec : ModelSpec
        What the model was built from. Models of pixels alone see images larger than its `image_size` in tiles.
    device : torch.device
        Where to compute.
    precision : torch.dtype
        Type of the matrix products.

    Returns
    -------
    (*shape) uint8
        Background where no token lies.
    """
    was_training = model.training
    predictor = Predictor(model, spec, normalisation.mean, normalisation.std, device)
    try:
        with torch.autocast(predictor.device.type, dtype=torch.bfloat16, enabled=precision == torch.bfloat16):
            if predictor.model.space == "tokens" and len(examples) == 1:
                cells = _cells(predictor, examples[0])
                labels = cells.tokens.argmax(axis=-1, keepdims=True).astype(np.uint8)
                return scatter(replace(cells, tokens=labels))  # a class per cell is all that has to grow
            total = _probabilities(predictor, examples[0])
            for example in examples[1:]:
                total += _probabilities(predictor, example)
    finally:
        model.train(was_training)
    return total.argmax(axis=-1).astype(np.uint8)


def _probabilities(predictor: Predictor, example: Example) -> Floats:
    """Return the probabilities of an image cut by one tree, (*shape, K)."""
    if predictor.model.space == "tokens":
        return scatter(_cells(predictor, example))
    if "grid" in predictor.model.needs:
        return predictor.pixel_probabilities(_pixels(example), _sequence(example))
    return _tiled(predictor, _pixels(example))


def _cells(predictor: Predictor, example: Example) -> PatchSequence:
    sequence = _sequence(example)
    values = predictor.token_probabilities(sequence, pixels=example.pixels)
    return replace(sequence, tokens=merged_cells(example.tree, values))


def _tiled(predictor: Predictor, pixels: NDArray[Any]) -> Floats:
    """Return the probabilities of a model of pixels: the mean over tiles that cover the image evenly."""
    shape, side = pixels.shape[:-1], predictor.spec.image_size
    total = np.zeros((*shape, predictor.spec.classes), np.float32)
    count = np.zeros((*shape, 1), np.float32)
    for window in windows(shape, side):
        total[window] += predictor.pixel_probabilities(pixels[window])
        count[window] += 1
    return total / count


def windows(shape: Sequence[int], side: Sequence[int]) -> Iterator[tuple[slice, ...]]:
    """Yield tiles of one size that cover an image, spread evenly: they overlap where the sides do not divide it.

    >>> [(part[0].start, part[0].stop) for part in windows((10,), (4,))]
    [(0, 4), (3, 7), (6, 10)]
    """
    starts = [
        [round(place * max(0, length - own) / max(1, many - 1)) for place in range(many)]
        for length, own in zip(shape, side, strict=True)
        for many in (max(1, math.ceil(length / own)),)
    ]
    for corner in itertools.product(*starts):
        yield tuple(slice(low, min(low + own, n)) for low, own, n in zip(corner, side, shape, strict=True))


def _sequence(example: Example) -> PatchSequence:
    return PatchSequence(tokens=example.tokens, valid=np.ones(len(example.tree), bool), tree=example.tree)


def _pixels(example: Example) -> NDArray[Any]:
    if example.pixels is None:
        raise InputError(
            f"the model reads pixels, which the example of {example.name} lacks: make the source with needs=model.needs"
        )
    return example.pixels
