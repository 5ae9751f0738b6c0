"""Which leaf lies under a point: a binary search along the Z-order curve."""

from dataclasses import dataclass

import numpy as np

from vitsci_viz.patching.morton import morton_key
from vitsci_viz.types import PatchTree


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One leaf of a tree.

    Parameters
    ----------
    token : int
        Place in the sequence.
    level : int
        Depth; the root is level 0.
    size : tuple of int
        Side on every axis in pixels.
    origin : tuple of int
        First pixel on every axis.
    score : float
        Detail inside.
    """

    token: int
    level: int
    size: tuple[int, ...]
    origin: tuple[int, ...]
    score: float


class LeafIndex:
    """Point queries on a tree.

    Leaves are stored in Z-order and tile the image, so the leaf of a point is the last one whose own key is not
    beyond the key of the point.

    Parameters
    ----------
    tree : PatchTree
    """

    def __init__(self, tree: PatchTree) -> None:
        self._tree = tree
        self._unit = tree.size.min(axis=0)
        self._keys = morton_key(tree.origin // self._unit)

    def at(self, point: tuple[float, ...]) -> Leaf | None:
        """Return the leaf that holds a point (in pixels, array order), or None outside the image."""
        place = np.floor(np.asarray(point, np.float64)).astype(np.int64)
        if (place < 0).any() or (place >= self._tree.shape).any():
            return None
        key = morton_key((place // self._unit)[None])
        token = int(np.searchsorted(self._keys, key, side="right")[0]) - 1
        return leaf_of(self._tree, token)


def leaf_of(tree: PatchTree, token: int) -> Leaf:
    """Return one leaf of a tree by its place in the sequence."""
    return Leaf(
        token=token,
        level=int(tree.level[token]),
        size=tuple(int(side) for side in tree.size[token]),
        origin=tuple(int(first) for first in tree.origin[token]),
        score=float(tree.score[token]),
    )
