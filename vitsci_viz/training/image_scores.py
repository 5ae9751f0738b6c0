"""All scores of one predicted image, and what they come to over many images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.training.instances import InstanceScores, mean_scores, score_instances, split_objects
from vitsci_viz.training.intervals import bootstrap_interval
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.scores import confusion_matrix, dice, intersection_over_union, mean_of_known
from vitsci_viz.training.surface import surface_distances

BY_CLASS = ("dice", "iou", "hd95", "nsd")
"""Scores that every class has."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageScores:
    """How well one image was labelled.

    Parameters
    ----------
    confusion : (K, K) int64
        Pixels by true class (rows) and predicted class (columns).
    hd95 : (K,) float64
        95th percentile of the distances between borders, in the unit of the spacing; the image's diagonal for a class
        that is in the truth or in the prediction alone, NaN for one in neither and for the background.
    nsd : (K,) float64
        Normalised surface Dice at the tolerance; 0 and NaN in the same cases.
    instances : InstanceScores, optional
        Scores of single objects, where the mask numbers them.
    ceiling : InstanceScores, optional
        What the true foreground itself scores once it is split by connected components. Objects that touch are one
        there: to come higher, a model must leave gaps between them.
    """

    confusion: NDArray[np.int64]
    hd95: NDArray[np.float64]
    nsd: NDArray[np.float64]
    instances: InstanceScores | None = None
    ceiling: InstanceScores | None = None

    @property
    def dice(self) -> NDArray[np.float64]:
        """Dice of every class, (K,); NaN for a class in neither."""
        return dice(self.confusion)

    @property
    def iou(self) -> NDArray[np.float64]:
        """IoU of every class, (K,); NaN for a class in neither."""
        return intersection_over_union(self.confusion)

    def mean(self, name: str) -> float:
        """Return a score's mean over the classes without background; NaN where none is known.

        Parameters
        ----------
        name : str
            One of `BY_CLASS`.
        """
        return mean_of_known(getattr(self, name)[1:])


def score_image(
    predicted: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    classes: int,
    *,
    spacing: Sequence[float] | None = None,
    tolerance: float = 1.0,
    objects: NDArray[Any] | None = None,
    min_object: int = 1,
) -> ImageScores:
    """Compare a prediction with the truth in every way.

    Parameters
    ----------
    predicted : (*shape) uint8
        Class indices.
    truth : (*shape) uint8
        Class indices; `IGNORED` where nothing counts.
    classes : int
        Number of classes, background included.
    spacing : sequence of float, optional
        Distance between pixels along each axis; default 1.
    tolerance : float
        Of the normalised surface Dice, in the unit of the spacing.
    objects : (*shape) of integers, optional
        Numbers of the true objects, 0 outside: adds the scores of single objects.
    min_object : int
        Predicted objects with fewer pixels are left out.

    Raises
    ------
    InputError
        Shapes differ, or a label names no class.
    """
    confusion = confusion_matrix(predicted, truth, classes)
    distances = surface_distances(predicted, truth, range(1, classes), spacing=spacing)
    steps = np.ones(truth.ndim) if spacing is None else np.asarray(spacing)
    diagonal = float(np.linalg.norm(steps * truth.shape))
    hd95, nsd = np.full((2, classes), np.nan)
    for value, found in distances.items():
        hd95[value] = diagonal if math.isinf(reach := found.hausdorff()) else reach
        nsd[value] = found.surface_dice(tolerance)
    if objects is None:
        return ImageScores(confusion=confusion, hd95=hd95, nsd=nsd)
    own = np.where(truth == IGNORED, objects.dtype.type(0), objects)
    split = split_objects((predicted > 0) & (truth != IGNORED), min_size=min_object)
    return ImageScores(
        confusion=confusion,
        hd95=hd95,
        nsd=nsd,
        instances=score_instances(split, own),
        ceiling=score_instances(split_objects(own > 0), own),
    )


def summarise(
    scores: Sequence[ImageScores], groups: Sequence[str], classes: Sequence[str], *, resamples: int, seed: int
) -> dict[str, Any]:
    """Return the means over images, by class and over the classes, with intervals over groups.

    Parameters
    ----------
    scores : sequence of ImageScores
        One for every image.
    groups : sequence of str
        The group of every image.
    classes : sequence of str
        Names of the classes; the first is the background.
    resamples, seed : int
        Of the bootstrap.

    Returns
    -------
    dict
        ``dice iou hd95 nsd`` by class (distances without the background), ``mean_dice mean_iou mean_hd95 mean_nsd``
        (without background; per image, then mean), ``interval`` of the mean Dice, ``intervals`` of the Dice by class,
        ``confusion``, and ``instances`` and ``ceiling`` where the masks number objects. None is what is not known.
    """

    def interval(values: Sequence[float]) -> list[float | None]:
        return list(bootstrap_interval(values, groups, resamples=resamples, seed=seed) or (None, None))

    tables = {name: np.array([getattr(each, name) for each in scores]) for name in BY_CLASS}
    found: dict[str, Any] = {
        name: by_class(classes, [mean_of_known(column) for column in table.T], name) for name, table in tables.items()
    }
    found |= {f"mean_{name}": known(mean_of_known([each.mean(name) for each in scores])) for name in BY_CLASS}
    found["interval"] = interval([each.mean("dice") for each in scores])
    found["intervals"] = {name: interval(column) for name, column in zip(classes, tables["dice"].T, strict=True)}
    found["confusion"] = np.sum([each.confusion for each in scores], axis=0).tolist()
    for name in ("instances", "ceiling"):
        parts = [part for each in scores if (part := getattr(each, name)) is not None]
        if parts:
            found[name] = {key: known(value) for key, value in mean_scores(parts).items()}
    return found


def by_class(classes: Sequence[str], values: Sequence[float], name: str) -> dict[str, float | None]:
    """Return a score by the classes' names; distances are not those of the background.

    >>> by_class(["background", "nucleus"], [float("nan"), 2.0], "hd95")
    {'nucleus': 2.0}
    """
    first = 1 if name in ("hd95", "nsd") else 0
    return {each: known(value) for each, value in zip(classes[first:], values[first:], strict=True)}


def known(value: Any) -> Any:
    """Return a number as a plain one, NaN as None."""
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain
