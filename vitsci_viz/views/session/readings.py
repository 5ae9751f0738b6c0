"""The numbers of a setting, each one a comparison with the uniform grid of the finest leaf."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.types import PatchTree

if TYPE_CHECKING:
    from vitsci_viz.views.session.session import PatchSession


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What a setting gives and costs.

    Parameters
    ----------
    tokens : int
        Leaves of the tree.
    uniform_tokens : int
        Leaves of the uniform grid of the finest leaf.
    share : float
        tokens / uniform_tokens.
    saving : float
        uniform_tokens / tokens.
    mean_patch : float
        Mean side of a leaf in pixels (over leaves and axes).
    split_value : float or None
        What the split value came to; None for length and uniform trees.
    psnr : float or None
        Of the reconstruction from tokens, in dB; None until known.
    oracle_dice : mapping of class to float, or None
        Best Dice that any prediction on these tokens can reach; None without a mask or until known.
    attention_ratio, step_ratio : float
        How many times cheaper attention, and a whole training step, are than on the uniform grid.
    step_bytes, uniform_step_bytes : float
        Estimated memory of a training step.
    seconds : float
        Time it took to know.
    """

    tokens: int
    uniform_tokens: int
    share: float
    saving: float
    mean_patch: float
    split_value: float | None
    psnr: float | None
    oracle_dice: Mapping[int, float] | None
    attention_ratio: float
    step_ratio: float
    step_bytes: float
    uniform_step_bytes: float
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two settings of one image."""

    first: Readings
    second: Readings


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
    inside = np.minimum(tree.origin + tree.size, tree.shape) - tree.origin
    area = np.prod(inside, axis=1, dtype=np.float64)
    depth = int(tree.level.max()) + 1
    counts = np.bincount(tree.level, minlength=depth)
    areas = np.bincount(tree.level, weights=area, minlength=depth)
    level = np.flatnonzero(counts)
    first = np.array([int(np.argmax(tree.level == each)) for each in level])
    return LeafHistogram(
        level=level,
        size=tree.size[first],
        count=counts[level],
        area_share=areas[level] / float(np.prod(np.array(tree.shape, np.float64))),
    )


def read_tree(
    session: "PatchSession", options: PatchOptions, tree: PatchTree, *, errors: Any, masks: Any, started: float
) -> Readings:
    """Put the numbers of one tree together.

    Parameters
    ----------
    session : PatchSession
    options : PatchOptions
    tree : PatchTree
        Tree of `options`.
    errors, masks : ErrorTable and MaskTable, optional
        What is kept is None without them.
    started : float
        `time.perf_counter` when the work began.
    """
    from vitsci_viz.patching.cost import step_cost, uniform_tokens
    from vitsci_viz.patching.tree import resolve_split_value

    sides = session.sides(options)
    uniform = uniform_tokens(tree.shape, sides.min_size)
    values = int(np.prod(sides.patch_size)) * session.image.channels
    ours, theirs = step_cost(len(tree), values), step_cost(uniform, values)
    is_threshold = options.mode == "threshold"
    return Readings(
        tokens=len(tree),
        uniform_tokens=uniform,
        share=len(tree) / uniform,
        saving=uniform / len(tree),
        mean_patch=float(tree.size.mean()),
        split_value=(
            resolve_split_value(options, session.pyramid(options), spacing_um=session.spacing_um)
            if is_threshold
            else None
        ),
        psnr=None if errors is None else float(errors.psnr(tree, sides.patch_size)),
        oracle_dice=None if masks is None else dict(masks.oracle_dice(tree, sides.patch_size)),
        attention_ratio=theirs.attention_flops / ours.attention_flops,
        step_ratio=theirs.step_flops / ours.step_flops,
        step_bytes=float(ours.step_bytes),
        uniform_step_bytes=float(theirs.step_bytes),
        seconds=time.perf_counter() - started,
    )
