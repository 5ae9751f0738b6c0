"""Several trees of one image, from edge maps of different strength (hierarchical forest)."""

from typing import Any

from vitsci_viz.errors import OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.detail import blur_kernel, canny_thresholds, detail_kind
from vitsci_viz.patching.intensity import grey_scale
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import PatchTree

STRENGTHS = ((0, 0), (-1, -1), (1, 1), (0, -1), (0, 1), (-1, 0), (1, 0), (-1, 1), (1, -1))
"""(blur, thresholds) steps of the trees: the plain setting first, then the three of the figure, then all nine."""
LOW_FACTORS = {-1: 0.5, 0: 1.0, 1: 1.5}
HIGH_FACTORS = {-1: 0.5, 0: 1.0, 1: 1.25}
"""From 100/200 these make the published pairs 50/100, 100/200 and 150/250."""


def forest_options(image: Any, options: PatchOptions) -> tuple[PatchOptions, ...]:
    """Return the options of every tree of a forest; the first is the plain setting.

    Parameters
    ----------
    image : Image or array
        Automatic blur and thresholds are resolved on it.
    options : PatchOptions
        `forest` trees; blur steps by two pixels, thresholds by the factors of the published pairs.

    Raises
    ------
    OptionError
        More than one tree of anything but edges.

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
    return tuple(
        options.replace(
            forest=1,
            physical=False,
            split_value=options.split_value,
            blur=max(kernel + 2 * blur, 1) if kernel else max(2 * blur + 1, 0) * (blur > 0),
            thresholds=(low * LOW_FACTORS[strength], high * HIGH_FACTORS[strength]),
        )
        for blur, strength in STRENGTHS[: options.forest]
    )


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
