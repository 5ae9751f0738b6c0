"""The image in a window: the fitting level, read once, at screen size."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.contrast import to_rgb
from vitsci_viz.views.session.display import DisplayLevel
from vitsci_viz.views.session.layers import Extent, Picture
from vitsci_viz.views.session.resizing import resized
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import MARGIN, Window

OVERVIEW_SIDE = 512
"""Longest side of the small picture of the whole image that stays behind everything."""


@dataclass(frozen=True, kw_only=True)
class PixelBox:
    """A box of whole pixels of one level, inside the image.

    Parameters
    ----------
    rows, columns : slice
        In pixels of the level.
    extent : tuple of float
        The same box in pixels of the finest level.
    """

    rows: slice
    columns: slice
    extent: Extent


def picture(
    session: PatchSession, window: Window, *, slice_index: int | None = None, margin: float = MARGIN
) -> Picture:
    """Return the image in a window at no more pixels than the screen shows.

    Parameters
    ----------
    session : PatchSession
        The open image.
    window : Window
        May reach beyond the image; only what is inside is returned.
    slice_index : int, optional
        Slice of a volume.
    margin : float
        Share of the window shown beyond each edge.

    Returns
    -------
    Picture
        A 1 x 1 black picture where the window misses the image.
    """
    window = window.padded(margin)
    level = session.display.level_for(window.scale)
    box = box_in(level, window, session.shape)
    if box is None:
        return empty_picture()
    pixels = session.display.read(level, box.rows, box.columns, slice_index)
    step = (window.scale / level.step_yx[0], window.scale / level.step_yx[1])
    return Picture(rgb=to_rgb(shrink(pixels, step), session.contrast), extent=box.extent)


def overview(session: PatchSession, *, slice_index: int | None = None) -> Picture:
    """Return the whole image, small: shown first and behind everything, so that nothing is ever blank."""
    rows, columns = session.shape[-2:]
    scale = max(rows, columns) / OVERVIEW_SIDE
    window = Window(0, 0, columns, rows, max(1, round(columns / scale)), max(1, round(rows / scale)))
    return picture(session, window, slice_index=slice_index, margin=0)


def empty_picture() -> Picture:
    """Return a picture of nothing."""
    return Picture(rgb=np.zeros((1, 1, 3), np.uint8), extent=(0.0, 0.0, 0.0, 0.0))


def box_in(level: DisplayLevel, window: Window, shape: tuple[int, ...]) -> PixelBox | None:
    """Return the pixels of a level that a window shows, or None where it misses the image."""
    (step_y, step_x), (rows, columns) = level.step_yx, level_shape(level, len(shape))
    top, bottom = max(0, math.floor(window.y0 / step_y)), min(rows, math.ceil(window.y1 / step_y))
    left, right = max(0, math.floor(window.x0 / step_x)), min(columns, math.ceil(window.x1 / step_x))
    if top >= bottom or left >= right:
        return None
    extent = (left * step_x, top * step_y, right * step_x, bottom * step_y)
    return PixelBox(rows=slice(top, bottom), columns=slice(left, right), extent=extent)


def level_shape(level: DisplayLevel, ndim: int) -> tuple[int, int]:
    """Return rows and columns of a level."""
    rows, columns = level.array.shape[ndim - 2 : ndim]
    return int(rows), int(columns)


def shrink(pixels: NDArray[Any], step: tuple[float, float]) -> NDArray[Any]:
    """Average pixels down to screen size; pixels larger than a screen pixel stay as they are.

    Parameters
    ----------
    pixels : (h, w, c)
        Any real dtype.
    step : tuple of float
        Pixels per screen pixel along y and x.
    """
    height, width = (max(1, round(n / max(1.0, s))) for n, s in zip(pixels.shape[:2], step, strict=True))
    if (height, width) == pixels.shape[:2]:
        return pixels
    return resized(pixels, height, width)
