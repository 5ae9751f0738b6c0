"""How a prediction and the truth, or two predictions, differ: one code a pixel, and its share of a screen pixel."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.contrast import from_hex
from vitsci_viz.training.scores import IGNORED
from vitsci_viz.views.session.palettes import Palette
from vitsci_viz.views.session.resizing import resized

Codes = NDArray[np.uint8]

OTHER_CLASS, NOT_LABELLED = 4, 5
"""Codes with the same meaning in `ERRORS` and `AGREEMENT`, and in `ERRORS` and `DIFFERENCES`."""
STEPS = 32
"""Opacities of a code: index ``STEPS * code + step`` of a code raster, step 0 being clear."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a code means, with the colour (``#rrggbb``) and the opacity (0 to 1) of a pixel that is full of it."""

    title: str
    colour: str
    opacity: float
    is_mistake: bool = True


ERRORS: tuple[Kind | None, ...] = (
    None,
    Kind(title="right", colour="#bbbbbb", opacity=0.3, is_mistake=False),
    Kind(title="false positive", colour="#d55e00", opacity=0.9),
    Kind(title="false negative", colour="#56b4e9", opacity=0.9),
    Kind(title="wrong class", colour="#f0e442", opacity=0.9),
    Kind(title="not labelled", colour="#969696", opacity=0.6, is_mistake=False),
)
"""Meaning of the codes of `error_codes`; 0 is background, rightly so. Colours of Okabe and Ito."""

DIFFERENCES: tuple[Kind | None, ...] = (
    None,
    Kind(title="both right", colour="#bbbbbb", opacity=0.3, is_mistake=False),
    Kind(title="only A right", colour="#56b4e9", opacity=0.9),
    Kind(title="only B right", colour="#d55e00", opacity=0.9),
    Kind(title="both wrong", colour="#f0e442", opacity=0.9),
    Kind(title="not labelled", colour="#969696", opacity=0.6, is_mistake=False),
)
"""Meaning of the codes of `difference_codes`; 0 is background, rightly so in both."""

AGREEMENT: tuple[Kind | None, ...] = (
    None,
    Kind(title="the same class", colour="#bbbbbb", opacity=0.3, is_mistake=False),
    Kind(title="only A finds something", colour="#56b4e9", opacity=0.9),
    Kind(title="only B finds something", colour="#d55e00", opacity=0.9),
    Kind(title="different classes", colour="#f0e442", opacity=0.9),
)
"""Meaning of the codes of `agreement_codes`, where no truth is known."""


def error_codes(truth: Codes, predicted: Codes) -> Codes:
    """Tell for every pixel whether it is right, and how it is wrong if not.

    Parameters
    ----------
    truth, predicted : (h, w) uint8
        Class indices; 0 is background, 255 in the truth is not labelled.

    Returns
    -------
    (h, w) uint8
        Places in `ERRORS`.

    Examples
    --------
    >>> truth, predicted = np.array([[0, 1, 0, 1, 1, 255]], np.uint8), np.array([[0, 1, 1, 0, 2, 1]], np.uint8)
    >>> error_codes(truth, predicted).tolist()
    [[0, 1, 2, 3, 4, 5]]
    """
    codes = agreement_codes(predicted, truth)
    codes[truth == IGNORED] = NOT_LABELLED
    return codes


def agreement_codes(first: Codes, second: Codes) -> Codes:
    """Tell for every pixel whether two predictions agree: places in `AGREEMENT`."""
    has_first, has_second = first > 0, second > 0
    is_same = first == second
    codes = np.where(has_first & has_second, np.where(is_same, 1, OTHER_CLASS), 0)
    codes += np.where(has_first & ~has_second, 2, 0) + np.where(~has_first & has_second, 3, 0)
    return codes.astype(np.uint8)


def difference_codes(truth: Codes, first: Codes, second: Codes) -> Codes:
    """Tell for every pixel which of two predictions is right: places in `DIFFERENCES`.

    >>> rows = [0, 1, 1, 0, 1], [0, 1, 1, 1, 0], [0, 1, 0, 0, 2]
    >>> truth, first, second = (np.array([row], np.uint8) for row in rows)
    >>> difference_codes(truth, first, second).tolist()
    [[0, 1, 2, 3, 4]]
    """
    is_first, is_second = first == truth, second == truth
    codes = np.where(is_first & is_second, truth > 0, 4)
    codes = np.where(is_first & ~is_second, 2, np.where(~is_first & is_second, 3, codes))
    return np.where(truth == IGNORED, NOT_LABELLED, codes).astype(np.uint8)


def code_raster(codes: Codes, height: int, width: int, kinds: Sequence[Kind | None]) -> Codes:
    """Bring codes to screen size without losing what is thinner than a screen pixel.

    A screen pixel shows the mistake that covers most of it, however little that is, else what is no mistake. Its
    opacity grows with the square root of the share covered, so that a thin line stays visible and a full pixel does
    not look like one.

    Parameters
    ----------
    codes : (h, w) uint8
        Places in `kinds`.
    height, width : int
        At most h and w.
    kinds : sequence of Kind
        What the codes mean; None shows nothing.

    Returns
    -------
    (height, width) uint8
        Indices into `code_palette`.
    """
    if codes.shape == (height, width):
        return np.where(codes > 0, codes * STEPS + (STEPS - 1), 0).astype(np.uint8)
    index = np.zeros((height, width), np.uint8)
    for is_mistake in (False, True):
        best = np.zeros((height, width), np.float32)
        for code, kind in enumerate(kinds):
            if kind is None or kind.is_mistake != is_mistake:
                continue
            share = resized((codes == code).astype(np.float32), height, width, interpolation=cv2.INTER_AREA)
            step = np.ceil(np.sqrt(share) * (STEPS - 1) - 1e-3).astype(np.uint8)
            index = np.where((share > best) & (step > 0), code * STEPS + step, index)
            best = np.maximum(best, share)
    return index


@functools.cache
def code_palette(kinds: tuple[Kind | None, ...]) -> Palette:
    """Return the palette of a code raster."""
    palette = np.zeros((256, 4), np.uint8)
    for code, kind in enumerate(kinds):
        if kind is not None:
            rows = slice(code * STEPS, (code + 1) * STEPS)
            palette[rows, :3] = from_hex(kind.colour)
            palette[rows, 3] = np.rint(255 * kind.opacity * np.arange(STEPS) / (STEPS - 1))
    return palette
