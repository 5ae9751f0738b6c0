"""The numbers of a tree, each one a comparison with the uniform grid of the finest leaf."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vitsci_viz.patching.cost import step_cost, uniform_tokens
from vitsci_viz.patching.fidelity import ErrorTable
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import MaskTable
from vitsci_viz.patching.pyramid import DetailPyramid
from vitsci_viz.patching.sides import PatchSides
from vitsci_viz.patching.tree import resolve_split_value
from vitsci_viz.types import Image, PatchTree


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What a setting gives and costs.

    Parameters
    ----------
    tokens, uniform_tokens : int
        Leaves of the tree, and cells of the uniform grid of the finest leaf.
    share, saving : float
        tokens / uniform_tokens, and its inverse.
    mean_patch : float
        Mean side of a leaf in pixels (over leaves and axes).
    split_value : float or None
        What the split value came to, in the pyramid's units; None for length and uniform trees.
    psnr : float or None
        Of the reconstruction from tokens, in dB; None where it was not measured.
    oracle_dice : mapping of class to float, or None
        Best Dice that any prediction on these tokens can reach; None without a mask.
    attention_flops, step_flops : float
        Operations of attention alone and of a whole training step.
    attention_ratio, step_ratio : float
        How many times cheaper they are than on the uniform grid.
    step_bytes, uniform_step_bytes : float
        Estimated memory of a training step.
    """

    tokens: int
    uniform_tokens: int
    share: float
    saving: float
    mean_patch: float
    split_value: float | None
    psnr: float | None
    oracle_dice: Mapping[int, float] | None
    attention_flops: float
    step_flops: float
    attention_ratio: float
    step_ratio: float
    step_bytes: float
    uniform_step_bytes: float


def read_tree(
    tree: PatchTree,
    options: PatchOptions,
    pyramid: DetailPyramid,
    *,
    image: Image,
    sides: PatchSides,
    errors: ErrorTable | None = None,
    masks: MaskTable | None = None,
) -> Readings:
    """Put the numbers of one tree together: look-ups only.

    Parameters
    ----------
    tree : PatchTree
        Tree of `options` on `pyramid`.
    options : PatchOptions
        The setting.
    pyramid : DetailPyramid
        Detail of the image.
    image : Image
        Its channels and spacing are used, no pixel is.
    sides : PatchSides
        Sides of tokens and finest leaves, from `resolve_sides`.
    errors, masks : ErrorTable and MaskTable, optional
        What is kept is None without them.
    """
    uniform = uniform_tokens(tree.shape, sides.min_size)
    values = math.prod(sides.patch_size) * image.channels
    ours, theirs = step_cost(len(tree), values), step_cost(uniform, values)
    is_threshold = options.mode == "threshold"
    return Readings(
        tokens=len(tree),
        uniform_tokens=uniform,
        share=len(tree) / uniform,
        saving=uniform / len(tree),
        mean_patch=float(tree.size.mean()),
        split_value=resolve_split_value(options, pyramid, spacing_um=image.spacing_um) if is_threshold else None,
        psnr=None if errors is None else float(errors.psnr(tree, sides.patch_size)),
        oracle_dice=None if masks is None else dict(masks.oracle_dice(tree, sides.patch_size)),
        attention_flops=float(ours.attention_flops),
        step_flops=float(ours.step_flops),
        attention_ratio=theirs.attention_flops / ours.attention_flops,
        step_ratio=theirs.step_flops / ours.step_flops,
        step_bytes=float(ours.step_bytes),
        uniform_step_bytes=float(theirs.step_bytes),
    )


def mean_dice(by_class: Mapping[int, float]) -> float:
    """Return the mean over the classes that have a Dice.

    >>> mean_dice({1: 1.0, 2: 0.5, 3: float("nan")})
    0.75
    """
    known = [dice for dice in by_class.values() if math.isfinite(dice)]
    return sum(known) / len(known) if known else math.nan
