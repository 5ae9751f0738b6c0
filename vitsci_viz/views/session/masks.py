"""The mask in a window: a translucent fill with a crisp outline."""

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.session.layers import Raster
from vitsci_viz.views.session.palettes import mask_palette
from vitsci_viz.views.session.picture import box_in
from vitsci_viz.views.session.resizing import resized
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import MARGIN, Window

OUTLINE = 128
"""Bit added to the class index on the outline; class indices repeat below it."""


def mask_overlay(
    session: PatchSession, window: Window, *, slice_index: int | None = None, margin: float = MARGIN
) -> Raster | None:
    """Return the mask in a window at screen size; None without a mask or where the window misses the image.

    Class k has index k inside (1 to 127, then again from 1) and ``128 + k`` on its one-pixel outline.
    """
    if session.mask_display is None:
        return None
    window = window.padded(margin)
    level = session.mask_display.level_for(window.scale)
    box = box_in(level, window, session.shape)
    if box is None:
        return None
    classes = session.mask_display.read(level, box.rows, box.columns, slice_index)[..., 0]
    height = max(1, min(classes.shape[0], round((box.extent[3] - box.extent[1]) / window.scale)))
    width = max(1, min(classes.shape[1], round((box.extent[2] - box.extent[0]) / window.scale)))
    shown = np.where(classes > 0, (classes.astype(np.int64) - 1) % (OUTLINE - 1) + 1, 0).astype(np.uint8)
    small = resized(shown, height, width, interpolation=cv2.INTER_NEAREST)
    return Raster(index=_with_outline(small), palette=mask_palette(), extent=box.extent, label="mask")


def _with_outline(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mark the pixels of a class that touch another one."""
    kernel = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inside = (cv2.erode(classes, kernel) == classes) & (cv2.dilate(classes, kernel) == classes)
    return np.where((classes > 0) & ~inside, classes | OUTLINE, classes).astype(np.uint8)
