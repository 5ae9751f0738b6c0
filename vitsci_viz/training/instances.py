"""Single objects, found and true: F1 at an overlap, panoptic quality, aggregated Jaccard index."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.training.scores import check_shapes, mean_of_known

F1_OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9)
"""Overlaps that the mean F1 is taken over."""
LARGEST_TABLE = 2**24
"""Object numbers below this are renumbered by a table, larger ones by sorting."""


def split_objects(foreground: NDArray[Any], *, min_size: int = 1) -> NDArray[np.int32]:
    """Give every connected component of a foreground a number, from 1 on.

    Parameters
    ----------
    foreground : (*shape)
        Nonzero where there is an object. Pixels belong together if they share a side (in space, a face): objects that
        touch by a corner are two.
    min_size : int
        Components with fewer pixels become background.

    Returns
    -------
    (*shape) int32

    Examples
    --------
    >>> split_objects(np.array([[1, 0, 1], [0, 1, 1]])).tolist()
    [[1, 0, 2], [0, 2, 2]]
    """
    from scipy import ndimage

    labels = np.empty(foreground.shape, np.int32)
    ndimage.label(foreground, output=labels)
    if min_size > 1:
        kept = np.bincount(labels.ravel(), minlength=1) >= min_size
        kept[0] = False
        labels = np.where(kept, np.cumsum(kept, dtype=np.int32), np.int32(0))[labels]
    return labels


@dataclass(frozen=True, eq=False, kw_only=True)
class Overlaps:
    """Which predicted objects cover which true ones.

    Parameters
    ----------
    true_area : (t,) int64
        Pixels of every true object.
    predicted_area : (p,) int64
        Pixels of every predicted object.
    true_index, predicted_index : (n,) int64
        The pairs that share pixels, by their places in the areas.
    shared : (n,) int64
        Pixels that each pair shares.
    """

    true_area: NDArray[np.int64]
    predicted_area: NDArray[np.int64]
    true_index: NDArray[np.int64]
    predicted_index: NDArray[np.int64]
    shared: NDArray[np.int64]

    @property
    def union(self) -> NDArray[np.int64]:
        """Pixels that each pair covers together."""
        return self.true_area[self.true_index] + self.predicted_area[self.predicted_index] - self.shared

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair."""
        return self.shared / self.union

    @property
    def is_empty(self) -> bool:
        """Whether there is no object at all, neither true nor predicted."""
        return not self.true_area.size and not self.predicted_area.size


@dataclass(frozen=True, kw_only=True)
class InstanceScores:
    """How well single objects were found; NaN where there is none at all.

    Parameters
    ----------
    f1 : float
        F1 of the objects matched with an IoU above 0.5.
    f1_mean : float
        Mean F1 over the overlaps 0.5, 0.6, 0.7, 0.8 and 0.9.
    pq, sq, rq : float
        Panoptic quality, and its parts: segmentation quality (mean IoU of the matched) and recognition quality (F1).
        Without a match sq is NaN.
    aji : float
        Aggregated Jaccard index.
    true_objects, predicted_objects, matched : int
        Numbers of objects, and of those matched with an IoU above 0.5.
    """

    f1: float
    f1_mean: float
    pq: float
    sq: float
    rq: float
    aji: float
    true_objects: int
    predicted_objects: int
    matched: int


def score_instances(predicted: NDArray[Any], truth: NDArray[Any]) -> InstanceScores:
    """Compare numbered objects.

    Parameters
    ----------
    predicted, truth : (*shape) of integers
        0 is background, every other value one object; the values themselves mean nothing.

    Returns
    -------
    InstanceScores

    Raises
    ------
    InputError
        The shapes differ.

    References
    ----------
    Caicedo et al., Nucleus segmentation across imaging experiments, Nature Methods 2019 (F1 over overlaps).
    Kirillov et al., Panoptic segmentation, CVPR 2019, eq. 1 (PQ = SQ RQ; an IoU above 0.5 makes the match unique).
    Kumar et al., IEEE Transactions on Medical Imaging 2017, algorithm 1 (AJI).

    Examples
    --------
    >>> truth = np.array([[1, 1, 0, 2, 2, 2]])
    >>> found = score_instances(np.array([[7, 7, 0, 0, 9, 9]]), truth)
    >>> found.matched, found.f1, round(found.pq, 3), found.aji
    (2, 1.0, 0.833, 0.8)
    """
    overlaps = find_overlaps(predicted, truth)
    count = len(overlaps.true_area) + len(overlaps.predicted_area)
    matched = overlaps.iou[overlaps.iou > F1_OVERLAPS[0]]
    by_overlap = [f1_at(overlaps, bound) for bound in F1_OVERLAPS]
    return InstanceScores(
        f1=by_overlap[0],
        f1_mean=float(np.mean(by_overlap)),
        pq=float(2 * matched.sum() / count) if count else math.nan,
        sq=float(matched.mean()) if matched.size else math.nan,
        rq=by_overlap[0],
        aji=aggregated_jaccard(overlaps),
        true_objects=len(overlaps.true_area),
        predicted_objects=len(overlaps.predicted_area),
        matched=int(matched.size),
    )


