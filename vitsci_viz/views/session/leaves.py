"""The leaves in a window: rectangles while they are few and large, a raster of lines and shading otherwise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.types import PatchTree
from vitsci_viz.views.session.layers import LeafQuads, LeafScene, LegendRow, Raster
from vitsci_viz.views.session.palettes import LINE, SHADE, leaf_palette, level_colours
from vitsci_viz.views.session.readings import LeafHistogram
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

MOST_QUADS = 10_000
SMALLEST_SIDE_PX = 3.0
"""Leaves smaller than this on screen are shaded instead of outlined."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Visible:
    """Edges of visible leaves in finest-level pixels, clipped to the image, and their levels."""

    left: NDArray[np.int64]
    top: NDArray[np.int64]
    right: NDArray[np.int64]
    bottom: NDArray[np.int64]
    level: NDArray[np.int16]


def leaves(
    session: PatchSession, options: PatchOptions, window: Window, *, slice_index: int | None = None
) -> LeafScene:
    """Return the leaves that a window shows.

    Parameters
    ----------
    session : PatchSession
    options : PatchOptions
        The setting; ready once its pyramid is.
    window : Window
    slice_index : int, optional
        Slice of a volume; leaves that cross it are shown.
    """
    tree = session.tree(options)
    depth = session.pyramid(options).depth
    visible = _visible(tree, window, slice_index or 0)
    smallest = float(tree.size[:, -2:].min()) / window.scale
    as_quads = len(visible.level) <= MOST_QUADS and smallest >= SMALLEST_SIDE_PX
    return LeafScene(
        quads=_quads(visible) if as_quads else None,
        raster=None if as_quads else _raster(visible, window, depth),
        colours=level_colours(depth),
        visible=len(visible.level),
        total=len(tree),
        legend=_legend(session.histogram(options), depth),
    )


def _legend(histogram: LeafHistogram, depth: int) -> tuple[LegendRow, ...]:
    colours = level_colours(depth)
    return tuple(
        LegendRow(level=int(level), size=tuple(int(side) for side in size), count=int(count), colour=colours[level])
        for level, size, count in zip(histogram.level, histogram.size, histogram.count, strict=True)
    )


def _visible(tree: PatchTree, window: Window, slice_index: int) -> _Visible:
    top, left = tree.origin[:, -2], tree.origin[:, -1]
    bottom, right = top + tree.size[:, -2], left + tree.size[:, -1]
    seen = (right > window.x0) & (left < window.x1) & (bottom > window.y0) & (top < window.y1)
    if tree.ndim == 3:
        first = tree.origin[:, 0]
        seen &= (first <= slice_index) & (slice_index < first + tree.size[:, 0])
    rows, columns = tree.shape[-2:]
    return _Visible(
        left=left[seen],
        top=top[seen],
        right=np.minimum(right[seen], columns),
        bottom=np.minimum(bottom[seen], rows),
        level=tree.level[seen],
    )


def _quads(visible: _Visible) -> LeafQuads:
    return LeafQuads(
        left=visible.left.astype(np.float32),
        top=visible.top.astype(np.float32),
        right=visible.right.astype(np.float32),
        bottom=visible.bottom.astype(np.float32),
        level=visible.level.astype(np.uint8),
    )


def _raster(visible: _Visible, window: Window, depth: int) -> Raster:
    """Draw coarse levels first, so that a line between two leaves has the colour of the finer one."""
    index = np.zeros((window.height, window.width), np.uint8)
    corners = _screen_corners(visible, window)
    span = np.minimum(visible.right - visible.left, visible.bottom - visible.top)
    for level in np.unique(visible.level):
        chosen = visible.level == level
        is_small = float(span[chosen].max()) / window.scale < SMALLEST_SIDE_PX
        draw = _shade if is_small else _outline
        draw(index, corners[chosen], int(level))
    return Raster(index=index, palette=leaf_palette(depth), extent=(window.x0, window.y0, window.x1, window.y1))


def _screen_corners(visible: _Visible, window: Window) -> NDArray[np.int32]:
    """Return left, top, right, bottom in screen pixels, (n, 4); edges out of sight end just outside."""
    per_x, per_y = window.width / (window.x1 - window.x0), window.height / (window.y1 - window.y0)
    columns = [
        np.clip(np.floor((edge - window.x0) * per_x), -2, window.width + 1) for edge in (visible.left, visible.right)
    ]
    rows = [
        np.clip(np.floor((edge - window.y0) * per_y), -2, window.height + 1) for edge in (visible.top, visible.bottom)
    ]
    return np.stack([columns[0], rows[0], columns[1], rows[1]], axis=1).astype(np.int32)


def _outline(index: NDArray[np.uint8], corners: NDArray[np.int32], level: int) -> None:
    polygons = corners[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 1, 2)
    cv2.polylines(index, list(polygons), True, LINE + level)  # pyright: ignore[reportArgumentType]


def _shade(index: NDArray[np.uint8], corners: NDArray[np.int32], level: int) -> None:
    """Fill leaves of up to three pixels: one assignment per pixel of a leaf, all leaves at once."""
    height, width = index.shape
    left, top = corners[:, 0], corners[:, 1]
    right, bottom = np.maximum(corners[:, 2], left + 1), np.maximum(corners[:, 3], top + 1)
    for row_step in range(int((bottom - top).max())):
        for column_step in range(int((right - left).max())):
            row, column = top + row_step, left + column_step
            inside = (row < bottom) & (column < right) & (row >= 0) & (column >= 0) & (row < height) & (column < width)
            index[row[inside], column[inside]] = SHADE + level
