"""The laws every tree obeys, checked from its four arrays alone."""

import itertools
from typing import Protocol

import numpy as np

from tests.reference.cells import Cell, root, z_key


class Leaves(Protocol):
    """What a tree has to show."""

    shape: tuple[int, ...]
    origin: np.ndarray
    size: np.ndarray
    level: np.ndarray
    score: np.ndarray


def cells_of(tree: Leaves) -> list[Cell]:
    """Return the leaves of a tree as cells, in its order."""
    return [
        Cell(tuple(int(v) for v in origin), tuple(int(v) for v in size), int(level))
        for origin, size, level in zip(tree.origin, tree.size, tree.level, strict=True)
    ]


def check_tiling(tree: Leaves, min_size: tuple[int, ...]) -> None:
    """Every pixel lies in exactly one leaf; every leaf is a box of the halving and touches the domain."""
    covered = np.zeros(tree.shape, int)
    top = root(tree.shape, min_size)
    for leaf in cells_of(tree):
        covered[leaf.slices(tree.shape)] += 1
        assert all(o < n for o, n in zip(leaf.origin, tree.shape, strict=True)), f"{leaf} lies outside {tree.shape}"
        assert leaf.size == tuple(s >> leaf.level for s in top.size), f"{leaf} is no box of {top}"
        assert all(o % s == 0 for o, s in zip(leaf.origin, leaf.size, strict=True)), f"{leaf} is off the grid"
        assert all(s >= m for s, m in zip(leaf.size, min_size, strict=True)), f"{leaf} is finer than {min_size}"
    assert covered.min() == 1 == covered.max(), f"coverage runs from {covered.min()} to {covered.max()}"


def check_z_order(tree: Leaves, min_size: tuple[int, ...]) -> None:
    """Leaves follow the Z-order curve strictly."""
    keys = [z_key(leaf.origin, min_size) for leaf in cells_of(tree)]
    assert all(a < b for a, b in itertools.pairwise(keys)), f"not in Z-order: {keys}"


def check_balanced(tree: Leaves) -> None:
    """Leaves that share a face differ by at most one level; found by looking at pixels side by side."""
    levels = np.zeros(tree.shape, int)
    for leaf in cells_of(tree):
        levels[leaf.slices(tree.shape)] = leaf.level
    for axis in range(levels.ndim):
        steps = np.abs(np.diff(levels, axis=axis))
        assert steps.size == 0 or steps.max() <= 1, f"levels jump by {steps.max()} along axis {axis}"
