"""Summaries of a tree that a view plots."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.readings import Readings
from vitsci_viz.types import PatchTree


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two settings of one image.

    Parameters
    ----------
    first, second : Readings
        Their numbers.
    shared_leaves : float
        Share of the first tree's leaves that the second one has too.
    """

    first: Readings
    second: Readings
    shared_leaves: float


@dataclass(frozen=True, eq=False, kw_only=True)
class LeafHistogram:
    """Leaves by level, coarse to fine.

    Parameters
    ----------
    level : (k,) int64
        Levels that hold leaves.
    size : (k, d) int64
        Side of a leaf in pixels.
    count : (k,) int64
        Leaves.
    area_share : (k,) float64
        Share of the image (its clipped area or volume) that they cover.
    """

    level: NDArray[np.int64]
    size: NDArray[np.int64]
    count: NDArray[np.int64]
    area_share: NDArray[np.float64]


def histogram_of(tree: PatchTree) -> LeafHistogram:
    """Count the leaves of each level and the share of the image that they cover."""
    counts = np.bincount(tree.level)
    level = np.flatnonzero(counts)
    size = tree.size[[int(np.argmax(tree.level == each)) for each in level]]
    area = counts[level] * np.prod(size, axis=1, dtype=np.float64)
    beyond = np.flatnonzero((tree.origin > np.array(tree.shape) - tree.size).any(axis=1))
    missing = _outside(tree, beyond)
    area -= np.bincount(tree.level[beyond], weights=missing, minlength=len(counts))[level]
    return LeafHistogram(
        level=level, size=size, count=counts[level], area_share=area / float(np.prod(np.array(tree.shape, np.float64)))
    )


def _outside(tree: PatchTree, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many pixels of chosen leaves lie beyond the image."""
    size = tree.size[rows]
    inside = np.minimum(tree.shape - tree.origin[rows], size)
    return np.prod(size, axis=1, dtype=np.float64) - np.prod(inside, axis=1, dtype=np.float64)


def shared_leaves(first: PatchTree, second: PatchTree) -> float:
    """Return the share of the first tree's leaves that the second one has too."""
    ours, theirs = (
        {(*origin, *size) for origin, size in zip(tree.origin.tolist(), tree.size.tolist(), strict=True)}
        for tree in (first, second)
    )
    return len(ours & theirs) / len(ours)
