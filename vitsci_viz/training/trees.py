"""The trees that training and prediction cut an image with."""

from collections.abc import Sequence

import numpy as np

from vitsci_viz.errors import OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.detail import detail_kind, detail_pyramid
from vitsci_viz.patching.forest import build_forest, forest_options
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import depth_for
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.tissue import Tissue, find_tissue, masked_pyramid, tree_on_tissue
from vitsci_viz.types import Image, PatchTree

RANDOM_BLURS = (0, 1, 3, 5)
RANDOM_LOWS = range(50, 100)
RANDOM_SPAN = 50
"""What the published code draws blur and edge thresholds from; the high threshold is the low one plus the span."""


def cut_image(
    image: Image,
    patch: PatchOptions,
    *,
    tissue: bool | Tissue = False,
    tokens_per_mm2: float | None = None,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> tuple[PatchTree, ...]:
    """Build the trees of an image as a model sees them.

    Parameters
    ----------
    image : Image
        The pixels.
    patch : PatchOptions
        How to cut; `forest` says how many trees.
    tissue : bool or Tissue
        Find the tissue of a stained slide first, or take what was found; leaves without any are left out.
    tokens_per_mm2 : float, optional
        Token budget of length trees for every square millimetre of tissue; `length` is the upper bound.
    progress, execution
        As for `build_tree`.

    Returns
    -------
    tuple of PatchTree
        One per tree of the forest.

    Raises
    ------
    OptionError
        The options do not go with the image.
    """
    if tissue is False:
        return build_forest(image, patch, progress=progress, execution=execution)
    found = find_tissue(image) if tissue is True else tissue
    if tokens_per_mm2 is not None:
        patch = patch.replace(length=budget(found, image, patch.length, tokens_per_mm2))
    is_sum = detail_kind(patch, image.ndim) != "variance"
    trees: list[PatchTree] = []
    for options in forest_options(image, patch):
        pyramid = detail_pyramid(image, options, progress=progress, execution=execution)
        pyramid = masked_pyramid(pyramid, found, is_sum=is_sum)
        trees.append(tree_on_tissue(pyramid, options, found, spacing_um=image.spacing_um))
    return tuple(trees)


def budget(tissue: Tissue, image: Image, length: int, tokens_per_mm2: float) -> int:
    """Return the tokens that an area of tissue is given, 1 to `length`.

    Raises
    ------
    OptionError
        The image has no known spacing.
    """
    if image.spacing_um is None:
        raise OptionError(
            f"tokens_per_mm2 needs a known pixel size, which {image.name} lacks: save it with one, or "
            "leave the option out"
        )
    return int(min(length, max(1, round(tokens_per_mm2 * tissue.area_mm2(image.spacing_um)))))


def random_options(patch: PatchOptions, random: np.random.Generator) -> PatchOptions:
    """Draw blur and edge thresholds as the published code does.

    Parameters
    ----------
    patch : PatchOptions
        All else stays; it becomes the options of one tree.
    random : Generator
        Where the draw comes from.
    """
    low = int(random.choice(RANDOM_LOWS))
    blur = int(random.choice(RANDOM_BLURS))
    return patch.replace(forest=1, blur=blur, thresholds=(float(low), float(low + RANDOM_SPAN)))


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
