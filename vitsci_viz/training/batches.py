"""From examples to the tensors of one step, and the order in which examples come."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vitsci_viz.errors import InputError
from vitsci_viz.models.batch import Batch, Space, Targets
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.places import grid_of, normalised, places_of
from vitsci_viz.training.examples import Example
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.normalisation import Normalisation

Array = NDArray[Any]


@dataclass(frozen=True)
class Needs:
    """What a model wants of a batch.

    Parameters
    ----------
    space : {"tokens", "pixels"}
        Where it predicts.
    parts : frozenset of {"grid", "pixels"}
        What it reads beside tokens.
    """

    space: Space
    parts: frozenset[str]


def needs_of(spec: ModelSpec) -> Needs:
    """Return what the model of a specification wants, before it is built.

    >>> needs_of(ModelSpec(head="token"))
    Needs(space='tokens', parts=frozenset())
    """
    if spec.architecture != "vit":
        return Needs("pixels", frozenset({"pixels"}))
    return Needs("tokens", frozenset()) if spec.head == "token" else Needs("pixels", frozenset({"grid", "pixels"}))


def batches_of(count: int, batch_size: int, *, epoch: int, seed: int) -> list[NDArray[np.int64]]:
    """Return the examples of every batch of an epoch: a new order for each, from seed and epoch alone.

    Parameters
    ----------
    count : int
        Number of examples.
    batch_size : int
        Of every batch but the last, which holds what is left.
    epoch, seed : int
        From 0.

    Examples
    --------
    >>> [len(batch) for batch in batches_of(10, 4, epoch=0, seed=0)]
    [4, 4, 2]
    """
    order = np.random.default_rng((seed, epoch)).permutation(count)
    return [order[first : first + batch_size] for first in range(0, count, batch_size)]


def make_batch(examples: Sequence[Example], *, spec: ModelSpec, normalisation: Normalisation) -> tuple[Batch, Targets]:
    """Put examples together, padded to the longest sequence and, where pixels are read, to the largest image.

    Parameters
    ----------
    examples : sequence of Example
        At least one.
    spec : ModelSpec
        Says what the model reads and where it predicts.
    normalisation : Normalisation
        Of the training images.

    Returns
    -------
    Batch
    Targets
        Without fractions in an example (an image without a mask), its area is 0.

    Raises
    ------
    InputError
        There are no examples, or they lack the pixels that the model reads.
    """
    if not examples:
        raise InputError("a batch must have at least one example, got none")
    needs = needs_of(spec)
    if "pixels" in needs.parts and any(example.pixels is None for example in examples):
        raise InputError("the model reads pixels, which the examples lack: make the source with needs=model.needs")
    length = max(len(example.tree) for example in examples)
    batch = Batch(
        tokens=_stacked([_tokens(example, normalisation) for example in examples], length),
        places=_stacked([_places(example, spec) for example in examples], length),
        valid=_stacked([np.ones(len(example.tree), bool) for example in examples], length),
        grid=_grids(examples, spec, length) if "grid" in needs.parts else None,
        pixels=_pixels(examples, normalisation) if "pixels" in needs.parts else None,
    )
    return batch, _token_targets(examples, length, spec) if needs.space == "tokens" else _pixel_targets(examples, spec)


def _tokens(example: Example, normalisation: Normalisation) -> Array:
    return normalised(example.tokens, normalisation.mean, normalisation.std)


def _places(example: Example, spec: ModelSpec) -> Array:
    return places_of(example.tree, spec.patch_size, unit=spec.unit, inside=example.inside)


def _token_targets(examples: Sequence[Example], length: int, spec: ModelSpec) -> Targets:
    shape = (*spec.patch_size, spec.classes)
    empty = [np.zeros((len(example.tree), *shape), np.float32) for example in examples]
    fractions = [
        blank if example.fractions is None else example.fractions
        for example, blank in zip(examples, empty, strict=True)
    ]
    areas = [
        blank[..., 0] if example.area is None else example.area for example, blank in zip(examples, empty, strict=True)
    ]
    many = len(examples)
    return Targets(
        fractions=_stacked(fractions, length).reshape(many, -1, spec.classes),
        area=_stacked(areas, length).reshape(many, -1),
    )


def _pixel_targets(examples: Sequence[Example], spec: ModelSpec) -> Targets:
    shape = _largest(example.tree.shape for example in examples)
    labels = np.full((len(examples), *shape), IGNORED, np.uint8)
    for own, example in zip(labels, examples, strict=True):
        if example.labels is not None:
            own[tuple(slice(n) for n in example.labels.shape)] = example.labels
    flat = torch.from_numpy(labels).reshape(len(examples), -1)
    area = flat != IGNORED
    fractions = torch.nn.functional.one_hot(torch.where(area, flat, 0).long(), spec.classes).float()
    return Targets(fractions=fractions * area[..., None], area=area.float())


def _pixels(examples: Sequence[Example], normalisation: Normalisation) -> Tensor:
    shape = _largest(example.tree.shape for example in examples)
    channels = len(normalisation.mean)
    pixels = np.zeros((len(examples), channels, *shape), np.float32)
    for own, example in zip(pixels, examples, strict=True):
        assert example.pixels is not None
        inside = example.inside or tuple(slice(n) for n in example.pixels.shape[:-1])
        values = normalised(example.pixels[inside], normalisation.mean, normalisation.std)
        own[(slice(None), *inside)] = np.moveaxis(values, -1, 0)
    return torch.from_numpy(pixels)


def _grids(examples: Sequence[Example], spec: ModelSpec, length: int) -> Tensor:
    """Return which token covers each finest cell; `length` where none does."""
    grids = [grid_of(example.tree, spec.min_size) if example.grid is None else example.grid for example in examples]
    out = np.full((len(examples), *_largest(grid.shape for grid in grids)), length, np.int64)
    for own, grid, example in zip(out, grids, examples, strict=True):
        own[tuple(slice(n) for n in grid.shape)] = np.where(grid == len(example.tree), length, grid)
    return torch.from_numpy(out)


def _stacked(arrays: Sequence[Array], length: int) -> Tensor:
    """Stack arrays along a new first axis, padded with zeros to one length."""
    out = np.zeros((len(arrays), length, *arrays[0].shape[1:]), arrays[0].dtype)
    for own, array in zip(out, arrays, strict=True):
        own[: len(array)] = array
    return torch.from_numpy(out)


def _largest(shapes: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(max(sides) for sides in zip(*shapes, strict=True))
