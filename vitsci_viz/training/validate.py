"""How good a model is on images it does not learn from: Dice on every pixel of whole images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.training.feeding import read_examples
from vitsci_viz.training.scores import confusion_matrix, dice, mean_of_known
from vitsci_viz.training.whole_images import image_labels

if TYPE_CHECKING:
    from vitsci_viz.models.options import ModelSpec
    from vitsci_viz.training.examples import Example
    from vitsci_viz.training.normalisation import Normalisation
    from vitsci_viz.training.source import ExampleSource


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageScore:
    """What a model made of one validation image.

    Parameters
    ----------
    name : str
        The image.
    dice : (K,) float64
        Dice of every class; NaN where it is neither there nor predicted.
    labels : (*shape) uint8
        Predicted class indices.
    """

    name: str
    dice: NDArray[np.float64]
    labels: NDArray[np.uint8]

    @property
    def mean_dice(self) -> float:
        """Mean over the classes without background; NaN where none is there or predicted."""
        return mean_of_known(self.dice[1:])


@dataclass(frozen=True, eq=False, kw_only=True)
class Validation:
    """Scores of all validation images.

    Parameters
    ----------
    names : tuple of str
        The images.
    dice : (images, K) float64
        Dice of every image and class; NaN where a class is neither there nor predicted.
    skipped : tuple of str
        Images that could not be read, where ``on_error`` says to skip them.
    """

    names: tuple[str, ...]
    dice: NDArray[np.float64]
    skipped: tuple[str, ...] = ()

    @property
    def mean_dice(self) -> float:
        """Mean over the images of the mean over the classes without background; NaN where nothing is known."""
        return mean_of_known([mean_of_known(row[1:]) for row in self.dice])

    def rows(self) -> list[dict[str, Any]]:
        """Return name and mean Dice of every image; None where it is not known."""
        means = [mean_of_known(row[1:]) for row in self.dice]
        return [
            {"name": name, "dice": None if np.isnan(value) else round(value, 6)}
            for name, value in zip(self.names, means, strict=True)
        ]


def validate(
    model: Any,
    source: ExampleSource,
    normalisation: Normalisation,
    *,
    spec: ModelSpec,
    device: torch.device | str = "cpu",
    precision: torch.dtype = torch.float32,
    progress: Callable[[int, int], None] | None = None,
    keep: Callable[[int, ImageScore], None] | None = None,
) -> Validation:
    """Score a model on every image of a source.

    Parameters
    ----------
    model : SegmentationModel
        Left in the mode (training or not) it was in.
    source : ExampleSource
        Whole images with labels, without augmentation.
    normalisation : Normalisation
        That of training.
    spec : ModelSpec
        What the model was built from.
    device : torch.device
        Where to compute.
    precision : torch.dtype
        Type of the matrix products.
    progress : callable, optional
        Called as ``progress(done, total)`` before each image; may raise.
    keep : callable, optional
        Called with the number and the score of each image.

    Returns
    -------
    Validation
        Images that cannot be read are named apart, where the source's ``on_error`` says to skip them.

    Raises
    ------
    InputError, MissingFileError
        An image cannot be read, and ``on_error`` says to stop; or it has no mask.
    """
    names, rows, skipped = [], [], []
    groups = images_of(source)
    for number, indices in enumerate(groups):
        if progress is not None:
            progress(number, len(groups))
        examples = read_examples(source, indices, epoch=0)
        if examples is None:
            skipped.append(source.record(indices[0]).name)
            continue
        labels = image_labels(model, examples, normalisation, spec=spec, device=device, precision=precision)
        score = score_image(examples[0], labels, spec.classes)
        names.append(score.name)
        rows.append(score.dice)
        if keep is not None:
            keep(number, score)
    scores = np.array(rows).reshape(len(rows), spec.classes)
    return Validation(names=tuple(names), dice=scores, skipped=tuple(skipped))


def images_of(source: ExampleSource) -> list[range]:
    """Return the indices of every image's examples: one for each tree of its forest."""
    trees = len(source) // len(source.records)
    return [range(first, first + trees) for first in range(0, len(source), trees)]


def score_image(example: Example, labels: NDArray[np.uint8], classes: int) -> ImageScore:
    """Compare predicted labels with those of an example, pixel by pixel.

    Parameters
    ----------
    example : Example
        With labels.
    labels : (*shape) uint8
        Predicted class indices.
    classes : int
        Number of classes.

    Raises
    ------
    InputError
        The example came without labels.
    """
    if example.labels is None:
        raise InputError(f"validation needs the mask of every image, {example.name} came without: give it a mask")
    scores = dice(confusion_matrix(labels, example.labels, classes))
    return ImageScore(name=example.name, dice=scores, labels=labels)
