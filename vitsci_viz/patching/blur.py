"""Gaussian blur before edges and gradients, by the paper's table or as asked."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.sides import known_spacing
from vitsci_viz.types import Image

Array = NDArray[Any]
BLUR_TABLE = ((1024, 3), (4096, 5), (8192, 7), (16384, 9), (32768, 11))
"""Longest side up to which a kernel side holds (SC'24 paper, section IV); 13 beyond."""
WIDEST = 255
"""Widest kernel in pixels: its reach stays within the halo of a tile."""


def blur_kernel(options: PatchOptions, image: Image) -> int:
    """Return the side of the Gaussian kernel in pixels: 0 for none, else odd.

    Raises
    ------
    OptionError
        `physical=True` without a known spacing, or with a blur wider than `WIDEST` pixels there.
    """
    if options.blur == "auto":
        longest = max(image.shape)
        return next((side for limit, side in BLUR_TABLE if longest <= limit), 13)
    if not options.physical or options.blur == 0:
        return options.blur
    finest = min(known_spacing(image.spacing_um))
    side = options.blur / finest
    kernel = 2 * round((side - 1) / 2) + 1 if side > 1 else 0
    if kernel > WIDEST:
        raise OptionError(
            f"blur must be at most {WIDEST} px: {options.blur} um are {side:,.0f} px at {finest:g} um/px"
            "; lower it, or use a coarser level"
        )
    return kernel


def blurred(grey: Array, kernel: int) -> Array:
    """Blur with a Gaussian of odd side `kernel` (sigma derived from it as OpenCV does); 0 and 1 leave it alone.

    Three-dimensional 8-bit data are rounded after each of two passes, (y, x) and z.
    """
    if kernel <= 1:
        return grey
    if grey.ndim == 1:
        return cv2.GaussianBlur(grey[None], (kernel, 1), 0)[0]
    if grey.ndim == 2:
        return cv2.GaussianBlur(grey, (kernel, kernel), 0)
    planes: list[Array] = [cv2.GaussianBlur(plane, (kernel, kernel), 0) for plane in grey]
    flat: Array = np.stack(planes)
    return cv2.GaussianBlur(flat.reshape(len(flat), -1), (1, kernel), 0).reshape(flat.shape)
