"""Where the leaves of a tree lie, as models are told: places, sizes and the grid of finest cells (no torch)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.patching.pyramid import grid_shape
from vitsci_viz.patching.sides import per_axis
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.types import PatchSequence, PatchTree


def places_of(
    tree: PatchTree, patch_size: int | Sequence[int], *, unit: float, inside: Sequence[slice] | None = None
) -> NDArray[np.float32]:
    """Return the place of every leaf: its centre and its size, free of pixels.

    Parameters
    ----------
    tree : PatchTree
        n leaves in d dimensions.
    patch_size : int or one per axis
        Side of a token.
    unit : float
        Pixels that count as one: the longest side of the images or crops in training (`ModelSpec.unit`). An image that
        is larger reaches beyond 1, so that neighbours are as far from each other as in training.
    inside : sequence of slice, optional
        Where in the tree's domain the image lies, if the domain was padded: places count from its corner. By default
        everywhere.

    Returns
    -------
    (n, d + 1) float32
        Centre along every axis in units, then log2 of the leaf's side over the
        token's side, averaged over the axes: 0 where nothing is resampled, 1 where a token is averaged down by two.

    Notes
    -----
    The centre is that of the whole leaf, also where the leaf reaches beyond the image and is clipped.

    Examples
    --------
    >>> tree = PatchTree(
    ...     shape=(8, 16), origin=np.array([[0, 8]]), size=np.array([[8, 8]]), level=np.array([1]), score=np.zeros(1)
    ... )
    >>> places_of(tree, 4, unit=16)
    array([[0.25, 0.75, 1.  ]], dtype=float32)
    """
    sides = np.array(per_axis(_plain(patch_size), tree.ndim, "patch_size"))
    corner = 0 if inside is None else np.array([part.start for part in inside])
    centres = (tree.origin + tree.size / 2 - corner) / unit
    scale = np.log2(tree.size / sides).mean(axis=1, keepdims=True)
    return np.concatenate([centres, scale], axis=1).astype(np.float32)


def grid_of(tree: PatchTree, min_size: int | Sequence[int]) -> NDArray[np.int64]:
    """Return which leaf covers each cell of the finest leaf's size.

    Parameters
    ----------
    tree : PatchTree
        n leaves whose sides are `min_size` times a power of two.
    min_size : int or one per axis
        Sides of a cell.

    Returns
    -------
    (*cells) int64
        Row of the leaf; n where no leaf lies (dropped or masked leaves). ``cells = ceil(shape / min_size)``.

    Raises
    ------
    InputError
        A leaf is smaller than a cell or does not begin at one.

    Examples
    --------
    >>> tree = PatchTree(
    ...     shape=(8, 16), origin=np.array([[0, 8]]), size=np.array([[8, 8]]), level=np.array([1]), score=np.zeros(1)
    ... )
    >>> grid_of(tree, 4)
    array([[1, 1, 0, 0],
           [1, 1, 0, 0]])
    """
    sides = per_axis(_plain(min_size), tree.ndim, "min_size")
    if (tree.size % sides).any() or (tree.origin % sides).any():
        smallest = tuple(int(side) for side in tree.size.min(axis=0))
        raise InputError(
            f"leaves must be made of whole cells of {sides} pixels: the smallest leaf has {smallest}; give the "
            "min_size that the tree was built with"
        )
    cells = PatchTree(
        shape=grid_shape(tree.shape, sides),
        origin=tree.origin // sides,
        size=tree.size // sides,
        level=tree.level,
        score=tree.score,
    )
    rows = np.arange(1, len(tree) + 1).reshape(-1, *(1,) * tree.ndim, 1)
    found = scatter(PatchSequence(tokens=rows, valid=np.ones(len(tree), bool), tree=cells))
    return np.where(found == 0, len(tree), found - 1)


def normalised(values: NDArray[Any], mean: NDArray[Any], std: NDArray[Any]) -> NDArray[np.float32]:
    """Return ``(values - mean) / std`` for every channel.

    Parameters
    ----------
    values : (..., c)
        Tokens or pixels.
    mean, std : (c,)
        Of the training images.
    """
    return ((values.astype(np.float32) - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)).astype(
        np.float32, copy=False
    )


def _plain(sides: int | Sequence[int]) -> int | tuple[int, ...]:
    return int(sides) if isinstance(sides, int | np.integer) else tuple(sides)
