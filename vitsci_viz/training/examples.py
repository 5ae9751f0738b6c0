"""What a model learns from: tokens of an image with the share of every class behind each of their cells."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.sides import Sides
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree_file import KEYS
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.tissue import take_leaves
from vitsci_viz.types import Image, PatchTree

Floats = NDArray[np.float32]
_ARRAYS = ("tokens", "fractions", "area", "grid", "pixels", "labels")


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


def with_leaves(example: Example, rows: NDArray[np.int64]) -> Example:
    """Keep some leaves of an example, in their order.

    Parameters
    ----------
    example : Example
        What to keep a part of.
    rows : (n,) int64
        Rows to keep.
    """
    changes: dict[str, Any] = {"tree": take_leaves(example.tree, rows), "tokens": example.tokens[rows]}
    for name in ("fractions", "area"):
        value = getattr(example, name)
        changes[name] = None if value is None else value[rows]
    if example.grid is not None:
        new_row = np.full(len(example.tree) + 1, len(rows), np.int32)
        new_row[rows] = np.arange(len(rows))
        changes["grid"] = new_row[example.grid]
    return replace(example, **changes)


def packed_example(example: Example) -> dict[str, NDArray[Any]]:
    """Return the arrays of an example by name, fit for a file."""
    tree = {f"tree_{name}": np.asarray(getattr(example.tree, name), dtype) for name, dtype in KEYS.items()}
    return tree | {name: value for name in _ARRAYS if (value := getattr(example, name)) is not None}


def unpacked_example(
    arrays: Mapping[str, NDArray[Any]], *, name: str, group: str, spacing_um: tuple[float, ...] | None
) -> Example:
    """Return the example that `packed_example` took apart."""
    tree = {key: arrays[f"tree_{key}"] for key in KEYS}
    shape = tuple(int(n) for n in tree.pop("shape"))
    parts: dict[str, Any] = {key: arrays[key] for key in _ARRAYS if key in arrays}
    return Example(name=name, group=group, tree=PatchTree(shape=shape, **tree), spacing_um=spacing_um, **parts)


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
