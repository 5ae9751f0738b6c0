"""Trial slices: one detector row reconstructed with many centres, and how sharp each slice is."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.beam_kernels import GROUP, LANES
from vitsci_viz.reconstruction.centre_signal import faded_edges
from vitsci_viz.reconstruction.filters import FilterName, filter_response, padded_length
from vitsci_viz.reconstruction.geometry import checked_angles, view_weights
from vitsci_viz.reconstruction.parallel_beam import back_project
from vitsci_viz.reconstruction.trial_kernels import histograms_inside, range_inside, sums_inside

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
    radius: float = math.inf,
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
    radius : float
        Pixels further from the axis are left at zero.
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
    as so many slices, and interpolation blurs none more than another. Rows are filtered and moved by one transform.
    """
    views, columns = sinogram.shape
    angles, centres = checked_angles(angles_rad, views), np.asarray(centres_px, np.float64)
    if centres.ndim != 1 or not ((centres >= 0) & (centres <= columns - 1)).all():
        raise InputError(f"centres must be a list of places on the detector, 0 to {columns - 1} px, got {centres_px}")
    width, middle = columns if side is None else side, (columns - 1) // 2
    margin, length, spectrum = _filtered(sinogram, angles, filter_name)
    axis, reach = margin + middle, math.ceil(min(radius, width / math.sqrt(2))) + 1
    seen = slice(max(0, axis - reach), min(columns + 2 * margin, axis + reach + 1))
    found = np.empty((len(centres), width, width), np.float32)
    for first in range(0, len(centres), TOGETHER):
        part = slice(first, first + TOGETHER)
        moved = _moved(spectrum, middle - centres[part], length, seen)
        given: dict[str, Any] = {"centre": float(axis - seen.start), "side": width, "radius": radius}
        slices = back_project(moved, angles, threads=threads, **given)
        found[part] = slices[:, :, : len(centres[part])].transpose(2, 0, 1)
    return found


def _filtered(sinogram: NDArray[np.floating], angles: Floats, filter_name: FilterName) -> tuple[int, int, Any]:
    """Return the margin on either side of rows, the length of their transform, and their filtered spectra."""
    columns = sinogram.shape[1]
    margin = columns // 2
    # Pixels see the middle of the lengthened rows alone, so that what wraps round beyond it does no harm: three
    # detectors are long enough for what fades within two.
    length = padded_length(columns + margin)
    spectrum: Any = fft.rfft(faded_edges(sinogram, margin), length, axis=1)
    spectrum *= filter_response(columns + margin, filter_name) * view_weights(angles)[:, None].astype(np.float32)
    return margin, length, spectrum


def _moved(spectrum: NDArray[np.complexfloating], shifts: Floats, length: int, seen: slice) -> NDArray[np.float32]:
    """Return a part of rows moved along the detector as (angle, column, shift), filled up for `back_project`."""
    views = len(spectrum)
    shape = (-(-views // GROUP) * GROUP, seen.stop - seen.start, -(-len(shifts) // LANES) * LANES)
    out = np.zeros(shape, np.float32)
    places = np.arange(spectrum.shape[1])
    for index, shift in enumerate(shifts):
        phase = np.exp(-2j * math.pi * shift * places / length).astype(np.complex64)
        rows: Any = fft.irfft(spectrum * phase, length, axis=1, overwrite_x=True)
        out[:views, :, index] = rows[:, seen]
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
    sums = sums_inside(slices, (slices.shape[1] - 1) / 2)
    mean, size = np.abs(sums[:, 0]), sums[:, 1]
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
    within = (slices.shape[1] - 1) / 2 if radius is None else radius
    low, high = range_inside(slices, within)
    if not high > low:
        return np.zeros(len(slices))
    # A value counts for the two bins that it lies between, so that the curve over centres is smooth.
    counts = histograms_inside(slices, within, low, high, ENTROPY_BINS)
    part = counts / counts.sum(axis=1, keepdims=True)
    return -(part * np.log2(part, out=np.zeros_like(part), where=part > 0)).sum(axis=1)


def in_circle(side: int, radius: float | None = None) -> NDArray[np.bool_]:
    """Tell which pixels of a square slice lie inside a circle about its middle; default one that touches the sides."""
    places = np.arange(side) - (side - 1) / 2
    return np.hypot(places[:, None], places[None, :]) <= ((side - 1) / 2 if radius is None else radius)