def f1_at(overlaps: Overlaps, bound: float) -> float:
    """Return 2 TP / (predicted + true objects) where objects match if their IoU is above a bound of at least 0.5.

    Parameters
    ----------
    overlaps : Overlaps
        What `find_overlaps` counted.
    bound : float
        In [0.5, 1): above it no object has two matches.
    """
    count = len(overlaps.true_area) + len(overlaps.predicted_area)
    return 2 * int(np.count_nonzero(overlaps.iou > bound)) / count if count else math.nan


def aggregated_jaccard(overlaps: Overlaps) -> float:
    """Return the aggregated Jaccard index.

    Parameters
    ----------
    overlaps : Overlaps
        What `find_overlaps` counted.

    Notes
    -----
    Every true object is paired with the predicted one of highest IoU, which may serve several true objects. AJI is
    the sum of what the pairs share over the sum of their unions, of the true objects without a partner, and of the
    predicted ones that are nobody's partner.
    """
    if overlaps.is_empty:
        return math.nan
    order = np.lexsort((overlaps.predicted_index, -overlaps.iou, overlaps.true_index))
    is_best = np.diff(overlaps.true_index[order], prepend=-1) > 0
    best = order[is_best]
    alone = overlaps.true_area.sum() - overlaps.true_area[overlaps.true_index[best]].sum()
    is_spare = np.ones(len(overlaps.predicted_area), bool)
    is_spare[overlaps.predicted_index[best]] = False
    union = overlaps.union[best].sum() + alone + overlaps.predicted_area[is_spare].sum()
    return float(overlaps.shared[best].sum() / union)


def find_overlaps(predicted: NDArray[Any], truth: NDArray[Any]) -> Overlaps:
    """Count the pixels that true and predicted objects share.

    Parameters
    ----------
    predicted, truth : (*shape) of integers
        0 is background, every other value one object.

    Raises
    ------
    InputError
        The shapes differ.
    """
    from scipy.sparse import coo_matrix

    check_shapes(predicted, truth)
    found, predicted_area = _renumber(predicted)
    own, true_area = _renumber(truth)
    in_both = (found > 0) & (own > 0)
    places = own[in_both] - 1, found[in_both] - 1
    table = coo_matrix((np.ones(len(places[0]), np.int64), places), shape=(len(true_area), len(predicted_area)))
    table.sum_duplicates()
    return Overlaps(
        true_area=true_area,
        predicted_area=predicted_area,
        true_index=table.row.astype(np.int64),
        predicted_index=table.col.astype(np.int64),
        shared=np.asarray(table.data, np.int64),
    )


def _renumber(labels: NDArray[Any]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return labels numbered from 1 without gaps, in their order, and the pixels of each."""
    flat = labels.ravel()
    if flat.size and flat.max() < LARGEST_TABLE:
        area = np.bincount(flat)
        present = area > 0
        present[0] = False
        numbers = np.where(present, np.cumsum(present, dtype=np.int32), np.int32(0))
        return numbers[labels], area[present]
    values, places, area = np.unique(flat, return_inverse=True, return_counts=True)
    has_background = bool(len(values)) and values[0] == 0
    numbers = np.arange(len(values), dtype=np.int32) + (0 if has_background else 1)
    return numbers[places].reshape(labels.shape), area[1:] if has_background else area


def mean_scores(scores: Sequence[InstanceScores]) -> dict[str, float | int]:
    """Average the scores of images where they are known, and add up the objects.

    Parameters
    ----------
    scores : sequence of InstanceScores
        One for every image.
    """
    names = ("f1", "f1_mean", "pq", "sq", "rq", "aji")
    means = {name: mean_of_known([getattr(each, name) for each in scores]) for name in names}
    counts = ("true_objects", "predicted_objects", "matched")
    return {**means, **{name: sum(getattr(each, name) for each in scores) for name in counts}}
