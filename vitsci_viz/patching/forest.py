"""Several trees of one image, from edge maps of different strength (hierarchical forest)."""

from typing import Any

from vitsci_viz.errors import OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.blur import blur_kernel
from vitsci_viz.patching.detail import detail_kind
from vitsci_viz.patching.edges import canny_thresholds
from vitsci_viz.patching.intensity import grey_scale
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image
from vitsci_viz.patching.tree import build_tree, split_value_px
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import PatchTree

STRENGTHS = ((0, 0), (-1, -1), (1, 1), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, 1), (1, -1))
"""(blur, thresholds) steps of the trees: the plain setting first, then the three of the figure, then all nine."""


def forest_options(image: Any, options: PatchOptions) -> tuple[PatchOptions, ...]:
    """Return the options of every tree of a forest; the first is the plain setting.

    Parameters
    ----------
    image : Image or array
        Automatic blur and thresholds are resolved on it.
    options : PatchOptions
        `forest` trees; blur steps by two pixels, thresholds as the published pairs do.

    Raises
    ------
    OptionError
        More than one tree of anything but edges, or `physical=True` without a known spacing.

    References
    ----------
    Symmetric hierarchical forest: blur {1, 3, 5} x Canny {50/100, 100/200, 150/250}.
    """
    if options.forest == 1:
        return (options,)
    image = as_image(image)
    if detail_kind(options, image.ndim) != "edges":
        raise OptionError("forest needs detail='edges': its trees differ in blur and edge thresholds")
    kernel = blur_kernel(options, image)
    low, high = canny_thresholds(image, options, kernel=kernel, scale=grey_scale(image, options))
    split_value = options.split_value
    if split_value is not None:
        split_value = split_value_px(split_value, options, image.spacing_um)
    return tuple(
        options.replace(
            forest=1,
            physical=False,
            split_value=split_value,
            blur=_stepped_blur(kernel, blur),
            thresholds=_stepped_thresholds(low, high, strength),
        )
        for blur, strength in STRENGTHS[: options.forest]
    )


def _stepped_blur(kernel: int, step: int) -> int:
    """Return the kernel two pixels down or up; none (1) has no neighbour below, so it steps up twice.

    >>> [_stepped_blur(3, step) for step in (-1, 0, 1)], [_stepped_blur(0, step) for step in (-1, 0, 1)]
    ([1, 3, 5], [5, 1, 3])
    """
    kernel = max(kernel, 1)
    return kernel + 4 if step < 0 and kernel == 1 else kernel + 2 * step


def _stepped_thresholds(low: float, high: float, step: int) -> tuple[float, float]:
    """Return weaker or stronger Canny thresholds; from 100/200 they make the published pairs.

    >>> [_stepped_thresholds(100, 200, step) for step in (-1, 0, 1)]
    [(50.0, 100.0), (100, 200), (150.0, 250.0)]
    """
    if step == 0:
        return low, high
    return (low / 2, high / 2) if step < 0 else (low * 1.5, high + low / 2)


def build_forest(
    image: Any,
    options: PatchOptions,
    *,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> tuple[PatchTree, ...]:
    """Build every tree of a forest.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        The pixels.
    options : PatchOptions
        `forest` says how many trees.
    progress, execution
        As for `build_tree`.

    Returns
    -------
    tuple of PatchTree
        One per setting of `forest_options`.
    """
    image = as_image(image)
    return tuple(
        build_tree(image, each, progress=progress, execution=execution) for each in forest_options(image, options)
    )
