"""The leaves in a window: rectangles while they are few and large, a raster of lines and shading otherwise."""

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.draw import leaf_raster
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.types import PatchTree
from vitsci_viz.views.session.layers import LeafQuads, LeafScene, LegendRow, Raster
from vitsci_viz.views.session.palettes import SHADE, leaf_palette, level_names
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import MARGIN, Window

Places = NDArray[np.int64]

MOST_QUADS = 10_000
SMALLEST_PX = 3.0
"""Leaves smaller than this on screen are shaded instead of outlined."""


def leaves(
    session: PatchSession,
    options: PatchOptions,
    window: Window,
    *,
    slice_index: int | None = None,
    margin: float = MARGIN,
) -> LeafScene:
    """Return the leaves that a window shows.

    Parameters
    ----------
    session : PatchSession
        The open image.
    options : PatchOptions
        The setting; fast once its pyramid is there.
    window : Window
        What the screen shows.
    slice_index : int, optional
        Slice of a volume; leaves that cross it are shown.
    margin : float
        Share of the window shown beyond each edge.
    """
    flat, depth = session.flat_tree(options, slice_index or 0), session.pyramid(options).depth
    return leaf_scene(flat, session.tree(options), window.padded(margin), depth=depth)


def leaf_scene(flat: PatchTree, tree: PatchTree, window: Window, *, depth: int) -> LeafScene:
    """Return the leaves of a tree that a window shows.

    Parameters
    ----------
    flat : PatchTree
        Its leaves in two dimensions: of a volume those that cross the slice.
    tree : PatchTree
        All leaves, for the legend.
    window : Window
        Nothing beyond it is drawn.
    depth : int
        Deepest level that a tree of this kind may have; colours follow from it.
    """
    seen = visible_leaves(flat, window)
    smallest = float(flat.size[seen].min()) / window.scale if len(seen) else np.inf
    as_quads = len(seen) <= MOST_QUADS and smallest >= SMALLEST_PX
    return LeafScene(
        quads=_quads(flat, seen, window) if as_quads else None,
        raster=None if as_quads else _raster(flat, window, depth),
        colours=level_names(depth),
        visible=len(seen),
        total=len(tree),
        legend=_legend(tree, depth),
    )


def visible_leaves(tree: PatchTree, window: Window) -> Places:
    """Return the places in the sequence of the leaves that a window shows.

    Parameters
    ----------
    tree : PatchTree
        Leaves in two dimensions.
    window : Window
        What the screen shows.
    """
    top, left = tree.origin[:, 0], tree.origin[:, 1]
    seen = (left < window.x1) & (left > window.x0 - tree.size[:, 1])
    seen &= (top < window.y1) & (top > window.y0 - tree.size[:, 0])
    return np.flatnonzero(seen)


def _legend(tree: PatchTree, depth: int) -> tuple[LegendRow, ...]:
    colours = level_names(depth)
    counts = np.bincount(tree.level)
    return tuple(
        LegendRow(
            level=int(level),
            size=tuple(int(side) for side in tree.size[int(np.argmax(tree.level == level))]),
            count=int(counts[level]),
            colour=colours[level],
        )
        for level in np.flatnonzero(counts)
    )


def _quads(tree: PatchTree, seen: Places, window: Window) -> LeafQuads:
    """Put edges on whole screen pixels: lines stay one pixel wide and crisp."""
    first = tree.origin[seen]
    last = np.minimum(first + tree.size[seen], tree.shape)
    corner = np.array([window.y0, window.x0])
    per_px = np.array([window.height / (window.y1 - window.y0), window.width / (window.x1 - window.x0)])
    (top, left), (bottom, right) = (
        (np.floor((edge - corner) * per_px + 0.5) / per_px + corner).T.astype(np.float32) for edge in (first, last)
    )
    return LeafQuads(left=left, top=top, right=right, bottom=bottom, level=tree.level[seen].astype(np.uint8))


def _raster(tree: PatchTree, window: Window, depth: int) -> Raster:
    extent = (window.x0, window.y0, window.x1, window.y1)
    lines, shades = leaf_raster(tree, (window.height, window.width), window=extent)
    index = np.bitwise_or(shades, SHADE, out=shades, where=shades > 0)
    np.copyto(index, lines, where=lines > 0)
    return Raster(index=index, palette=leaf_palette(depth), extent=extent)
