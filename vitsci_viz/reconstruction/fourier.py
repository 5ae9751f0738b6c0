"""Direct Fourier reconstruction of parallel-beam scans: the spectra of the views put in place by a non-uniform FFT."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
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
BLOCK_BYTES = 16 * 2**20
"""Views are worked on in blocks of about this size in double precision."""
WAVE_BYTES = 32
"""For every wave of every view: its factor, its strength, its place on two axes, and its turn among all; measured."""


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
    centre, side, filter_name, radius
        As in `filtered_back_projection`.
    threads : int
        They change the answer by rounding in single precision at most.

    Returns
    -------
    (row, side, side) float32
        The slices of `filtered_back_projection`, but for what linear interpolation does to them. Where a line through a
        pixel misses the detector the attenuation along it counts as zero.

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
    rows, columns = sinograms.shape[1:]
    width = columns if side is None else side
    waves = _waves(columns, angles, middle, width, filter_name)
    plan = _plan(waves, angles, width, threads)
    slices = np.empty((rows, width, width), np.float32)
    for first in range(0, rows, 2):
        found = plan.execute(_spectra(sinograms[:, first : first + 2], waves, threads))
        slices[first] = found.real
        if first + 1 < rows:
            slices[first + 1] = found.imag
    places = np.arange(width) - (width - 1) / 2
    slices[:, np.hypot(places[:, None], places[None, :]) > radius] = 0
    return slices


def transform_bytes(views: int, columns: int, side: int, *, centre: float | None = None) -> int:
    """Return the memory that the method takes beside line integrals and slices, whatever their number.

    Parameters
    ----------
    views, columns, side, centre
        Of what is given to `fourier_reconstruction`.

    Examples
    --------
    >>> f"{transform_bytes(1500, 2048, 2048) / 2**20:.0f} MiB"
    '343 MiB'
    """
    waves = views * (padded_length(_reach(columns, (columns - 1) / 2 if centre is None else centre, side)) + 1)
    return waves * WAVE_BYTES + round((OVERSAMPLING * side) ** 2) * 8 + 4 * BLOCK_BYTES


@dataclass(frozen=True, eq=False, kw_only=True)
class _Waves:
    """The waves that views are made of.

    Parameters
    ----------
    numbers : (w,) int64
        Of periods in the padded length, from the lowest negative one to the highest.
    length : int
        Of padded rows.
    factors : (a, w) complex64
        What the spectrum of every view is multiplied by: filter, weight of the view, and place of the axis.
    """

    numbers: NDArray[np.int64]
    length: int
    factors: Complex64

    def blocks(self) -> Iterator[slice]:
        """Yield views that are worked on together."""
        step = max(1, BLOCK_BYTES // (16 * self.length))
        for first in range(0, len(self.factors), step):
            yield slice(first, first + step)


def _waves(columns: int, angles: Floats, centre: float, side: int, filter_name: FilterName) -> _Waves:
    reach = _reach(columns, centre, side)
    length = padded_length(reach)
    numbers = np.arange(-(length // 2), length // 2 + 1)
    amplitude = filter_response(reach, filter_name)[np.abs(numbers)] * np.sinc(numbers / length) ** 2 / length
    if length % 2 == 0:
        # The highest wave of an even length is there from both ends: half of it on either keeps the slice real.
        amplitude[[0, -1]] /= 2
    # The transform counts pixels from side // 2, which is half a pixel beside the middle where the side is even.
    shift = centre + (side // 2 - (side - 1) / 2) * (np.cos(angles) + np.sin(angles))
    waves = _Waves(numbers=numbers, length=length, factors=np.empty((len(angles), len(numbers)), np.complex64))
    weights = view_weights(angles)
    for part in waves.blocks():
        turns = np.exp((2j * np.pi / length) * numbers[None, :] * shift[part, None])
        waves.factors[part] = turns * amplitude * weights[part, None]
    return waves


def _reach(columns: int, centre: float, side: int) -> int:
    """Return the detector's pixels and those beside it on which corners of the slice fall, on its longer side."""
    corner = side / math.sqrt(2)
    return columns + max(0, math.ceil(corner - min(centre, columns - 1 - centre)))


def _plan(waves: _Waves, angles: Floats, side: int, threads: int) -> Any:
    """Return the transform from the polar grid of waves to pixels."""
    try:
        import finufft
    except ImportError as error:
        raise missing_extra(error) or MissingExtraError("needs finufft") from error
    places = np.empty((2, *waves.factors.shape), np.float32)
    step = 2 * np.pi / waves.length * waves.numbers
    for axis, turns in enumerate((np.sin(angles), np.cos(angles))):
        # In double precision, but not as a whole.
        np.multiply(step, turns[:, None], out=places[axis : axis + 1], casting="same_kind")
    settings = {"upsampfac": OVERSAMPLING, "nthreads": threads, "showwarn": 0}
    plan = finufft.Plan(1, (side, side), eps=TOLERANCE, isign=1, dtype="complex64", **settings)
    plan.setpts(*(out.ravel() for out in places))
    return plan


def _spectra(pair: NDArray[np.floating], waves: _Waves, threads: int) -> Complex64:
    """Return the spectra of two rows at once: slices are real, so the second travels as the imaginary part."""
    out = np.empty(waves.factors.shape, np.complex64)
    for part in waves.blocks():
        lines = pair[part, 0].astype(np.complex64)
        if pair.shape[1] == 2:
            lines += np.complex64(1j) * pair[part, 1]
        spectrum: Any = fft.fft(lines, n=waves.length, axis=1, overwrite_x=True, workers=threads)
        np.multiply(spectrum[:, waves.numbers % waves.length], waves.factors[part], out=out[part])
    return out.ravel()
