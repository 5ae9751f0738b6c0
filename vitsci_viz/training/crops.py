"""Random windows of images, and how many tokens a whole image is worth beside one."""

import math
from collections.abc import Sequence

import numpy as np

from vitsci_viz.training.tissue import Tissue

MOST_TOKENS = 16_384
"""A whole image that validates is never given more tokens than this, as attention costs their square."""


def draw_window(
    shape: Sequence[int], side: int, random: np.random.Generator, tissue: Tissue | None = None
) -> tuple[slice, ...]:
    """Draw a window of an image, evenly over all places.

    Parameters
    ----------
    shape : sequence of int
        Of the image.
    side : int
        Of the window in pixels; shorter axes are taken whole.
    random : Generator
        Where the draw comes from.
    tissue : Tissue, optional
        Draw around a place with tissue, if there is any.
    """
    sides = [min(side, n) for n in shape]
    first = [int(random.integers(0, n - own + 1)) for n, own in zip(shape, sides, strict=True)]
    places = np.argwhere(tissue.cells) if tissue is not None else ()
    if tissue is not None and len(places):
        place = places[random.integers(len(places))]
        middle = (place + random.random(len(sides))) * np.array(shape) / np.array(tissue.cells.shape)
        first = [int(np.clip(m - own / 2, 0, n - own)) for m, own, n in zip(middle, sides, shape, strict=True)]
    return tuple(slice(start, start + own) for start, own in zip(first, sides, strict=True))


def times_as_large(shape: Sequence[int], sides: Sequence[int]) -> float:
    """Return how many times the pixels of a crop an image has; axes shorter than the crop's count as they are.

    >>> times_as_large((1024, 300), (512, 512))
    2.0
    """
    return math.prod(n / min(side, n) for n, side in zip(shape, sides, strict=True))


def scaled_length(length: int, shape: Sequence[int], sides: Sequence[int]) -> int:
    """Return the token budget of an image larger than what was trained on: in proportion to its area.

    Parameters
    ----------
    length : int
        Budget of a crop.
    shape : sequence of int
        Of the image.
    sides : sequence of int
        Of a crop.

    Returns
    -------
    int
        Never less than `length`, nor more than it and `MOST_TOKENS`.

    Examples
    --------
    >>> scaled_length(256, (1024, 1024), (512, 512)), scaled_length(256, (300, 300), (512, 512))
    (1024, 256)
    """
    return max(length, min(MOST_TOKENS, round(length * times_as_large(shape, sides))))
