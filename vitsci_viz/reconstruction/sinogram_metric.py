"""The centre of half a turn from the Fourier transform of its sinogram: what lies where no object can be."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.centre_signal import faded_edges

Floats = NDArray[np.float64]
WINDOW_SHARE = 0.125
"""Part of what both half turns see over which either end of it fades to zero."""
OBJECT_SHARE = 0.5
"""Size of the object that is surely there, as a share of the detector; a larger one only lowers the contrast."""
LEAST_VIEWS = 8
"""Fewer views have no low frequencies to compare."""
LARGEST_DROP, LARGEST_FREQUENCY = 20, 112
"""At most so many of the lowest frequencies along the angle are left out, where stripes lie, and none above is used,
where there is more noise than jump."""


def half_turn(angles_rad: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return the views of the first half turn, in order of their angles and without a view at its end.

    Examples
    --------
    >>> half_turn(np.deg2rad([0, 90, 45, 135, 180, 225])).tolist()
    [0, 2, 1, 3]
    """
    angles = np.asarray(angles_rad, np.float64)
    order = np.argsort(angles, kind="stable")
    turned = angles[order] - angles[order[0]]
    step = float(np.median(np.diff(turned))) if len(turned) > 1 else 0.0
    return order[turned < math.pi - step / 2].astype(np.int64)


def sinogram_metric(sinogram: NDArray[np.floating], centres_px: NDArray[np.floating]) -> Floats:
    """Measure how badly half a turn and its mirror image about each centre make a whole turn.

    Parameters
    ----------
    sinogram : (a, c) float
        Line integrals over half a turn without its end, evenly spaced.
    centres_px : (k,) float
        Places on the detector to try.

    Returns
    -------
    (k,) float64
        Lowest at the centre of rotation; a share of the energy of the whole spectrum.

    Raises
    ------
    InputError
        A centre lies off the detector, or there are too few views.

    Notes
    -----
    The transform of a whole turn of an object within radius R of the axis is nearly zero where the frequency k along
    the angle exceeds 2 pi R times the one along the detector. A wrong centre makes a jump between the half turns, whose
    energy spills there. Both halves are cut by one window about the centre, so that neither an object wider than the
    detector nor the end of the data makes a jump of its own; rows are moved by a phase, so that no part of a pixel has
    less noise than another. The spectrum of a jump falls with k while that of noise does not, so that energies of low
    frequencies are summed, not amplitudes of all.

    References
    ----------
    Vo et al., Reliable method for calculating the center of rotation in parallel-beam tomography, Opt. Express 22,
    2014, section 3.
    """
    views, columns = sinogram.shape
    centres = np.asarray(centres_px, np.float64)
    if not ((centres >= 0) & (centres <= columns - 1)).all():
        raise InputError(
            f"centres must lie on the detector, 0 to {columns - 1} px, got {centres.min():g} to {centres.max():g}"
        )
    if views < LEAST_VIEWS:
        raise InputError(
            f"the metric of a sinogram needs {LEAST_VIEWS} views or more, got {views}: use registration or trials"
        )
    margin = -(-columns // 2)
    mirrored: Any = fft.rfft(faded_edges(sinogram, margin)[:, ::-1], axis=1)
    width: Any = fft.next_fast_len(columns, real=True)
    outside = _outside_wedge(2 * views, width, OBJECT_SHARE * columns / 2)
    turn = np.zeros((2 * views, width), np.float32)
    curve = np.empty(len(centres))
    for index, centre in enumerate(centres):
        window = _window(columns, centre)
        turn[:views, :columns] = sinogram * window
        moved = _moved(mirrored, 2 * centre - (columns - 1), columns + 2 * margin)
        turn[views:, :columns] = moved[:, margin : margin + columns] * window
        curve[index] = _share_outside(turn, outside)
    return curve


def _share_outside(turn: NDArray[np.float32], outside: NDArray[np.bool_]) -> float:
    """Return the share of a whole turn's energy that some low frequencies along the detector hold.

    Energy of all frequencies along the angle is that of the angles (Parseval), so that only columns of the spectrum
    that hold some of these frequencies are transformed.
    """
    rows: Any = fft.rfft(turn, axis=1)
    total = len(turn) * float((rows.real**2 + rows.imag**2).sum(dtype=np.float64))
    low: Any = fft.fft(rows[:, : outside.shape[1]], axis=0)
    energy = low.real**2 + low.imag**2
    return float(energy[outside].sum(dtype=np.float64)) / max(total, 1e-300)


def _window(columns: int, centre: float) -> NDArray[np.float32]:
    """Return one about a centre, falling to zero where the nearer edge of the detector and its mirror image are."""
    half = min(centre, columns - 1 - centre) + 0.5
    inside = (half - np.abs(np.arange(columns) - centre)) / max(1.0, WINDOW_SHARE * 2 * half)
    return (np.sin(np.clip(inside, 0, 1) * math.pi / 2) ** 2).astype(np.float32)


def _moved(spectrum: NDArray[np.complexfloating], shift: float, width: int) -> NDArray[np.float32]:
    """Return rows moved along the detector."""
    phase = np.exp(-2j * math.pi * shift * np.arange(spectrum.shape[1]) / width).astype(np.complex64)
    rows: Any = fft.irfft(spectrum * phase, width, axis=1)
    return rows


def _outside_wedge(turns: int, width: int, radius: float) -> NDArray[np.bool_]:
    """Tell which frequencies (angle, detector) that tell a jump from noise no object within a radius reaches.

    Frequencies along the detector above the highest of them are left out.
    """
    views = turns // 2
    lowest = min(LARGEST_DROP, views // 8)
    highest = max(lowest + 1, min(LARGEST_FREQUENCY, views // 4))
    k = np.abs(fft.fftfreq(turns, 1 / turns))[:, None]
    u = np.arange(width // 2 + 1)[None, :] / width
    found = (k > 2 * math.pi * radius * u) & (k > lowest) & (k <= highest) & (u > 0)
    return found[:, : 1 + int(np.flatnonzero(found.any(axis=0)).max(initial=0))]
