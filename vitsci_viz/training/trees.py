"""The trees that training and prediction cut an image with."""

from collections.abc import Sequence

import numpy as np

from vitsci_viz.patching.forest import build_forest
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import depth_for
from vitsci_viz.patching.tokens import fit_length
from vitsci_viz.types import Image, PatchTree


def cut_image(image: Image, patch: PatchOptions, *, seed: int = 0) -> tuple[PatchTree, ...]:
    """Build the trees of an image as a model is to see them.

    Parameters
    ----------
    image : Image
        The pixels.
    patch : PatchOptions
        How to cut; `forest` says how many trees. Threshold trees are brought to `length` leaves where `overflow`
        says how.
    seed : int
        Of the random drop.

    Returns
    -------
    tuple of PatchTree
        One per tree of the forest.
    """
    trees = build_forest(image, patch)
    if patch.mode == "length" or patch.overflow == "error":
        return trees
    return tuple(fit_length(tree, patch.length, overflow=patch.overflow, seed=seed) for tree in trees)


def one_leaf(shape: Sequence[int], min_size: Sequence[int]) -> PatchTree:
    """Return the tree that is not split: what models of pixels are given.

    >>> one_leaf((20, 30), (4, 4)).size.tolist()
    [[32, 32]]
    """
    depth = depth_for(shape, min_size)
    return PatchTree(
        shape=tuple(shape),
        origin=np.zeros((1, len(shape)), np.int64),
        size=np.array([[side << depth for side in min_size]], np.int64),
        level=np.zeros(1, np.int16),
        score=np.zeros(1),
    )
