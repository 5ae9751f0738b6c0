"""One slice, made again for every place of the axis: what does not depend on it is computed once."""

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitsci_viz.errors import InputError, MissingExtraError, OptionError
from vitsci_viz.extras import missing_extra
from vitsci_viz.reconstruction.filters import FilterName, filter_response, padded_length
from vitsci_viz.reconstruction.geometry import checked_angles, view_weights

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Complex64 = NDArray[np.complex64]
TOLERANCE = 1e-3
"""Relative error asked of the transform: a tenth of what linear interpolation does to a slice."""
OVERSAMPLING = 1.25
"""Of the grid inside the transform."""
REACH_STEP = 0.125
"""Views are padded in steps of this share of the detector, so that a small move of the axis changes no table."""


class AxisTuner:
    """Makes one slice for any place of the rotation axis.

    Parameters
    ----------
    sinogram : (a, c) float
        Line integrals of one detector row.
    angles_rad : (a,) float
        Of the views, in any order and distance.
    side : int
        Of the square slice in detector pixels.
    pixels : int, optional
        Pixels along a side of the result; fewer than `side` are larger, and need fewer waves. Default `side`.
    every : int
        Take each so many-th view alone.
    filter_name : str
        See `filter_response`.
    threads : int
        They change the answer by rounding in single precision at most.

    Raises
    ------
    InputError
        There is not one finite angle for every view.
    OptionError
        More pixels are asked for than there are.
    MissingExtraError
        FINUFFT is not installed.

    Notes
    -----
    The Fourier method of `fourier_reconstruction`, arranged for one slice: a move of the axis by d multiplies wave k of
    every view by exp(2 pi i k d / n) and leaves the points of the non-uniform FFT where they are, so that its sorting,
    the spectra, the filter and the weights are kept. A slice is real, so that the waves above zero, twice, stand for
    those below.

    Safe to use from several threads, one slice at a time.
    """

    def __init__(
        self,
        sinogram: NDArray[np.floating],
        angles_rad: NDArray[np.floating],
        *,
        side: int,
        pixels: int | None = None,
        every: int = 1,
        filter_name: FilterName = "ram-lak",
        threads: int = 1,
    ) -> None:
        if sinogram.ndim != 2 or sinogram.shape[1] < 2:
            raise InputError(f"a sinogram must be (angle, column) with 2 columns or more, got {sinogram.shape}")
        if pixels is not None and not 1 <= pixels <= side:
            raise OptionError(f"a slice of {side} px a side is shown on 1 to {side} pixels, got {pixels}")
        angles = checked_angles(angles_rad, len(sinogram))
        order = np.argsort(angles, kind="stable")[:: max(1, every)]
        self._lines = np.ascontiguousarray(sinogram[order], np.float32)
        self._angles, self.side, self.pixels = angles[order], side, side if pixels is None else pixels
        self._filter: FilterName = filter_name
        self._threads = threads
        self._lock = threading.Lock()
        self._table: _Table | None = None

    @property
    def step(self) -> float:
        """Detector pixels that a pixel of the result is wide."""
        return self.side / self.pixels

    def slice(self, centre_px: float) -> Floats32:
        """Return the slice for an axis that falls at a place of the detector.

        Parameters
        ----------
        centre_px : float
            In detector pixels whose centres are at integers.

        Returns
        -------
        (pixels, pixels) float32
            Attenuation in one over detector pixels.

        Raises
        ------
        InputError
            The place is not on the detector.
        """
        columns = self._lines.shape[1]
        if not 0 <= centre_px <= columns - 1:
            raise InputError(f"the centre must lie on the detector, 0 to {columns - 1} px, got {centre_px:g}")
        with self._lock:
            reach = self._reach(centre_px)
            if self._table is None or self._table.reach != reach:
                self._table = self._made(reach)
            table = self._table
            turns = np.exp((2j * math.pi / table.length * centre_px) * table.waves).astype(np.complex64)
            found: Any = table.plan.execute((table.spectra * turns).ravel())
        return np.ascontiguousarray(found.real)

    def _reach(self, centre: float) -> int:
        """Return the detector's pixels and those beside it on which corners of the slice fall, rounded up."""
        columns = self._lines.shape[1]
        beyond = max(0.0, self.side / math.sqrt(2) - min(centre, columns - 1 - centre))
        unit = max(1, round(REACH_STEP * columns))
        return columns + math.ceil(beyond / unit) * unit

    def _made(self, reach: int) -> "_Table":
        length = padded_length(reach)
        count = min(length // 2, math.floor(length / (2 * self.step)))
        waves = np.arange(count + 1)
        amplitude = filter_response(reach, self._filter)[waves] * np.sinc(waves / length) ** 2 / length
        amplitude *= np.sinc(waves * (self.step / length)) if self.pixels < self.side else 1.0
        amplitude[1:] *= 2
        if length % 2 == 0 and count == length // 2:
            amplitude[-1] /= 2  # the highest wave of an even length has no partner
        spectra: Any = fft.rfft(self._lines, n=length, axis=1, workers=self._threads)
        shift = self.step * (self.pixels // 2 - (self.pixels - 1) / 2) * (np.cos(self._angles) + np.sin(self._angles))
        turns = np.exp((2j * np.pi / length) * waves[None, :] * shift[:, None])
        weights = view_weights(self._angles)[:, None]
        return _Table(
            reach=reach, length=length, waves=waves, plan=self._plan(waves, length),
            spectra=(spectra[:, : count + 1] * turns * amplitude * weights).astype(np.complex64),
        )  # fmt: skip

    def _plan(self, waves: NDArray[np.int64], length: int) -> Any:
        try:
            import finufft
        except ImportError as error:
            raise missing_extra(error) or MissingExtraError("needs finufft") from error
        step = 2 * np.pi / length * self.step * waves[None, :]
        places = [(step * turn(self._angles)[:, None]).astype(np.float32).ravel() for turn in (np.sin, np.cos)]
        settings = {"upsampfac": OVERSAMPLING, "nthreads": self._threads, "showwarn": 0}
        shape = (self.pixels, self.pixels)
        plan = finufft.Plan(1, shape, eps=TOLERANCE, isign=1, dtype="complex64", **settings)
        plan.setpts(*places)
        return plan


class _Table:
    """What is kept for all places of the axis with one reach."""

    def __init__(self, *, reach: int, length: int, waves: NDArray[np.int64], plan: Any, spectra: Complex64) -> None:
        self.reach, self.length, self.waves, self.plan, self.spectra = reach, length, waves, plan, spectra
