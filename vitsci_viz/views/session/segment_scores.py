"""What predictions score: class by class, image by image with the worst first, and one run against another."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.training.scores import confusion_matrix, dice, intersection_over_union, mean_of_known
from vitsci_viz.types import LevelArray

Floats = NDArray[np.float64]

ALIKE = 0.0005
"""Two Dice closer than this are written alike, and count as equal."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageScore:
    """How a prediction of one image scores.

    Parameters
    ----------
    confusion : (K, K) int64
        Pixels of every pair of true (row) and predicted class.
    """

    confusion: NDArray[np.int64]

    @property
    def dice(self) -> Floats:
        """Dice of every class, NaN where it is neither there nor predicted."""
        return dice(self.confusion)

    @property
    def mean_dice(self) -> float:
        """Mean over the classes without background; NaN where none is there or predicted."""
        return mean_of_known(self.dice[1:])


def score(predicted: LevelArray, truth: LevelArray, classes: int) -> ImageScore:
    """Compare a prediction with the truth, both (*shape) uint8 class indices with 255 where nothing is labelled."""
    return ImageScore(confusion=confusion_matrix(predicted, truth, classes))


@dataclass(frozen=True, kw_only=True)
class ClassRow:
    """One class in one image, or its mean over several.

    Parameters
    ----------
    index : int
        Class index.
    name : str
        Class name.
    dice, iou : float
        NaN where the class is neither there nor predicted.
    true_pixels, found_pixels : int
        Pixels of the class in the truth and in the prediction.
    missed_pixels, false_pixels : int
        Pixels of the class that are predicted otherwise, and pixels predicted as the class that are not.
    """

    index: int
    name: str
    dice: float
    iou: float
    true_pixels: int
    found_pixels: int
    missed_pixels: int
    false_pixels: int


def class_rows(scores: Sequence[ImageScore], names: Sequence[str]) -> tuple[ClassRow, ...]:
    """Return a row for every class but background.

    Parameters
    ----------
    scores : sequence of ImageScore
        One image, or several: Dice and IoU are means over the images where they are defined, pixels are sums.
    names : sequence of str
        Name of every class index.
    """
    if not scores:
        return ()
    dices, ious = ([each(one.confusion) for one in scores] for each in (dice, intersection_over_union))
    total = np.sum([one.confusion for one in scores], axis=0)
    hits, true, found = np.diagonal(total), total.sum(axis=1), total.sum(axis=0)
    return tuple(
        ClassRow(
            index=index,
            name=name,
            dice=mean_of_known([values[index] for values in dices]),
            iou=mean_of_known([values[index] for values in ious]),
            true_pixels=int(true[index]),
            found_pixels=int(found[index]),
            missed_pixels=int(true[index] - hits[index]),
            false_pixels=int(found[index] - hits[index]),
        )
        for index, name in enumerate(names)
        if index
    )


def mean_dice(scores: Sequence[ImageScore]) -> float:
    """Return the mean over the images of their mean Dice without background; NaN where none is known."""
    return mean_of_known([one.mean_dice for one in scores])


@dataclass(frozen=True, kw_only=True)
class ImageRow:
    """One image in the list.

    Parameters
    ----------
    key : str
        What opens it.
    name, group, split : str
        As the run's table of images says.
    first, second : float or None
        Mean Dice of run A and of run B; None where it is not known yet, NaN where nothing is there to find.
    problem : str
        Why it could not be predicted.
    """

    key: str
    name: str
    group: str = ""
    split: str = ""
    first: float | None = None
    second: float | None = None
    problem: str = ""

    @property
    def difference(self) -> float | None:
        """B minus A; None where one of them is not known."""
        known = [value for value in (self.first, self.second) if value is not None and not math.isnan(value)]
        return known[1] - known[0] if len(known) == 2 else None


def worst_first(rows: Sequence[ImageRow], *, is_comparison: bool = False) -> tuple[ImageRow, ...]:
    """Order images by what deserves a look: the lowest Dice of run A, or what run B makes worst, comes first.

    Images that failed come before all, as they too want a look; those without a score come last, by name.
    """

    def place(row: ImageRow) -> tuple[int, float, str]:
        value = row.difference if is_comparison else row.first
        if row.problem:
            return 0, 0.0, row.name
        if value is None or math.isnan(value):
            return 2, 0.0, row.name
        return 1, value, row.name

    return tuple(sorted(rows, key=place))


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """Two runs on the images that both have predicted.

    Parameters
    ----------
    images : int
        Their number.
    first, second : float
        Mean Dice of run A and run B over them.
    better, worse, alike : int
        Images on which B is better than A, worse, or the same to three digits.
    """

    images: int
    first: float
    second: float
    better: int
    worse: int
    alike: int

    @property
    def difference(self) -> float:
        """B minus A."""
        return self.second - self.first


def compare_runs(first: Mapping[Any, ImageScore], second: Mapping[Any, ImageScore]) -> RunComparison | None:
    """Compare two runs image by image; None where no image has a score of both."""
    pairs = [(first[key].mean_dice, second[key].mean_dice) for key in first if key in second]
    known = np.array([pair for pair in pairs if not math.isnan(sum(pair))], np.float64).reshape(-1, 2)
    if not len(known):
        return None
    gain = known[:, 1] - known[:, 0]
    return RunComparison(
        images=len(known),
        first=float(known[:, 0].mean()),
        second=float(known[:, 1].mean()),
        better=int(np.count_nonzero(gain > ALIKE)),
        worse=int(np.count_nonzero(gain < -ALIKE)),
        alike=int(np.count_nonzero(np.abs(gain) <= ALIKE)),
    )
