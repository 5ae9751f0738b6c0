"""How strong rings and streaks are in reconstructed slices."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage
from skimage.filters import window

from vitsci_viz.errors import InputError

Floats = NDArray[np.float64]
WIDEST_RING_PX = 9
"""A ring is narrower than this; slower changes along a radius are the object's."""
SECTORS = 16
"""Pieces of half a turn that the two samples of a ring take by turns."""
BAND = (0.1, 0.45)
"""Frequencies of streaks, in cycles per pixel."""
SMOOTH_SPOKES = 9
"""The object's own spectrum changes over more spokes than this, a view's share of it over fewer."""
TAPER = 0.3
"""Share of the radius over which slices fade out before their spectrum is taken."""


@dataclass(frozen=True, kw_only=True)
class Rings:
    """Strength of rings.

    Parameters
    ----------
    level : float
        Root mean square of what is the same all along a ring, in the unit of the slices.
    score : float
        The same over what else changes from pixel to pixel along a radius: 0 where there are no rings.
    """

    level: float
    score: float


def ring_strength(slices: NDArray[np.floating], *, start_rad: float = 0.0) -> Rings:
    """Measure rings about the middle of slices.

    Parameters
    ----------
    slices : (row, side, side) float
        The axis of rotation in the middle.
    start_rad : float
        Angle of the first view: over half a turn, a bad detector pixel draws half a ring from there on.

    Returns
    -------
    Rings

    Raises
    ------
    InputError
        Not a stack of square slices of 16 pixels or more.

    Notes
    -----
    With p(t, angle) the slice at t (cos, sin), less its running median along t, two samples of the angles give two
    profiles of medians over angle; their covariance along t is the square of the level, as noise has none.
    """
    _check(slices, 16)
    side = slices.shape[1]
    t = np.arange(side) - (side - 1) / 2
    t = t[np.abs(t) < side / 2 - 1]
    angles = start_rad + (np.arange(2 * side) + 0.5) * math.pi / (2 * side)
    places = np.stack([np.multiply.outer(np.sin(angles), t), np.multiply.outer(np.cos(angles), t)]) + (side - 1) / 2
    in_first = np.arange(len(angles)) * SECTORS // len(angles) % 2 == 0
    # Rings about the axis itself are too short to be told from noise.
    is_far = np.abs(t) >= side / 16
    covariance, rest = [], []
    for picture in slices:
        polar = ndimage.map_coordinates(picture.astype(np.float64), places, order=1)
        fine = (polar - ndimage.median_filter(polar, size=(1, WIDEST_RING_PX)))[:, is_far]
        profiles = np.median(fine[in_first], axis=0), np.median(fine[~in_first], axis=0)
        covariance.append(float(np.mean(profiles[0] * profiles[1])))
        rest.append(float(np.mean((fine - (profiles[0] + profiles[1]) / 2) ** 2)))
    level = math.sqrt(max(float(np.mean(covariance)), 0.0))
    spread = math.sqrt(float(np.mean(rest)))
    return Rings(level=level, score=level / spread if spread > 0 else 0.0)


def streak_strength(slices: NDArray[np.floating]) -> float:
    """Measure streaks: how unevenly fine structure is spread over directions.

    Parameters
    ----------
    slices : (row, side, side) float
        A streak runs along the lines of one view, and so lies on one spoke of the spectrum.

    Returns
    -------
    float
        Standard deviation over mean of the power of spokes, each coefficient taken relative to its ring: near 0 for
        noise and round things, 1 where a few views stand out. Straight edges of the object count as well: compare
        slices of one object.

    Raises
    ------
    InputError
        Not a stack of square slices of 16 pixels or more.
    """
    _check(slices, 16)
    side = slices.shape[1]
    frequency: Any = fft.fftfreq(side)
    along, across = np.meshgrid(frequency, frequency, indexing="ij")
    radius = np.hypot(along, across)
    is_fine = (radius >= BAND[0]) & (radius <= BAND[1])
    rings = np.rint(radius[is_fine] * side).astype(np.int64)
    spokes = (np.mod(np.arctan2(along, across)[is_fine], math.pi) / math.pi * (side // 2)).astype(np.int64)
    spokes %= side // 2
    fade, power = window(("tukey", TAPER), (side, side)), np.zeros(len(rings))
    for picture in slices:
        spectrum: Any = fft.fft2((picture - picture.mean()) * fade)
        power += np.abs(spectrum[is_fine]) ** 2
    of_rings = np.bincount(rings, power) / np.maximum(np.bincount(rings), 1)
    relative = np.divide(power, of_rings[rings], out=np.zeros_like(power), where=of_rings[rings] > 0)
    means = np.bincount(spokes, relative) / np.maximum(np.bincount(spokes), 1)
    smooth = ndimage.median_filter(means, size=SMOOTH_SPOKES, mode="wrap")
    return float(np.sqrt(np.mean((means - smooth) ** 2)) / means.mean()) if means.any() else 0.0


def _check(slices: NDArray[np.floating], least: int) -> None:
    if slices.ndim != 3 or slices.shape[1] != slices.shape[2] or slices.shape[1] < least:
        raise InputError(f"slices must be a stack of squares of {least} pixels or more, got {slices.shape}")
