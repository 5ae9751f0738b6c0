"""Where the tissue of a stained slide lies: glass, pen marks and dust are none."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import DetailPyramid, grid_shape, halve, sum_levels
from vitsci_viz.patching.sides import Sides
from vitsci_viz.patching.source import read_window
from vitsci_viz.patching.tree import tree_from_pyramid
from vitsci_viz.types import Image, PatchTree

Cells = NDArray[np.bool_]

LOOKED_AT_UM = 4.0
"""Side of the pixels on which tissue is looked for, where the spacing is known."""
LOOKED_AT_PX = 1024
"""Longest side of that picture where it is not; it is never smaller than half of this."""
SATURATION = (0.04, 0.07)
"""Least saturation of tissue: Otsu's threshold kept between these, as tiles may be all tissue or all glass."""
PEN_SATURATION = 0.45
PEN_HUES = (35, 118)
"""Hues (0 to 180) of green and blue ink; haematoxylin begins beyond, eosin and DAB lie below."""
SMALLEST_SHARE = 1e-3
"""Parts smaller than this share of the picture are dust."""
BAND_ROWS = 4096


@dataclass(frozen=True, eq=False, kw_only=True)
class Tissue:
    """Tissue on a coarse grid over an image.

    Parameters
    ----------
    cells : (rows, columns) bool
        True where there is tissue.
    shape : (int, int)
        Of the image in pixels.
    """

    cells: Cells
    shape: tuple[int, ...]

    @property
    def share(self) -> float:
        """Part of the image that is tissue."""
        return float(self.cells.mean())

    def area_mm2(self, spacing_um: tuple[float, ...]) -> float:
        """Return the area of the tissue."""
        return self.share * float(np.prod(self.shape)) * float(np.prod(spacing_um)) * 1e-6

    def part(self, window: tuple[slice, ...]) -> "Tissue":
        """Return the tissue of a window of the image."""
        shape = tuple(part.stop - part.start for part in window)
        index: list[NDArray[np.int64]] = []
        for part, length, cells in zip(window, self.shape, self.cells.shape, strict=True):
            own = part.stop - part.start
            many = max(1, round(own * cells / length))
            middle = part.start + (np.arange(many) + 0.5) * own / many
            index.append(np.minimum((middle * cells / length).astype(np.int64), cells - 1))
        return Tissue(cells=self.cells[np.ix_(*index)], shape=shape)

    def on_grid(self, cell: Sides) -> Cells:
        """Return which cells of a finer or coarser grid hold tissue."""
        shape = grid_shape(self.shape, cell)
        if all(n <= m for n, m in zip(shape, self.cells.shape, strict=True)):
            share = cv2.resize(self.cells.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
            return share > 0
        return cv2.resize(self.cells.view(np.uint8), shape[::-1], interpolation=cv2.INTER_NEAREST) > 0


def find_tissue(image: Image) -> Tissue:
    """Find the tissue of a slide stained with haematoxylin and eosin, or with DAB.

    Parameters
    ----------
    image : Image (y, x, 3) of 8 bits
        Read through the coarsest level that is fine enough.

    Returns
    -------
    Tissue

    Raises
    ------
    OptionError
        The image is not an 8-bit colour picture.

    Notes
    -----
    Tissue is where the blurred saturation exceeds Otsu's threshold (kept within `SATURATION`), unless hue and
    saturation are those of ink; specks are dropped and small holes filled. Grey things (dust, black ink) have no
    saturation.

    References
    ----------
    Otsu, A threshold selection method from gray-level histograms, 1979.
    """
    if image.ndim != 2 or image.channels != 3 or np.dtype(image.data.dtype) != np.uint8:
        raise OptionError(
            f"tissue=auto needs 8-bit colour pictures of stained slides, but {image.name} has {image.channels} "
            f"channels of {np.dtype(image.data.dtype)}: set tissue=off"
        )
    hue, saturation, value = cv2.split(cv2.cvtColor(_thumbnail(image), cv2.COLOR_RGB2HSV))
    soft = cv2.GaussianBlur(saturation, (5, 5), 0)
    threshold, _ = cv2.threshold(soft, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    least = min(max(threshold, 255 * SATURATION[0]), 255 * SATURATION[1])
    is_ink = (saturation > 255 * PEN_SATURATION) & (hue >= PEN_HUES[0]) & (hue <= PEN_HUES[1])
    ink = cv2.dilate(_opened(is_ink).view(np.uint8), np.ones((5, 5), np.uint8)) > 0
    found = (soft > least) & ~ink & (value > 0)
    return Tissue(cells=_without_specks(found), shape=image.shape)


def _opened(mask: Cells) -> Cells:
    return cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def _without_specks(mask: Cells) -> Cells:
    """Close gaps, drop small parts and fill small holes."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    for value in (1, 0):
        _, parts, facts, _ = cv2.connectedComponentsWithStats((closed == value).view(np.uint8), connectivity=4)
        small = facts[:, cv2.CC_STAT_AREA] < max(4, SMALLEST_SHARE * closed.size)
        small[0] = False
        closed[small[parts]] = 1 - value
    return closed > 0


def _thumbnail(image: Image) -> NDArray[np.uint8]:
    """Return the image at the resolution that tissue is looked for at, read in bands."""
    spacing = image.spacing_um
    longest = max(image.shape)
    wanted = longest / LOOKED_AT_PX if spacing is None else LOOKED_AT_UM / max(spacing)
    step = max(1.0, min(wanted, 2 * longest / LOOKED_AT_PX))
    level = max(
        (each for each in image.levels if longest / max(each.shape[:2]) <= step),
        key=lambda each: longest / max(each.shape),
    )
    shape = tuple(max(1, round(n / step)) for n in image.shape)
    part = replace(image, levels=(level,), spacing=None, unit=None)
    rows = np.linspace(0, shape[0], max(1, -(-part.shape[0] // BAND_ROWS)) + 1).round().astype(int)
    bands: list[Any] = []
    for low, high in itertools.pairwise(rows.tolist()):
        first, last = (round(row * part.shape[0] / shape[0]) for row in (low, high))
        pixels = read_window(part, (slice(first, last), slice(None)))
        bands.append(cv2.resize(pixels, (shape[1], high - low), interpolation=cv2.INTER_AREA))
    return np.concatenate(bands)


def masked_pyramid(pyramid: DetailPyramid, tissue: Tissue, *, is_sum: bool) -> DetailPyramid:
    """Take the detail outside the tissue away.

    Parameters
    ----------
    pyramid : DetailPyramid
        Of the image.
    tissue : Tissue
        Of the same image.
    is_sum : bool
        Coarse scores are sums of fine ones (edges, gradient); else (variance) they are only cleared where a whole
        cell has no tissue.
    """
    levels = _tissue_levels(tissue.on_grid(pyramid.min_size), pyramid.depth)
    if not is_sum:
        kept = tuple(np.where(cells, level, 0) for cells, level in zip(levels, pyramid.levels, strict=True))
        return replace(pyramid, levels=kept)
    limit = int(np.prod(pyramid.min_size)) if pyramid.is_edges else None
    base = np.where(levels[0], pyramid.levels[0], 0).astype(pyramid.levels[0].dtype)
    return replace(pyramid, levels=sum_levels(base, pyramid.shape, pyramid.min_size, limit=limit))


def _tissue_levels(cells: Cells, depth: int) -> list[Cells]:
    levels = [cells]
    for _ in range(depth):
        levels.append(halve(levels[-1], np.uint8) > 0)
    return levels


def tree_on_tissue(
    pyramid: DetailPyramid, options: PatchOptions, tissue: Tissue, *, spacing_um: tuple[float, ...] | None
) -> PatchTree:
    """Build a tree whose leaves all touch tissue; the others cost nothing.

    Parameters
    ----------
    pyramid : DetailPyramid
        From `masked_pyramid`.
    options : PatchOptions
        The length of a length tree counts leaves with tissue only.
    tissue : Tissue
        Of the image.
    spacing_um : tuple of float, optional
        For `physical=True`.

    Returns
    -------
    PatchTree
        In Z-order. Without any tissue the leaf of the root is kept, as a model must be fed something.
    """
    levels = _tissue_levels(tissue.on_grid(pyramid.min_size), pyramid.depth)

    def build(length: int) -> PatchTree:
        tree = tree_from_pyramid(pyramid, options.replace(length=length), spacing_um=spacing_um)
        return _on_tissue(tree, levels, pyramid)

    if options.mode != "length":
        return build(options.length)
    low, high = options.length, int(np.prod(pyramid.levels[0].shape))
    best = build(low)
    while low < high - 1:
        middle = (low + high) // 2
        tree = build(middle)
        if len(tree) <= options.length:
            low, best = middle, tree
        else:
            high = middle
    return best


def _on_tissue(tree: PatchTree, levels: list[Cells], pyramid: DetailPyramid) -> PatchTree:
    steps = pyramid.depth - tree.level.astype(np.int64)
    index = tree.origin // tree.size
    kept = np.zeros(len(tree), bool)
    for step in np.unique(steps):
        own = steps == step
        kept[own] = levels[step][tuple(index[own].T)]
    return take_leaves(tree, np.flatnonzero(kept) if kept.any() else np.arange(1))


def take_leaves(tree: PatchTree, rows: NDArray[np.int64]) -> PatchTree:
    """Return some leaves of a tree."""
    return PatchTree(
        shape=tree.shape, origin=tree.origin[rows], size=tree.size[rows], level=tree.level[rows], score=tree.score[rows]
    )
