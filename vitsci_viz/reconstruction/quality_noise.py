"""Signal and contrast to noise of reconstructed slices."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from vitsci_viz.errors import InputError

Mask = NDArray[np.bool_]
EDGE_PX = 2
"""What lies so near to a boundary of the material is neither material nor surroundings."""
CORE_SHARE = 0.1
"""Share of a region that must be left without its edge; thin structures keep more of theirs."""


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What the two halves of a scan tell about its slices.

    Parameters
    ----------
    deviation : float
        Standard deviation of the noise of the whole, in the unit of the slices.
    signal_to_noise, contrast_to_noise : float or None
        Mean of the material, and its difference from the surroundings, over that deviation; None where slices hold no
        two materials that can be told apart.
    """

    deviation: float
    signal_to_noise: float | None
    contrast_to_noise: float | None


def signal_to_noise(slices: NDArray[np.floating], where: Mask) -> float:
    """Return mean over standard deviation of an even region.

    >>> signal_to_noise(np.array([1.0, 3.0, 9.0]), np.array([True, True, False]))
    2.0
    """
    values = _values(slices, where)
    deviation = float(values.std())
    return float(values.mean()) / deviation if deviation > 0 else math.inf


def contrast_to_noise(slices: NDArray[np.floating], inside: Mask, outside: Mask) -> float:
    """Return the difference of the means of two even regions over their common standard deviation.

    Notes
    -----
    abs(m1 - m2) / sqrt((s1^2 + s2^2) / 2).
    """
    first, second = _values(slices, inside), _values(slices, outside)
    deviation = math.sqrt((float(first.var()) + float(second.var())) / 2)
    contrast = abs(float(first.mean()) - float(second.mean()))
    return contrast / deviation if deviation > 0 else math.inf


def noise_of_halves(first: NDArray[np.floating], second: NDArray[np.floating]) -> Noise:
    """Measure the noise of slices by the difference of two half-scans, which structure does not enter.

    Parameters
    ----------
    first, second : (row, side, side) float
        Slices of each half.

    Returns
    -------
    Noise
        Of their mean, inside the inscribed circle.

    Raises
    ------
    InputError
        Shapes differ.
    """
    if first.shape != second.shape or first.ndim != 3:
        raise InputError(f"slices of halves must be two stacks of one shape, got {first.shape} and {second.shape}")
    circle = np.broadcast_to(inscribed_circle(first.shape[-1]), first.shape)
    deviation = float((first - second)[circle].std()) / 2
    mean = (first + second) / 2
    regions = material_and_surroundings(mean)
    if regions is None or deviation == 0:
        return Noise(deviation=deviation, signal_to_noise=None, contrast_to_noise=None)
    inside, outside = (float(mean[region].mean()) for region in regions)
    return Noise(
        deviation=deviation, signal_to_noise=inside / deviation, contrast_to_noise=(inside - outside) / deviation
    )


def material_and_surroundings(slices: NDArray[np.floating]) -> tuple[Mask, Mask] | None:
    """Return where slices hold material for sure, and where none for sure; None where nothing is left of either.

    Parameters
    ----------
    slices : (row, side, side) float
        Parted inside the inscribed circle, at the threshold of Otsu.

    References
    ----------
    Otsu, A threshold selection method from gray-level histograms, IEEE Trans. Syst. Man Cybern. 9, 1979.
    """
    circle = np.broadcast_to(inscribed_circle(slices.shape[-1]), slices.shape)
    values = slices[circle]
    if not np.isfinite(values).all() or values.min() == values.max():
        return None
    is_material = slices > threshold_otsu(values)
    inside, outside = _core(is_material & circle), _core(~is_material & circle)
    return (inside, outside) if inside.any() and outside.any() else None


def _core(region: Mask) -> Mask:
    """Return a region without its edge, as much of it as leaves a part that means are taken over."""
    least = CORE_SHARE * region.sum()
    for edge in range(EDGE_PX, 0, -1):
        width = 2 * edge + 1
        core: Any = ndimage.binary_erosion(region, np.ones((1, width, width), bool))
        if core.sum() >= least:
            return core
    return region


def inscribed_circle(side: int) -> Mask:
    """Return which pixels of a square slice lie in every view of a full detector.

    >>> int(inscribed_circle(4).sum())
    12
    """
    places = np.arange(side) - (side - 1) / 2
    return np.hypot(places[:, None], places[None, :]) <= side / 2


def _values(slices: NDArray[np.floating], where: Mask) -> NDArray[np.float64]:
    """Return the values of a region, which must have two at least."""
    if where.shape != slices.shape or where.sum() < 2:
        raise InputError(
            f"a region must have the shape of the slices, {slices.shape}, and 2 pixels or more, got {where.shape} with "
            f"{int(where.sum())}"
        )
    return slices[where].astype(np.float64)
