"""What a tree keeps, by reconstruction and by trying every threshold."""

import math

import numpy as np

from tests.reference import tokens as slow
from tests.reference.cells import Cell


def psnr(image: np.ndarray, leaves: list[Cell], patch: tuple[int, ...], data_range: float) -> float:
    """Return the peak signal-to-noise ratio of the reconstruction from tokens, in dB."""
    shape = image.shape[: len(patch)]
    rebuilt = slow.scatter(slow.gather(image, leaves, patch), leaves, shape).reshape(image.shape)
    error = float(np.mean((rebuilt - image.astype(np.float64)) ** 2))
    return math.inf if error == 0 else 10 * math.log10(data_range**2 / error)


def dice(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Return 2 |A and B| / (|A| + |B|)."""
    return 2 * int((predicted & truth).sum()) / (int(predicted.sum()) + int(truth.sum()))


def oracle_dice(mask: np.ndarray, leaves: list[Cell], patch: tuple[int, ...], value: int) -> float:
    """Return the best Dice of any threshold on the token fractions of one class, de-patched by nearest."""
    truth = mask == value
    fractions = slow.scatter(slow.gather(truth, leaves, patch), leaves, mask.shape)[..., 0]
    return max(dice(fractions >= level, truth) for level in np.unique(fractions) if level > 0)
