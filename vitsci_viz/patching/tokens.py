"""From leaves to tokens of one size (gather) and back (scatter)."""

from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.cutting import cell_means, leaf_groups, starts
from vitsci_viz.patching.leaf_kernels import scatter_cells
from vitsci_viz.patching.sides import Sides, per_axis, three
from vitsci_viz.patching.source import as_image, read_window
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, PatchSequence, PatchTree

Array = NDArray[Any]
Overflow = Literal["error", "drop_random", "drop_lowest"]


def gather(
    image: Any,
    tree: PatchTree,
    patch_size: int | tuple[int, ...],
    *,
    length: int | None = None,
    labels: bool = False,
    overflow: Overflow = "error",
    seed: int = 0,
    classes: int | None = None,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> PatchSequence:
    """Bring every leaf to one token size, in the tree's order.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        The pixels; with `labels` class indices from 0.
    tree : PatchTree
        Leaves to cut; its shape is the image's.
    patch_size : int or one per axis
        Side of a token. Larger leaves are averaged down, smaller ones repeated up.
    length : int, optional
        Pad with zero tokens (valid False), or drop, to exactly this many.
    labels : bool
        Return the fraction of every class in each token cell instead of means; c is then the class count.
    overflow : {"error", "drop_random", "drop_lowest"}
        What to do with a tree longer than `length`.
    seed : int
        Of the random drop.
    classes : int, optional
        Number of classes for `labels`; by default the largest index + 1.
    progress : callable
        Called as leaves are cut.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.

    Returns
    -------
    PatchSequence
        tokens (L, *patch, c) float32, or the input dtype when no leaf is resampled. Means run over the pixels
        inside the image; outside is 0.

    Raises
    ------
    InputError
        Shapes differ, labels are negative or not whole, or the tree is longer than `length` and overflow is "error".
    """
    image = as_image(image)
    if image.shape != tree.shape:
        raise InputError(f"image and tree must have one shape: the image has {image.shape}, the tree {tree.shape}")
    if tree.ndim > 3:
        raise OptionError(f"gather needs at most 3 spatial axes, got {tree.ndim}")
    sides = per_axis(patch_size, tree.ndim, "patch_size")
    if length is not None and length < 1:
        raise OptionError(f"length must be at least 1, got {length}")
    tree = fit_length(tree, length, overflow=overflow, seed=seed)
    rows = len(tree) if length is None else length
    if labels:
        tokens = np.stack(
            [cell_means(mask, tree, sides, rows, progress, execution)[..., 0] for mask in _class_masks(image, classes)],
            axis=-1,
        )
    else:
        tokens = cell_means(image, tree, sides, rows, progress, execution)
        is_resampled = bool((tree.size != np.array(sides)).any())
        dtype = np.dtype(np.float32) if is_resampled else np.dtype(image.data.dtype).newbyteorder("=")
        tokens = tokens.astype(dtype, copy=False)
    return PatchSequence(tokens=tokens, valid=np.arange(rows) < len(tree), tree=tree)


def fit_length(tree: PatchTree, length: int | None, *, overflow: Overflow = "error", seed: int = 0) -> PatchTree:
    """Drop leaves beyond a length, as `overflow` says; shorter trees pass unchanged.

    Raises
    ------
    InputError
        The tree is longer and overflow is "error".
    OptionError
        `overflow` is unknown.
    """
    if overflow not in get_args(Overflow):
        raise OptionError(f"overflow must be one of {', '.join(get_args(Overflow))}, got {overflow!r}")
    if length is None or len(tree) <= length:
        return tree
    if overflow == "error":
        raise InputError(
            f"the tree has {len(tree):,} leaves, more than the length {length:,}: raise length or split_value, "
            "build a length tree, or choose overflow='drop_random' or 'drop_lowest'"
        )
    if overflow == "drop_random":
        kept = np.random.default_rng(seed).choice(len(tree), length, replace=False)
    else:
        kept = np.argsort(-tree.score, kind="stable")[:length]
    kept = np.sort(kept)
    return PatchTree(
        shape=tree.shape, origin=tree.origin[kept], size=tree.size[kept], level=tree.level[kept], score=tree.score[kept]
    )


def scatter(sequence: PatchSequence, *, order: Literal["nearest", "linear"] = "nearest") -> Array:
    """Put tokens back to their places (de-patching).

    Parameters
    ----------
    sequence : PatchSequence
        Tokens may hold anything per pixel: means, class fractions, logits, features.
    order : {"nearest", "linear"}
        How a token grows to its leaf; "linear" interpolates within a leaf, never across.

    Returns
    -------
    (*shape[, c]) array
        Of the tokens' dtype; "linear" makes integers float. Grey is squeezed; places of dropped leaves are 0.
    """
    tree, tokens = sequence.tree, sequence.tokens
    if order not in ("nearest", "linear"):
        raise OptionError(f"order must be 'nearest' or 'linear', got {order!r}")
    if tree.ndim > 3:
        raise OptionError(f"scatter needs at most 3 spatial axes, got {tree.ndim}")
    values = tokens[sequence.valid].astype(tokens.dtype.newbyteorder("="), copy=False)
    if order == "linear":
        values = values.astype(np.result_type(values.dtype, np.float32))
    out = np.zeros((*tree.shape, values.shape[-1]), values.dtype)
    # The compiled loop only copies, and does not know half precision: its bits will do.
    carrier = np.dtype(np.uint16) if values.dtype == np.float16 else values.dtype
    canvas = out.view(carrier).reshape(*three(tree.shape), values.shape[-1])
    for size, members in leaf_groups(tree):
        leaves = values[members] if order == "nearest" else _interpolated(values[members], size)
        leaves = leaves.reshape(len(members), *three(leaves.shape[1:-1]), leaves.shape[-1])
        scatter_cells(
            np.ascontiguousarray(leaves).view(carrier),
            starts(tree, members, (0,) * tree.ndim),
            np.array(three(size)),
            canvas,
        )
    return out[..., 0] if out.shape[-1] == 1 else out


def _interpolated(tokens: Array, size: Sides) -> Array:
    """Grow (n, *patch, c) tokens to (n, *size, c) by linear interpolation between cell centres."""
    for axis, side in enumerate(size, start=1):
        cells = tokens.shape[axis]
        place = np.clip((np.arange(side) + 0.5) * cells / side - 0.5, 0, cells - 1)
        low = np.floor(place).astype(np.int64)
        weight = (place - low).astype(tokens.dtype).reshape(-1, *(1,) * (tokens.ndim - axis - 1))
        high = np.minimum(low + 1, cells - 1)
        tokens = tokens.take(low, axis) * (1 - weight) + tokens.take(high, axis) * weight
    return tokens


def _class_masks(image: Image, classes: int | None) -> Iterator[Image]:
    """Yield one 0/1 image per class of a label image."""
    if image.axes.endswith("c"):
        raise InputError(f"labels must have one value per pixel, got {image.channels} channels")
    values = read_window(image, (slice(None),) * image.ndim)
    if values.dtype.kind not in "ui" or values.min() < 0:
        raise InputError(f"labels must be class indices from 0, got {values.dtype} with minimum {values.min()}")
    count = classes or max(2, int(values.max()) + 1)
    if int(values.max()) >= count:
        raise InputError(f"labels must be below the number of classes ({count}), got {int(values.max())}")
    for index in range(count):
        yield Image(levels=((values == index).view(np.uint8),), axes=image.axes, name=image.name)
