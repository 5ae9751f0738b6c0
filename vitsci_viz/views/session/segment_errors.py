"""How a prediction and the truth, or two predictions, differ: one code a pixel, and its share of a screen pixel."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

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
    Kind(title="false negative", colour="#0072b2", opacity=0.9),
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
    has_first, has_second, is_same = (each.view(np.uint8) for each in (first > 0, second > 0, first == second))
    return _AGREEMENT_OF[has_first + 2 * has_second + 4 * is_same]


def difference_codes(truth: Codes, first: Codes, second: Codes) -> Codes:
    """Tell for every pixel which of two predictions is right: places in `DIFFERENCES`.

    >>> rows = [0, 1, 1, 0, 1], [0, 1, 1, 1, 0], [0, 1, 0, 0, 2]
    >>> truth, first, second = (np.array([row], np.uint8) for row in rows)
    >>> difference_codes(truth, first, second).tolist()
    [[0, 1, 2, 3, 4]]
    """
    is_first, is_second, is_there = (each.view(np.uint8) for each in (first == truth, second == truth, truth > 0))
    codes = _DIFFERENCE_OF[is_first + 2 * is_second + 4 * is_there]
    codes[truth == IGNORED] = NOT_LABELLED
    return codes


# by the bits: the first one finds something, the second one does, both say the same
_AGREEMENT_OF = np.array([0, 2, 3, OTHER_CLASS, 0, 0, 0, 1], np.uint8)
# by the bits: the first one is right, the second one is, there is something
_DIFFERENCE_OF = np.array([OTHER_CLASS, 2, 3, 0, OTHER_CLASS, 2, 3, 1], np.uint8)


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
        best = np.zeros((height, width), np.uint8)
        for code, kind in enumerate(kinds):
            if kind is None or kind.is_mistake != is_mistake or not (found := codes == code).any():
                continue
            share = resized(found.view(np.uint8) * np.uint8(255), height, width)
            np.copyto(index, code * STEPS + _STEP_OF[share], where=share > best)
            np.maximum(best, share, out=best)
    return index


_STEP_OF = np.ceil(np.sqrt(np.arange(256) / 255) * (STEPS - 1) - 1e-3).astype(np.uint8)
"""Step of every share, in 255ths."""


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
