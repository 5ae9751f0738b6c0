"""What a model learns from: tokens of an image with the share of every class behind each of their cells."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.sides import Sides
from vitsci_viz.patching.tokens import gather
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.types import Image, PatchTree

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False, kw_only=True)
class Example:
    """One image cut by one tree, with its targets.

    Parameters
    ----------
    name, group : str
        Of the record.
    tree : PatchTree
        The leaves; mirrored ones may begin before the image (negative origin), as unmirrored ones may end beyond it.
    tokens : (L, *patch, c) float32
        Not normalised; 0 outside the image.
    fractions : (L, *patch, K) float32, optional
        Share of every class among the labelled pixels behind each cell of each token; 0 where there are none.
    area : (L, *patch) float32, optional
        Labelled pixels behind each cell; a pixel that is repeated over several cells counts its share in each.
    grid : (*cells) int32, optional
        Row of the leaf over each cell of the finest leaf's size; L where there is none.
    pixels : (*shape, c) array, optional
        The image in its own dtype.
    inside : tuple of slice, optional
        Where in `pixels` the image lies; the rest is padding. By default everywhere.
    labels : (*shape) uint8, optional
        Class indices, `IGNORED` where they are left out.
    spacing_um : tuple of float, optional
        Sides of a pixel in um.
    """

    name: str
    group: str
    tree: PatchTree
    tokens: Floats
    fractions: Floats | None = None
    area: Floats | None = None
    grid: NDArray[np.int32] | None = None
    pixels: NDArray[Any] | None = None
    inside: tuple[slice, ...] | None = None
    labels: NDArray[np.uint8] | None = None
    spacing_um: tuple[float, ...] | None = None


def token_targets(labels: NDArray[np.uint8], tree: PatchTree, patch_size: Sides, classes: int) -> tuple[Floats, Floats]:
    """Cut labels by the image's own tree.

    Parameters
    ----------
    labels : (*shape) uint8
        Class indices, `IGNORED` where they are left out.
    tree : PatchTree
        The leaves of the image.
    patch_size : tuple of int
        Sides of a token.
    classes : int
        How many there are.

    Returns
    -------
    fractions : (L, *patch, classes) float32
        Sums to 1 where the area is positive.
    area : (L, *patch) float32
        Labelled pixels behind each cell; sums to the labelled pixels of the image where no leaf was dropped.

    References
    ----------
    Symmetric adaptive patching: the mask is cut by the image's tree, so that token i of both covers the same leaf.
    """
    is_ignored = labels == IGNORED
    image = Image(levels=(np.where(is_ignored, np.uint8(classes), labels),), axes="zyx"[-labels.ndim :])
    many = classes + bool(is_ignored.any())
    fractions = gather(image, tree, patch_size, labels=True, classes=many).tokens
    area = covered_pixels(tree, patch_size)
    if many == classes:
        return fractions, area
    # Every cell holds a whole number of pixels, or of equal parts of a pixel where the leaf is smaller than a token.
    parts = np.maximum(1, np.array(patch_size) // tree.size).prod(axis=1).reshape(-1, *(1,) * tree.ndim)
    labelled = (np.rint(area * (1 - fractions[..., classes]) * parts) / parts).astype(np.float32)
    share = labelled / np.maximum(area, np.finfo(np.float32).tiny)
    fractions, share = fractions[..., :classes], share[..., None]
    return np.divide(fractions, share, out=np.zeros_like(fractions), where=share > 0), labelled


def covered_pixels(tree: PatchTree, patch_size: Sides) -> Floats:
    """Return the pixels of the image behind each cell of each token, (L, *patch) float32.

    Parameters
    ----------
    tree : PatchTree
        The leaves.
    patch_size : tuple of int
        Sides of a token; in leaves smaller than that a pixel is shared by several cells.
    """
    area = np.ones((len(tree), *(1,) * tree.ndim), np.float32)
    for axis, (many, length) in enumerate(zip(patch_size, tree.shape, strict=True)):
        step = tree.size[:, axis, None] / many
        low = tree.origin[:, axis, None] + step * np.arange(many)
        inside = np.clip(np.minimum(low + step, length) - np.maximum(low, 0), 0, None).astype(np.float32)
        area = area * inside.reshape(len(tree), *(many if a == axis else 1 for a in range(tree.ndim)))
    return area
