"""Trial slices: one detector row reconstructed with many centres, and how sharp each slice is."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.centre_signal import faded_edges
from vitsci_viz.reconstruction.filters import FilterName
from vitsci_viz.reconstruction.geometry import checked_angles
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection

Floats = NDArray[np.float64]
ENTROPY_BINS = 256
"""Bins of the histogram of a slice."""
TOGETHER = 32
"""Trials that are computed together."""


def trial_slices(
    sinogram: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    centres_px: NDArray[np.floating],
    *,
    side: int | None = None,
    filter_name: FilterName = "hann",
    threads: int = 1,
) -> NDArray[np.float32]:
    """Reconstruct one slice with many centres.

    Parameters
    ----------
    sinogram : (a, c) float
        Line integrals of one detector row.
    angles_rad : (a,) float
        Of the views.
    centres_px : (k,) float
        Places of the rotation axis to try.
    side : int, optional
        Of the slices; default the detector's pixels.
    filter_name : str
        See `filter_response`; the default lowers noise, which would hide what differs between the slices.
    threads : int
        Never change the answer.

    Returns
    -------
    (k, side, side) float32

    Raises
    ------
    InputError
        Shapes do not fit, or a centre lies off the detector.

    Notes
    -----
    Every trial is a slice of one back-projection about the same place, its rows moved there by a phase: that is as fast
    as so many slices, and interpolation blurs none more than another.
    """
    views, columns = sinogram.shape
    angles, centres = checked_angles(angles_rad, views), np.asarray(centres_px, np.float64)
    if centres.ndim != 1 or not ((centres >= 0) & (centres <= columns - 1)).all():
        raise InputError(f"centres must be a list of places on the detector, 0 to {columns - 1} px, got {centres_px}")
    margin, middle = columns // 2, (columns - 1) // 2
    rows = faded_edges(sinogram, margin)
    spectrum: Any = fft.rfft(rows, axis=1)
    found = np.empty((len(centres), columns if side is None else side, columns if side is None else side), np.float32)
    for first in range(0, len(centres), TOGETHER):
        part = slice(first, first + TOGETHER)
        found[part] = filtered_back_projection(
            _moved(spectrum, middle - centres[part], rows.shape[1]), angles, centre=float(margin + middle),
            side=found.shape[1], filter_name=filter_name, threads=threads,
        )  # fmt: skip
    return found


def _moved(spectrum: NDArray[np.complexfloating], shifts: Floats, columns: int) -> NDArray[np.float32]:
    """Return (angle, shift, column) rows moved along the detector."""
    out = np.empty((len(spectrum), len(shifts), columns), np.float32)
    places = np.arange(spectrum.shape[1])
    for index, shift in enumerate(shifts):
        phase = np.exp(-2j * math.pi * shift * places / columns).astype(np.complex64)
        rows: Any = fft.irfft(spectrum * phase, columns, axis=1)
        out[:, index] = rows
    return out


def absolute_mass(slices: NDArray[np.floating]) -> Floats:
    """Return the mean magnitude over the mean inside the circle of every slice: lowest where the centre is right.

    Parameters
    ----------
    slices : (k, n, n) float
        Trial slices of half a turn.

    Returns
    -------
    (k,) float64
        One where nothing lies below zero.

    Notes
    -----
    The mass of a slice does not depend on its centre, but a wrong one makes values below zero, and as much more above.
    Mass that a very wrong centre carries out of the circle is allowed for by the mean.

    References
    ----------
    Donath et al., Automated determination of the center of rotation in tomography data, J. Opt. Soc. Am. A 23, 2006,
    section 3.
    """
    inside = slices[:, in_circle(slices.shape[1])]
    mean, size = np.abs(inside.mean(axis=1, dtype=np.float64)), np.abs(inside).mean(axis=1, dtype=np.float64)
    return size / np.maximum(mean, 1e-6 * max(float(size.max()), 1e-300))


def entropy(slices: NDArray[np.floating], *, radius: float | None = None) -> Floats:
    """Return the entropy of the histogram inside the circle of every slice, in bits: lowest where the centre is right.

    Parameters
    ----------
    slices : (k, n, n) float
        Trial slices; all share the range of the histogram.
    radius : float, optional
        Of the circle, in pixels; default half a side.

    Returns
    -------
    (k,) float64

    References
    ----------
    Donath et al., 2006, section 3.
    """
    inside = slices[:, in_circle(slices.shape[1], radius)]
    low, high = float(inside.min()), float(inside.max())
    if not high > low:
        return np.zeros(len(slices))
    # A value counts for the two bins that it lies between, so that the curve over centres is smooth.
    place = (inside - low) * ((ENTROPY_BINS - 1) / (high - low))
    index = np.minimum(place.astype(np.int64), ENTROPY_BINS - 2)
    return np.array([_bits(row, share) for row, share in zip(index, place - index, strict=True)])


def _bits(index: NDArray[np.int64], share: NDArray[np.floating]) -> float:
    counts = np.bincount(index, 1 - share, ENTROPY_BINS) + np.bincount(index + 1, share, ENTROPY_BINS)
    part = counts[counts > 0] / counts.sum()
    return float(-(part * np.log2(part)).sum())


def in_circle(side: int, radius: float | None = None) -> NDArray[np.bool_]:
    """Tell which pixels of a square slice lie inside a circle about its middle; default one that touches the sides."""
    places = np.arange(side) - (side - 1) / 2
    return np.hypot(places[:, None], places[None, :]) <= ((side - 1) / 2 if radius is None else radius)
