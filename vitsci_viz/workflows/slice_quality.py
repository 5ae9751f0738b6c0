"""How good slices are: resolution and noise of two interleaved half-scans, rings and streaks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.quality_artefacts import ring_strength, streak_strength
from vitsci_viz.reconstruction.quality_noise import noise_of_halves
from vitsci_viz.reconstruction.quality_resolution import (
    half_bit_threshold,
    highest_frequency,
    interleaved_halves,
    shell_correlation,
)
from vitsci_viz.workflows.reconstructing import SliceEngine

LEAST_SIDE = 16
"""Smaller slices have too few rings to be judged."""
LEAST_VIEWS = 8


def slice_quality(engine: SliceEngine, lines: NDArray[np.float32]) -> dict[str, Any]:
    """Judge the slices of some line integrals.

    Parameters
    ----------
    engine : SliceEngine
        How they are made.
    lines : (angle, row, column) float32
        Corrected and binned, as `SliceEngine.lines` gives them.

    Returns
    -------
    dict
        ``resolution_px`` (half a period, at the half-bit threshold; None where the correlation never falls below it,
        that is, the pixels are the limit) and ``resolution_um``, ``noise``, ``snr``, ``cnr``, ``ring_score``,
        ``streak_score``; empty for scans too small to be judged.
    """
    if engine.side < LEAST_SIDE or len(lines) < LEAST_VIEWS:
        return {}
    angles = engine.scan.geometry.angles_rad
    first, second = (
        engine.from_lines(np.ascontiguousarray(lines[half]), angles[half]) for half in interleaved_halves(angles)
    )
    curve = shell_correlation(first, second, ndim=2)
    frequency = highest_frequency(curve, half_bit_threshold(curve.coefficients))
    resolution = None if frequency is None else 1 / (2 * frequency)
    noise, whole = noise_of_halves(first, second), (first + second) / 2
    pixel = engine.pixel_mm
    return {
        "resolution_px": resolution,
        "resolution_um": None if resolution is None or pixel is None else 1e3 * pixel * resolution,
        "noise": noise.deviation,
        "snr": noise.signal_to_noise,
        "cnr": noise.contrast_to_noise,
        "ring_score": ring_strength(whole, start_rad=float(angles[0])).score,
        "streak_score": streak_strength(whole),
    }
