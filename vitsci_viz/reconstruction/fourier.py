"""Direct Fourier reconstruction of parallel-beam scans: the spectra of the views put in place by a non-uniform FFT."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitsci_viz.errors import MissingExtraError
from vitsci_viz.extras import missing_extra
from vitsci_viz.reconstruction.filters import FilterName, filter_response, padded_length
from vitsci_viz.reconstruction.geometry import checked_scan, view_weights

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]
TOLERANCE = 1e-4
"""Relative error asked of the transform, far below that of any reconstruction."""
OVERSAMPLING = 1.25
"""Of the grid inside the transform: a wider kernel on a smaller grid, half again as fast as 2 at this tolerance."""


def fourier_reconstruction(
    sinograms: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    centre: float | None = None,
    side: int | None = None,
    filter_name: FilterName = "ram-lak",
    radius: float = math.inf,
    threads: int = 1,
) -> Floats32:
    """Reconstruct slices from line integrals in O(n^2 log n) operations a slice.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals of the attenuation; every detector row gives a slice.
    angles_rad : (angle,) float
        Over half a turn or more, in any order and distance.
    centre : float, optional
        Where the rotation axis falls, in detector pixels whose centres are at integers; default the middle.
    side : int, optional
        Of the square slices; default the detector's pixels.
    filter_name : str
        See `filter_response`.
    radius : float
        Pixels further from the axis are set to zero.
    threads : int
        They change the answer by rounding in single precision at most.

    Returns
    -------
    (row, side, side) float32
        Attenuation in one over pixels, in the coordinates of `filtered_back_projection`. Where a line through a pixel
        misses the detector the attenuation along it counts as zero.

    Raises
    ------
    InputError
        Shapes do not fit, or the centre lies off the detector.
    MissingExtraError
        FINUFFT is not installed.

    Notes
    -----
    A filtered view is a sum of waves, q(t) = sum_k Q(k) exp(2 pi i k t / n) / n, and a slice the sum of q(x cos +
    y sin + centre) over views: a sum of plane waves on a polar grid, which the non-uniform FFT of type 1 takes to the
    grid of pixels. Q is multiplied by the square of sinc(k / n), which is what linear interpolation does to a view, so
    that the slice is that of filtered back-projection but for what linear interpolation lets alias.

    References
    ----------
    Barnett, Magland and af Klinteberg, A parallel nonuniform fast Fourier transform library based on an exponential of
    semicircle kernel, SIAM J. Sci. Comput. 41, 2019. Natterer, The Mathematics of Computerized Tomography, 1986,
    section V.2.
    """
    angles, middle = checked_scan(sinograms, angles_rad, centre)
    _, rows, columns = sinograms.shape
    width = columns if side is None else side
    reach = _reach(columns, middle, width)
    length = padded_length(reach)
    waves = np.arange(-(length // 2), length // 2 + 1)
    factors = _factors(waves, length, filter_response(reach, filter_name), angles, middle, width)
    plan = _plan(waves, length, angles, width, threads)
    slices = np.empty((rows, width, width), np.float32)
    for first in range(0, rows, 2):
        found = plan.execute(_spectra(sinograms[:, first : first + 2], waves, length, factors, threads))
        slices[first] = found.real
        if first + 1 < rows:
            slices[first + 1] = found.imag
    places = np.arange(width) - (width - 1) / 2
    slices[:, np.hypot(places[:, None], places[None, :]) > radius] = 0
    return slices


def _reach(columns: int, centre: float, side: int) -> int:
    """Return the detector's pixels and those beside it on which corners of the slice fall, on its longer side."""
    corner = side / math.sqrt(2)
    return columns + max(0, math.ceil(corner - min(centre, columns - 1 - centre)))


def _factors(
    waves: NDArray[np.int64], length: int, response: Floats32, angles: Floats, centre: float, side: int
) -> Complex64:
    """Return what the spectrum of every view is multiplied by: filter, weight of the view, and place of the axis."""
    amplitude = response[np.abs(waves)] * np.sinc(waves / length) ** 2 / length
    if length % 2 == 0:
        # The highest wave of an even length is there from both ends: half of it on either keeps the slice real.
        amplitude[[0, -1]] /= 2
    # The transform counts pixels from side // 2, which is half a pixel beside the middle where the side is even.
    shift = centre + (side // 2 - (side - 1) / 2) * (np.cos(angles) + np.sin(angles))
    turns = np.exp((2j * np.pi / length) * waves[None, :] * shift[:, None])
    return (turns * amplitude * view_weights(angles)[:, None]).astype(np.complex64)


def _plan(waves: NDArray[np.int64], length: int, angles: Floats, side: int, threads: int) -> Any:
    """Return the transform from the polar grid of waves to pixels."""
    try:
        import finufft
    except ImportError as error:
        raise missing_extra(error) or MissingExtraError("needs finufft") from error
    step = 2 * np.pi / length * waves[None, :]
    places = [(step * turn(angles)[:, None]).astype(np.float32).ravel() for turn in (np.sin, np.cos)]
    settings = {"upsampfac": OVERSAMPLING, "nthreads": threads, "showwarn": 0}
    plan = finufft.Plan(1, (side, side), eps=TOLERANCE, isign=1, dtype="complex64", **settings)
    plan.setpts(*places)
    return plan


def _spectra(
    pair: NDArray[np.floating], waves: NDArray[np.int64], length: int, factors: Complex64, threads: int
) -> Complex64:
    """Return the spectra of two rows at once: slices are real, so the second travels as the imaginary part."""
    lines = pair[:, 0].astype(np.complex64)
    if pair.shape[1] == 2:
        lines += np.complex64(1j) * pair[:, 1]
    spectrum: Any = fft.fft(lines, n=length, axis=1, overwrite_x=True, workers=threads)
    return (spectrum[:, waves % length] * factors).ravel()
