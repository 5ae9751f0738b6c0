"""Overlap of predicted and true classes: Dice and IoU from one count of pixels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.types import LevelArray

BAND_PIXELS = 2**22
"""Labels are looked through in bands of about this many pixels."""


def confusion_matrix(predicted: LevelArray, truth: LevelArray, classes: int) -> NDArray[np.int64]:
    """Count the pixels of every pair of true and predicted class.

    Parameters
    ----------
    predicted : (*shape) uint8, sliceable
        Class indices below `classes`.
    truth : (*shape) uint8, sliceable
        Class indices below `classes`, or `IGNORED`.
    classes : int
        Number of classes, background included.

    Returns
    -------
    (K, K) int64
        Rows are true classes, columns predicted ones; pixels whose truth is ignored are left out.

    Raises
    ------
    InputError
        Shapes differ, or a label names no class.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 1, 1], np.uint8), np.array([0, 1, 0], np.uint8), 2)
    array([[1, 1],
           [0, 1]])
    """
    check_shapes(predicted, truth)
    counts = np.zeros((IGNORED + 1, classes), np.int64)
    for rows in bands(truth.shape):
        labels, found = np.asarray(truth[rows]), np.asarray(predicted[rows])
        if found.size and found.max() >= classes:
            raise InputError(f"predicted labels must be below the {classes} classes, got {found.max()}")
        pairs = labels.astype(np.intp).ravel() * classes + found.ravel()
        if pairs.size and pairs.max() >= counts.size:
            raise InputError(f"true labels must be below the {classes} classes or {IGNORED}, got {labels.max()}")
        counts += np.bincount(pairs, minlength=counts.size).reshape(counts.shape)
    unknown = np.flatnonzero(counts[classes:IGNORED].any(axis=1)) + classes
    if len(unknown):
        raise InputError(f"true labels must be below the {classes} classes or {IGNORED}, got {unknown[0]}")
    return counts[:classes]


def dice(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the Dice of every class, 2 TP / (predicted + true).

    Parameters
    ----------
    confusion : (K, K) int64
        What `confusion_matrix` counted.

    Returns
    -------
    (K,) float64
        In [0, 1]; NaN for a class that is neither in the truth nor predicted: it is left out of means. A class that
        is in one of the two alone has 0.

    Examples
    --------
    >>> dice(np.array([[1, 1], [0, 1]])).round(3).tolist()
    [0.667, 0.667]
    """
    both = confusion.sum(axis=0) + confusion.sum(axis=1)
    return _share(2 * np.diagonal(confusion), both)


def intersection_over_union(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the IoU (Jaccard index) of every class, TP / (predicted + true - TP); NaN as for `dice`.

    Parameters
    ----------
    confusion : (K, K) int64
        What `confusion_matrix` counted.

    Returns
    -------
    (K,) float64
    """
    hits = np.diagonal(confusion)
    return _share(hits, confusion.sum(axis=0) + confusion.sum(axis=1) - hits)


def mean_of_known(values: Any) -> float:
    """Return the mean without NaN; NaN if nothing is known.

    >>> mean_of_known([0.5, float("nan"), 1.0])
    0.75
    """
    values = np.asarray(values, np.float64)
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def check_shapes(predicted: LevelArray, truth: LevelArray) -> None:
    """Refuse labels of different shapes.

    Raises
    ------
    InputError
        The shapes differ.
    """
    if tuple(predicted.shape) != tuple(truth.shape):
        raise InputError(
            f"prediction and truth must have one shape, got {tuple(predicted.shape)} and {tuple(truth.shape)}: "
            "compare an image with its own mask"
        )


def bands(shape: tuple[int, ...]) -> list[slice]:
    """Cut the first axis into bands of about `BAND_PIXELS` pixels.

    >>> bands((3, 2**22))
    [slice(0, 1, None), slice(1, 2, None), slice(2, 3, None)]
    """
    thickness = max(1, BAND_PIXELS // max(1, int(np.prod(shape[1:]))))
    return [slice(start, min(start + thickness, shape[0])) for start in range(0, shape[0], thickness)]


def _share(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
