"""The mask in a window: a translucent fill with a crisp outline."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.layers import Raster
from vitsci_viz.views.session.palettes import IGNORED_INDEX, mask_palette
from vitsci_viz.views.session.picture import box_in
from vitsci_viz.views.session.resizing import resized
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import MARGIN, Window

OUTLINE = 128
"""Bit added to the class index on the outline; class indices repeat below it."""


def mask_overlay(
    session: PatchSession, window: Window, *, slice_index: int | None = None, margin: float = MARGIN
) -> Raster | None:
    """Return the mask in a window at screen size; None without a mask or where the window misses the image."""
    if session.mask_display is None:
        return None
    return label_overlay(session.mask_display, window, slice_index=slice_index, margin=margin)


def label_overlay(
    display: DisplayPyramid,
    window: Window,
    *,
    slice_index: int | None = None,
    margin: float = MARGIN,
    ignored: int | None = None,
) -> Raster | None:
    """Return class indices in a window at screen size; None where the window misses the image.

    Class k has index k inside (1 to 126, then again from 1) and ``128 + k`` on its one-pixel outline.

    Parameters
    ----------
    display : DisplayPyramid
        Class indices.
    window : Window
        What the screen shows.
    slice_index : int, optional
        Slice of a volume.
    margin : float
        Share of the window shown beyond each edge.
    ignored : int, optional
        The index that means "not labelled"; it is shown in grey.
    """
    window = window.padded(margin)
    level = display.level_for(window.scale)
    box = box_in(level, window, display.image.shape)
    if box is None:
        return None
    classes = display.read(level, box.rows, box.columns, slice_index)[..., 0]
    height = max(1, min(classes.shape[0], round((box.extent[3] - box.extent[1]) / window.scale)))
    width = max(1, min(classes.shape[1], round((box.extent[2] - box.extent[0]) / window.scale)))
    shown = np.where(classes > 0, (classes.astype(np.int64) - 1) % (IGNORED_INDEX - 1) + 1, 0).astype(np.uint8)
    if ignored is not None:
        shown[classes == ignored] = IGNORED_INDEX
    small = resized(shown, height, width, interpolation=cv2.INTER_NEAREST)
    return Raster(index=_with_outline(small), palette=mask_palette(), extent=box.extent, label="mask")


def _with_outline(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark the pixels of a class that touch another one."""
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inside = (cv2.erode(classes, kernel) == classes) & (cv2.dilate(classes, kernel) == classes)
    return np.where((classes > 0) & ~inside, classes | OUTLINE, classes).astype(np.uint8)
