"""What a canvas draws: small frozen arrays with the piece of the image that they cover."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Extent = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the finest level."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Picture:
    """Colours over a rectangle of the image.

    Parameters
    ----------
    rgb : (h, w, 3) uint8
        Colours, first row at the top.
    extent : tuple of float
        Rectangle that the array covers.
    """

    rgb: NDArray[np.uint8]
    extent: Extent


@dataclass(frozen=True, eq=False, kw_only=True)
class Raster:
    """One byte a pixel with a palette: small on the wire, coloured where it is shown.

    Parameters
    ----------
    index : (h, w) uint8
        Index into the palette, first row at the top.
    palette : (256, 4) uint8
        Red, green, blue and opacity of every index.
    extent : tuple of float
        Rectangle that the array covers.
    low, high : float
        Values at index 0 and 255 where the raster shows a scalar.
    label : str
        What is shown, with its unit where it is a scalar; empty where there is nothing to say.
    is_capped : bool
        Values beyond `high` are shown as `high`, so that the end of the scale means "or more".
    entries : tuple of (str, str)
        Colour (``#rrggbb``) and meaning of what a raster of classes shows, for its legend.
    """

    index: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    extent: Extent
    low: float = 0.0
    high: float = 0.0
    label: str = ""
    is_capped: bool = True
    entries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class LeafQuads:
    """Visible leaves as rectangles, clipped to the image.

    Parameters
    ----------
    left, top, right, bottom : (n,) float32
        Edges in pixels of the finest level, moved to the nearest screen pixel.
    level : (n,) uint8
        Level of every leaf.
    """

    left: NDArray[np.float32]
    top: NDArray[np.float32]
    right: NDArray[np.float32]
    bottom: NDArray[np.float32]
    level: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class LegendRow:
    """One level of the tree in the colour legend."""

    level: int
    size: tuple[int, ...]
    count: int
    colour: str


@dataclass(frozen=True, eq=False, kw_only=True)
class LeafScene:
    """The visible leaves: rectangles, or a raster where there are many or where they are small.

    Parameters
    ----------
    quads : LeafQuads, optional
        Set where the leaves are few and large enough.
    raster : Raster, optional
        Set otherwise.
    colours : tuple of str
        Colour of each level from the root, as ``#rrggbb``.
    visible : int
        Leaves inside the window.
    total : int
        Leaves of the tree.
    legend : tuple of LegendRow
        Levels that hold leaves, coarse to fine, counted over the whole tree.
    """

    quads: LeafQuads | None
    raster: Raster | None
    colours: tuple[str, ...]
    visible: int
    total: int
    legend: tuple[LegendRow, ...] = field(default=())


def same_extent(first: Any, second: Any) -> bool:
    """Tell whether two layers cover the same rectangle."""
    return first is not None and second is not None and first.extent == second.extent
