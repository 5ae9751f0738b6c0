"""How far the borders of predicted and true classes lie apart: Hausdorff distance and normalised surface Dice."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.scores import bands, check_shapes
from vitsci_viz.types import LevelArray

ROUNDING = 1e-9
"""Relative slack of a tolerance, so that three steps of 0.1 lie within 0.3."""


@dataclass(frozen=True, eq=False)
class SurfaceDistances:
    """Distances between the border pixels of a predicted and a true class.

    Parameters
    ----------
    of_predicted : (p,) float64
        From every predicted border pixel to the nearest true one; infinite where there is none.
    of_truth : (t,) float64
        From every true border pixel to the nearest predicted one; infinite where there is none.
    """

    of_predicted: NDArray[np.float64]
    of_truth: NDArray[np.float64]

    def hausdorff(self, percentile: float = 95) -> float:
        """Return the percentile of the distances, the larger of both directions (HD95).

        Parameters
        ----------
        percentile : float
            In [0, 100]; 100 is the Hausdorff distance.

        Returns
        -------
        float
            In the unit of the spacing. NaN if both borders are empty, infinity if one of them is.
        """
        if not self.of_predicted.size and not self.of_truth.size:
            return math.nan
        if not self.of_predicted.size or not self.of_truth.size:
            return math.inf
        return float(max(np.percentile(self.of_predicted, percentile), np.percentile(self.of_truth, percentile)))

    def surface_dice(self, tolerance: float) -> float:
        """Return the share of all border pixels whose distance is at most the tolerance.

        Parameters
        ----------
        tolerance : float
            In the unit of the spacing, not negative.

        Returns
        -------
        float
            In [0, 1]; NaN if both borders are empty, 0 if one of them is.
        """
        count = self.of_predicted.size + self.of_truth.size
        if not count:
            return math.nan
        bound = tolerance * (1 + ROUNDING)
        within = np.count_nonzero(self.of_predicted <= bound) + np.count_nonzero(self.of_truth <= bound)
        return int(within) / count


def surface_distances(
    predicted: LevelArray, truth: LevelArray, classes: Sequence[int] = (1,), *, spacing: Sequence[float] | None = None
) -> dict[int, SurfaceDistances]:
    """Measure the borders of classes in two or three dimensions.

    Parameters
    ----------
    predicted : (*shape) uint8, sliceable
        Class indices.
    truth : (*shape) uint8, sliceable
        Class indices; `IGNORED` where nothing counts: such a pixel belongs to no class on either side.
    classes : sequence of int
        The classes to measure.
    spacing : sequence of float, optional
        Distance between pixels along each axis; default 1.

    Returns
    -------
    dict of int to SurfaceDistances
        By class.

    Raises
    ------
    InputError
        The shapes differ, or the spacing has another number of axes.

    Notes
    -----
    A pixel of a class is on its border if a pixel beside it (4 neighbours in the plane, 6 in space) is of another
    class or outside the image. Distances are Euclidean, between centres of border pixels, found with a k-d tree of
    the border pixels alone, so that an image costs time by its borders, not by its area. Where a class meets ignored
    pixels it ends on both sides alike, so these borders agree: much ignored area raises the surface Dice.

    References
    ----------
    Maier-Hein, Reinke et al., Metrics reloaded, Nature Methods 2024 (HD95, NSD).
    Nikolov et al., Deep learning to achieve clinically applicable segmentation, 2021 (surface Dice at a tolerance).

    Examples
    --------
    >>> truth = np.zeros((6, 6), np.uint8)
    >>> truth[1:4, 1:4] = 1
    >>> found = surface_distances(np.roll(truth, 1, axis=1), truth, spacing=(0.5, 0.5))[1]
    >>> found.hausdorff(), found.surface_dice(0.5), round(found.surface_dice(0.4), 3)
    (0.5, 1.0, 0.5)
    """
    check_shapes(predicted, truth)
    steps = np.ones(len(truth.shape)) if spacing is None else np.asarray(spacing, np.float64)
    if len(steps) != len(truth.shape):
        raise InputError(f"spacing must have one value per axis ({len(truth.shape)}), got {tuple(spacing or ())}")
    points, labels = _border_pixels(predicted, truth, is_truth=False)
    true_points, true_labels = _border_pixels(truth, truth, is_truth=True)
    return {
        value: _distances(points[labels == value] * steps, true_points[true_labels == value] * steps)
        for value in classes
    }


def _distances(predicted: NDArray[np.float64], truth: NDArray[np.float64]) -> SurfaceDistances:
    return SurfaceDistances(_nearest(predicted, truth), _nearest(truth, predicted))


def _nearest(points: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of every point to the nearest of the others."""
    if not len(points) or not len(others):
        return np.full(len(points), np.inf)
    from scipy.spatial import KDTree

    tree = KDTree(others, balanced_tree=False, compact_nodes=False)  # points on a grid: building costs more than asking
    return tree.query(points)[0]


def _border_pixels(
    labels: LevelArray, truth: LevelArray, *, is_truth: bool
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Return place and class of every pixel beside another class, band by band."""
    places, found = [], []
    for rows in bands(labels.shape):
        first, last = max(rows.start - 1, 0), min(rows.stop + 1, labels.shape[0])
        part = np.asarray(labels[first:last])
        if not is_truth:
            part = np.where(np.asarray(truth[first:last]) == IGNORED, np.uint8(IGNORED), part)
        own = slice(rows.start - first, rows.stop - first)
        border = _border(part, is_first=first == rows.start, is_last=last == rows.stop)[own]
        place = np.argwhere(border).astype(np.int32)
        places.append(place + np.array([rows.start] + [0] * (part.ndim - 1), np.int32))
        found.append(part[own][border])
    return np.concatenate(places), np.concatenate(found)


def _border(labels: NDArray[np.uint8], *, is_first: bool, is_last: bool) -> NDArray[np.bool_]:
    """Tell where a neighbour along an axis differs; the outside of the image is another class."""
    border = np.zeros(labels.shape, bool)
    for axis in range(labels.ndim):
        view, values = np.moveaxis(border, axis, 0), np.moveaxis(labels, axis, 0)
        differs = values[1:] != values[:-1]
        view[1:] |= differs
        view[:-1] |= differs
        view[0] |= axis > 0 or is_first
        view[-1] |= axis > 0 or is_last
    return border & (labels != IGNORED)
