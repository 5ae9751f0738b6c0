"""How good a reconstruction is: resolution, noise, rings and streaks, from two interleaved half-scans."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.geometry import checked_angles, typical_gap
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.quality_artefacts import Rings, ring_strength, streak_strength
from vitsci_viz.reconstruction.quality_noise import Noise, noise_of_halves
from vitsci_viz.reconstruction.quality_resolution import (
    SEVENTH,
    ShellCorrelation,
    half_bit_threshold,
    highest_frequency,
    interleaved_halves,
    shell_correlation,
)

LEAST_VIEWS = 4
"""Two half-scans of two views."""
SMALLEST_PX = 2.0
"""Nothing finer than two pixels can be told."""


Reconstruct = Callable[[NDArray[Any], NDArray[np.float64]], NDArray[np.float32]]
"""What makes slices (row, side, side), the axis in their middle, of line integrals (angle, row, column) and angles."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Quality:
    """What can be told of a reconstruction without knowing the object.

    Parameters
    ----------
    resolution_px : float
        Smallest period, line and gap, at which the half-scans agree by half a bit; 2 where they agree down to the
        pixel, and about the side of the slice where they agree in nothing.
    resolution_seventh_px : float
        The same at a correlation of 1/7.
    is_pixel_limited : bool
        Half-scans agree by half a bit at every frequency that pixels can hold.
    half_scan_period_px : float
        Smallest period that the views of a half are close enough for at the rim of the slice.
    correlation : ShellCorrelation
        Of the half-scans.
    noise : Noise
        And signal and contrast relative to it.
    rings : Rings
        Of the mean of the half-scans.
    streaks : float
        See `streak_strength`.
    pixel_mm : float, optional
        Side of a pixel.
    """

    resolution_px: float
    resolution_seventh_px: float
    is_pixel_limited: bool
    half_scan_period_px: float
    correlation: ShellCorrelation
    noise: Noise
    rings: Rings
    streaks: float
    pixel_mm: float | None = None

    @property
    def resolution_mm(self) -> float | None:
        """Resolution by half a bit in mm, or None where the size of a pixel is unknown."""
        return None if self.pixel_mm is None else self.resolution_px * self.pixel_mm

    @property
    def is_view_limited(self) -> bool:
        """Whether half-scans may disagree for want of views, so that the whole may resolve more than is told."""
        return self.resolution_px < self.half_scan_period_px and not self.is_pixel_limited

    def results(self) -> Mapping[str, Any]:
        """Return the numbers by name, with the curve, as plain values for a report."""
        curve = self.correlation
        return {
            "resolution_px": self.resolution_px,
            "resolution_mm": self.resolution_mm,
            "resolution_seventh_px": self.resolution_seventh_px,
            "is_pixel_limited": self.is_pixel_limited,
            "is_view_limited": self.is_view_limited,
            "half_scan_period_px": self.half_scan_period_px,
            "noise_deviation": self.noise.deviation,
            "signal_to_noise": self.noise.signal_to_noise,
            "contrast_to_noise": self.noise.contrast_to_noise,
            "ring_level": self.rings.level,
            "ring_score": self.rings.score,
            "streak_score": self.streaks,
            "ring_correlation": {
                "frequency_per_px": curve.frequencies.tolist(),
                "correlation": curve.correlations.tolist(),
                "half_bit": half_bit_threshold(curve.coefficients).tolist(),
            },
        }


def assess(
    sinograms: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    centre: float | None = None,
    pixel_mm: float | None = None,
    reconstruct: Reconstruct | None = None,
) -> Quality:
    """Reconstruct every other view twice and compare the two.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals of the rows to judge by; a few from all over the object are enough.
    angles_rad : (angle,) float
        Of the views, at least 4.
    centre : float, optional
        Where the rotation axis falls, in detector pixels; default the middle. Not used by another `reconstruct`.
    pixel_mm : float, optional
        Side of a pixel; noise and rings are in one over pixels all the same.
    reconstruct : callable, optional
        What slices are made with, the centre given; default filtered back-projection.

    Returns
    -------
    Quality

    Raises
    ------
    InputError
        Too few views or columns for two half-scans, or slices that are not finite.

    Notes
    -----
    A half-scan has half the views, so what too few views do to it counts as noise: the resolution told is rather too
    coarse where `Quality.is_view_limited`. What both halves share, such as rings, counts as structure: remove rings
    first.
    """
    if sinograms.ndim != 3 or len(sinograms) < LEAST_VIEWS:
        raise InputError(
            f"two half-scans need sinograms (angle, row, column) of {LEAST_VIEWS} views or more, got {sinograms.shape}"
        )
    angles = checked_angles(angles_rad, len(sinograms))
    make, halves = reconstruct or partial(filtered_back_projection, centre=centre), interleaved_halves(angles)
    first, second = (make(sinograms[half], angles[half]) for half in halves)
    curve, mean = shell_correlation(first, second, ndim=2), (first + second) / 2
    half_bit = highest_frequency(curve, half_bit_threshold(curve.coefficients))
    seventh = highest_frequency(curve, SEVENTH)
    return Quality(
        resolution_px=SMALLEST_PX if half_bit is None else 1 / half_bit,
        resolution_seventh_px=SMALLEST_PX if seventh is None else 1 / seventh,
        is_pixel_limited=half_bit is None,
        half_scan_period_px=_finest_period(angles[halves[0]], mean.shape[-1]),
        correlation=curve,
        noise=noise_of_halves(first, second),
        rings=ring_strength(mean, start_rad=float(angles.min())),
        streaks=streak_strength(mean),
        pixel_mm=pixel_mm,
    )


def _finest_period(angles_rad: NDArray[np.float64], side: int) -> float:
    """Return twice the way that the rim of a slice turns from one view to the next, at least two pixels."""
    directions = np.sort(np.mod(angles_rad, np.pi))
    return max(SMALLEST_PX, side * typical_gap(np.diff(directions, append=directions[0] + np.pi)))
