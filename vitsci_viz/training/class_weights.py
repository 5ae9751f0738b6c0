"""How much each class weighs in the cross-entropy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.training.feeding import read_examples

if TYPE_CHECKING:
    from vitsci_viz.training.options import LoopOptions
    from vitsci_viz.training.source import ExampleSource


def class_weights_of(options: LoopOptions, areas: Sequence[float], classes: int) -> Tensor | None:
    """Return the weight of every class in the cross-entropy, 1 on average; None where all are equal.

    Parameters
    ----------
    options : LoopOptions
        ``equal``, ``balanced`` (one over the square root of the area; 0 for a class without any) or numbers.
    areas : sequence of float
        Labelled pixels of every class; only ``balanced`` looks at them.
    classes : int
        Number of classes.

    Raises
    ------
    OptionError
        The numbers are not one per class.
    InputError
        Nothing is labelled that weights could be balanced by.

    Examples
    --------
    >>> from vitsci_viz.training.options import LoopOptions
    >>> class_weights_of(LoopOptions(class_weights="balanced"), [900.0, 100.0], 2)
    tensor([0.5000, 1.5000])
    """
    given = options.class_weights
    if given == "equal":
        return None
    balanced = [0.0 if area <= 0 else 1 / math.sqrt(area) for area in areas]
    weights = balanced if given == "balanced" else list(given)
    if len(weights) != classes:
        raise OptionError(f"class_weights must have one number per class: {classes} classes, got {len(weights)}")
    total = sum(weights)
    if total <= 0:
        raise InputError(
            "class_weights=balanced needs labelled pixels in at least one training image that can be read, got none: "
            "check the masks and the values to ignore"
        )
    return torch.tensor([weight * classes / total for weight in weights], dtype=torch.float32)


def labelled_areas(source: ExampleSource) -> list[float]:
    """Return the labelled pixels of every class in the first epoch, (K,).

    Raises
    ------
    InputError, MissingFileError
        An image cannot be read, and the source's ``on_error`` does not say to skip it.
    """
    total = np.zeros(len(source.labels))
    for index in range(len(source)):
        for example in read_examples(source, [index], epoch=0) or ():
            if example.fractions is not None and example.area is not None:
                total += np.tensordot(example.area, example.fractions.astype(np.float64), example.area.ndim)
    return total.tolist()
