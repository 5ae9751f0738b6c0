"""Leaves over a picture: lines one pixel wide, coloured by level; shading where leaves are too small for lines."""

import functools
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.patching.leaf_kernels import paint_leaves
from vitsci_viz.types import PatchTree

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

SMALLEST_PX = 3.0
"""Leaves smaller than this on the screen are shaded instead of outlined."""
SHADE_OPACITY = 0.5
TOLD_APART = 6
DARKEST = 70
"""First entry of viridis that is used: darker ones vanish on a dark picture."""


@functools.cache
def level_colours(depth: int) -> Pixels:
    """Return a colour per level, (depth + 1, 3) RGB: viridis from blue (coarse) to yellow (fine).

    The finest levels are told apart best; all levels beyond `TOLD_APART` share the first colour.

    >>> level_colours(2).tolist()
    [[56, 89, 140], [42, 176, 127], [253, 231, 37]]
    """
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    viridis = np.asarray(cv2.applyColorMap(ramp, cv2.COLORMAP_VIRIDIS)[:, 0, ::-1], np.uint8)
    steps = np.minimum(np.arange(depth, -1, -1), TOLD_APART)
    places = 255 - steps * (255 - DARKEST) / max(1, min(depth, TOLD_APART))
    colours = viridis[np.round(places).astype(int)]
    colours.flags.writeable = False
    return colours


def draw_leaves(
    rgb: Pixels,
    tree: PatchTree,
    *,
    window: tuple[float, float, float, float] | None = None,
    levels: tuple[int, int] | None = None,
) -> Pixels:
    """Draw the leaves of a two-dimensional tree over a picture.

    Parameters
    ----------
    rgb : (h, w, 3) uint8
        The picture; it is not changed.
    tree : PatchTree
        Leaves in two dimensions (see `section` for a slice of a volume).
    window : tuple of float, optional
        Rectangle x0, y0, x1, y1 of the tree's domain that the picture shows; default all of it.
    levels : tuple of int, optional
        Levels that get the first and the last colour; default the coarsest and the finest of the tree.

    Returns
    -------
    (h, w, 3) uint8
        The picture with lines one pixel wide, finer leaves on top.

    Raises
    ------
    InputError
        The picture is not 8-bit RGB, or the tree is not two-dimensional.
    """
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[-1] != 3:
        raise InputError(
            f"a picture to draw on must be (h, w, 3) uint8, got {rgb.shape} {rgb.dtype}: "
            "make grey colours with numpy.stack([grey] * 3, axis=-1)"
        )
    coarsest, finest = levels or (int(tree.level.min()), int(tree.level.max()))
    colours = level_colours(max(0, finest - coarsest))
    palette = colours[np.clip(np.arange(256) - 1 - coarsest, 0, len(colours) - 1)]
    lines, shades = leaf_raster(tree, rgb.shape[:2], window=window)
    drawn = rgb.copy()
    small, edge = shades > 0, lines > 0
    drawn[small] = np.rint(SHADE_OPACITY * palette[shades[small]] + (1 - SHADE_OPACITY) * rgb[small])
    drawn[edge] = palette[lines[edge]]
    return drawn


def leaf_raster(
    tree: PatchTree, shape: tuple[int, ...], *, window: tuple[float, float, float, float] | None = None
) -> tuple[Pixels, Pixels]:
    """Rasterise leaves at screen size.

    Parameters
    ----------
    tree : PatchTree
        Leaves in two dimensions.
    shape : (h, w)
        Size of the raster.
    window : tuple of float, optional
        Rectangle x0, y0, x1, y1 of the tree's domain that the raster shows; default all of it.

    Returns
    -------
    lines, shades : (h, w) uint8
        Level + 1 where a leaf's outline passes, or where leaves are too small for one; 0 elsewhere.

    Raises
    ------
    InputError
        The tree is not two-dimensional.
    """
    if tree.ndim != 2:
        raise InputError(
            f"leaves are drawn in two dimensions, got a tree in {tree.ndim}: take section(tree, ...) first"
        )
    extent = np.array(window or (0, 0, tree.shape[1], tree.shape[0]), np.float64)
    lines, shades = np.zeros(shape[:2], np.uint8), np.zeros(shape[:2], np.uint8)
    paint_leaves(tree.origin, tree.size, tree.level, np.array(tree.shape), extent, SMALLEST_PX, lines, shades)
    return lines, shades


def section(tree: PatchTree, *, axis: int, index: int) -> PatchTree:
    """Return the leaves that a plane meets, as a tree with one dimension less.

    Parameters
    ----------
    tree : PatchTree
        Leaves of a volume.
    axis, index : int
        The plane: all pixels with this index along this axis.

    Raises
    ------
    InputError
        The plane does not meet the tree's domain.
    """
    if not 0 <= axis < tree.ndim or not 0 <= index < tree.shape[axis]:
        raise InputError(f"a plane must lie in the domain {tree.shape}, got index {index} along axis {axis}")
    start, size = tree.origin[:, axis], tree.size[:, axis]
    met = (start <= index) & (index < start + size)
    kept = [other for other in range(tree.ndim) if other != axis]
    return PatchTree(
        shape=tuple(tree.shape[other] for other in kept),
        origin=tree.origin[met][:, kept],
        size=tree.size[met][:, kept],
        level=tree.level[met],
        score=tree.score[met],
    )
