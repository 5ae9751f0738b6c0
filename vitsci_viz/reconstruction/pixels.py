"""Pixels and samples that are wrong: dead, stuck, saturated, not finite, struck by a stray photon."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage  # pyright: ignore[reportMissingTypeStubs]

from vitsci_viz.reconstruction.pixel_kernels import fill_gaps, mark_outliers

Floats32 = NDArray[np.float32]
Mask = NDArray[np.bool_]
MEASURED = 100
"""About so many views tell the noise."""
AROUND = 31
"""Columns of the running median that a pixel's flat is compared with."""
STUCK_SHARE = 0.1
"""A pixel that varies by less than this share of its neighbours on both sides does not follow the beam."""
LEAST_VARIATION = 1e-3
"""Standard deviation of the transmission below which neighbours say nothing about a stuck pixel."""
LEAST_VIEWS = 8
"""Views from which the variation of a pixel is worth looking at."""
LEVEL = 0.02
"""Added to the transmission before the square root, which makes photon noise even, so that darkness stays quiet."""
BRIGHTEST = 1.5
"""Transmission that no sample has; fringes of phase contrast stay below."""
ROUNDS = 3
"""How often outliers are looked for at most."""
LEAST_STEP = 0.1
"""Outliers differ by at least this much in the square root of the transmission, however little noise there is."""


def saturation_level(dtype: np.dtype[Any], saturation: float | str = "auto") -> float:
    """Return the counts from which a sample is saturated; infinite where the type has no largest value.

    >>> saturation_level(np.dtype(np.uint16)), saturation_level(np.dtype(np.float32))
    (65535.0, inf)
    """
    if saturation != "auto":
        return float(saturation)
    return float(np.iinfo(dtype).max) if np.issubdtype(dtype, np.integer) else math.inf


def dead_pixels(beam: Floats32, share: float) -> Mask:
    """Tell which pixels of a row see less of the beam than those around them.

    Parameters
    ----------
    beam : (series, column) float32
        Flats above the dark.
    share : float
        Of the running median along the row, below which a pixel is dead; one without light always is.

    Returns
    -------
    (column,) bool
        Dead in any series.
    """
    level = np.nan_to_num(beam, nan=0.0, posinf=0.0, neginf=0.0)
    around = ndimage.median_filter(level, size=(1, AROUND), mode="reflect")
    return (~np.isfinite(beam) | (level <= np.maximum(share * around, 0))).any(axis=0)


def stuck_pixels(transmitted: Floats32) -> Mask:
    """Tell which pixels of a row hardly change over the views although those on both sides do.

    Parameters
    ----------
    transmitted : (angle, column) float32
        Transmission.

    Returns
    -------
    (column,) bool
    """
    views, columns = transmitted.shape
    if views < LEAST_VIEWS or columns < 7:
        return np.zeros(columns, bool)
    variation = transmitted.std(axis=0, dtype=np.float64)
    beside = np.lib.stride_tricks.sliding_window_view(variation, 3)
    medians = np.median(beside, axis=1)
    least = np.zeros(columns)
    least[3:-3] = np.minimum(medians[: columns - 6], medians[4:])
    return (variation < STUCK_SHARE * least) & (least > LEAST_VARIATION)


def noise_level(values: NDArray[np.floating]) -> float:
    """Return the standard deviation of the noise along the last axis.

    Notes
    -----
    From the median of absolute second differences, which for even noise of deviation s are 0.6745 sqrt(6) s: smooth
    signals hardly reach them, and few outliers do not move the median.
    """
    some = values[:: max(1, len(values) // MEASURED)]
    bends = some[:, 2:] - 2 * some[:, 1:-1] + some[:, :-2]
    return float(np.median(np.abs(bends)) / (0.6745 * math.sqrt(6)))


def motion_px(angles_rad: NDArray[np.floating], columns: int) -> int:
    """Return how many columns a sample as wide as the detector may move from one view to the next.

    Where the axis lies at one side of the detector, the sample reaches a whole width away from it. Views in any other
    order than that of their angles move by as much as they like.

    >>> motion_px(np.deg2rad(np.arange(180)), 640)
    12
    """
    if len(angles_rad) < 2:
        return columns
    return min(columns, math.ceil(float(np.median(np.abs(np.diff(angles_rad)))) * columns))


def fill_outliers(transmitted: Floats32, deviations: float, reach: int) -> int:
    """Fill samples that are brighter than all around them, along the view and in the views before and after.

    Parameters
    ----------
    transmitted : (angle, column) float32
        Transmission, finite; filled in place.
    deviations : float
        Standard deviations of the noise beyond which a sample is an outlier; 0 finds none.
    reach : int
        Columns that the sample may move from one view to the next, see `motion_px`.

    Returns
    -------
    int
        Samples that were filled.

    Notes
    -----
    Compared are square roots, in which photon noise is the same everywhere. A crack or a thin wire of the sample goes
    on in the next view, however far the sample moves by then; a stray photon does not. Dark samples are left: the rim
    of a shell that lies along the beam can be one column wide in one view alone. Where hits are near each other, the
    brightest is found first and the others once it is filled; what is far brighter than the beam needs no views beside.
    """
    if deviations == 0 or min(transmitted.shape) < 3:
        return 0
    total, ceiling = 0, math.sqrt(BRIGHTEST + LEVEL)
    for _ in range(ROUNDS):
        roots, marks = np.sqrt(np.maximum(transmitted, 0) + np.float32(LEVEL)), np.zeros(transmitted.shape, bool)
        limit = max(deviations * noise_level(roots), LEAST_STEP)
        found = int(mark_outliers(roots, limit, ceiling, reach, marks))
        if not found:
            break
        fill_gaps(transmitted, marks)
        total += found
    return total
