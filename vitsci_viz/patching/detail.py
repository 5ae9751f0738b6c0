"""Detail of every possible leaf: edge pixels, gradient magnitude or variance, over fixed tiles."""

import math
from typing import Any

import numpy as np

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.blur import blur_kernel
from vitsci_viz.patching.edges import EDGE_HALO, edge_counter
from vitsci_viz.patching.gradient import gradient_halo, gradient_summer
from vitsci_viz.patching.intensity import grey_scale
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import DetailPyramid, grid_shape, sum_levels
from vitsci_viz.patching.sides import known_spacing, resolve_sides
from vitsci_viz.patching.source import as_image
from vitsci_viz.patching.stream import run, tile_side, tiles
from vitsci_viz.patching.variance import moments, variance_pyramid
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image


def detail_pyramid(
    image: Any,
    options: PatchOptions | None = None,
    *,
    detail: Any = None,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> DetailPyramid:
    """Measure the detail of every possible leaf: the one step that touches pixels.

    Parameters
    ----------
    image : Image or array (*shape[, c])
        Any real dtype; read tile by tile.
    options : PatchOptions
        `detail`, `thresholds`, `blur`, `channel`, `physical`, `patch_size` and `min_size` matter here.
    detail : array (*shape), optional
        Non-negative detail of every pixel, used in place of the edge or gradient map.
    progress : callable
        Called with each finished tile.
    execution : ExecutionOptions, optional
        Threads; never changes the answer.

    Returns
    -------
    DetailPyramid
        For `tree_from_pyramid` and `length_curve`.

    Raises
    ------
    InputError
        NaN or infinite pixels, no pixels, or a detail map of another shape or with negative values.
    OptionError
        Edges of anything but a 2-D image, a detail map with "variance", a clash of options and image.

    Notes
    -----
    Edges of images whose longest side exceeds 4,096 pixels are defined on a fixed grid of 4,096-pixel tiles with a
    halo of 256 pixels, in memory or not: memory and threads never change a tree.
    """
    options = options or PatchOptions()
    image = as_image(image)
    if options.physical:
        known_spacing(image.spacing_um)
    min_size = resolve_sides(options, image.ndim, image.spacing).min_size
    if detail is not None:
        if options.detail == "variance":
            raise OptionError("detail='variance' measures the image itself: leave the detail map out, or use 'edges'")
        return _given(image, detail, min_size)
    kind = detail_kind(options, image.ndim)
    if kind == "variance":
        return variance_pyramid(image, min_size, progress=progress, execution=execution)
    kernel = blur_kernel(options, image)
    scale = grey_scale(image, options, progress=progress)
    if kind == "edges":
        measure, halo, limit = edge_counter(image, options, min_size, kernel, scale), EDGE_HALO, math.prod(min_size)
    else:
        measure, halo, limit = gradient_summer(image, options, min_size, kernel, scale), gradient_halo(kernel), None
    base = np.zeros(grid_shape(image.shape, min_size), np.float64 if limit is None else np.min_scalar_type(limit))
    jobs = tiles(image.shape, tile_side(min_size), halo)
    for tile, found in run(jobs, measure, stage="detail", progress=progress, execution=execution):
        base[tile.cells(min_size)] = found
    levels = sum_levels(base, image.shape, min_size, limit=limit)
    return DetailPyramid(levels=levels, shape=image.shape, min_size=min_size, is_edges=kind == "edges")


def detail_kind(options: PatchOptions, ndim: int) -> str:
    """Return what counts as detail: as asked, else edges for images and gradient for anything else.

    Raises
    ------
    OptionError
        Edges or gradient where they are not defined.
    """
    kind = options.detail or ("edges" if ndim == 2 else "gradient")
    if kind == "edges" and ndim != 2:
        raise OptionError(f"detail='edges' needs a 2-D image, got {ndim}-D: use 'gradient' or 'variance'")
    if kind == "gradient" and ndim > 3:
        raise OptionError(f"detail='gradient' needs at most 3 axes, got {ndim}: use 'variance'")
    return kind


def _given(image: Image, detail: Any, min_size: tuple[int, ...]) -> DetailPyramid:
    detail = np.asarray(detail)
    if detail.shape != image.shape:
        raise InputError(f"a detail map must have the image's spatial shape {image.shape}, got {detail.shape}")
    bad = ~(np.isfinite(detail) & (detail >= 0))
    if bad.any():
        place = tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))
        raise InputError(
            f"a detail map must be finite and not negative: {np.count_nonzero(bad):,} values are NaN, infinite or "
            f"negative, the first at {place}; take absolute values and fill the gaps"
        )
    total, _ = moments(detail.astype(np.float64)[..., None], min_size)
    is_edges = detail.dtype == bool or (detail.dtype.kind in "ui" and int(detail.max()) <= 1)
    return DetailPyramid(
        levels=sum_levels(total[..., 0], image.shape, min_size), shape=image.shape, min_size=min_size, is_edges=is_edges
    )
