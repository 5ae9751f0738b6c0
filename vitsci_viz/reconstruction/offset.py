"""Offset scans: a full turn about an axis near the edge of the detector, which sees nearly twice its width."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.geometry import checked_angles, typical_gap

Floats = NDArray[np.float64]
FULL_TURN_SHARE = 0.98
"""Views that cover this share of a full turn count as one."""
OFFSET_SHARE = 0.2
"""An axis so far from the middle, as a share of the detector, makes a full turn an offset scan."""
SMALLEST_BLEND_PX = 16
"""Opposite views change over within at least so many pixels, where they have them in common."""
BLEND_SHARE = 0.125
"""And within this share of the detector."""
Side = Literal["left", "right", "middle"]


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What opposite views of a full turn have in common.

    Parameters
    ----------
    side : str
        Where the axis falls on the detector: left, right, or middle for a normal scan.
    overlap_px : float
        Columns that both see, twice the distance of the axis from the nearer edge.
    width_px : int
        Columns of a detector about the axis that would see as much in every view.
    """

    side: Side
    overlap_px: float
    width_px: int


def is_full_turn(angles_rad: NDArray[np.floating]) -> bool:
    """Tell whether views cover a full turn.

    Examples
    --------
    >>> is_full_turn(np.deg2rad(np.arange(360))), is_full_turn(np.deg2rad(np.arange(181)))
    (True, False)
    """
    places = np.sort(np.mod(np.asarray(angles_rad, np.float64), 2 * math.pi))
    if len(places) < 4:
        return False
    gaps = np.diff(places, append=places[0] + 2 * math.pi)
    missing = float(np.maximum(gaps - 2 * typical_gap(gaps), 0).sum())
    return missing <= (1 - FULL_TURN_SHARE) * 2 * math.pi


def overlap_of(columns: int, centre: float) -> Overlap:
    """Say what opposite views have in common.

    Parameters
    ----------
    columns : int
        Of the detector.
    centre : float
        Where the axis falls on it, in pixels.

    Examples
    --------
    >>> overlap_of(100, 9.5)
    Overlap(side='left', overlap_px=20.0, width_px=180)

    Raises
    ------
    InputError
        The centre lies off the detector.
    """
    if not 0 <= centre <= columns - 1:
        raise InputError(f"the centre must lie on the detector, 0 to {columns - 1} px, got {centre:g}")
    left, right = centre + 0.5, columns - 0.5 - centre
    away = (right - left) / 2 / columns
    side: Side = "left" if away > OFFSET_SHARE else "right" if away < -OFFSET_SHARE else "middle"
    return Overlap(side=side, overlap_px=2 * min(left, right), width_px=math.ceil(2 * max(left, right) - 1e-9))


def overlap_weights(columns: int, centre: float) -> Floats:
    """Return what every column of a full turn counts, so that opposite columns add up to two.

    Parameters
    ----------
    columns : int
        Of the detector.
    centre : float
        Where the axis falls on it, in pixels.

    Returns
    -------
    (columns,) float64
        One where both views see a line, two where one alone does, and a smooth change near the ends of the overlap:
        w(t) + w(2 centre - t) = 2.

    Notes
    -----
    Without the change an edge at which the beam differs between opposite views would be filtered into a ring.
    """
    overlap = overlap_of(columns, centre)
    half = overlap.overlap_px / 2
    distance = np.arange(columns) - centre
    blend = min(half, max(SMALLEST_BLEND_PX, BLEND_SHARE * columns))
    rise = np.clip((np.abs(distance) - (half - blend)) / blend, 0, 1)
    seen_once = 1 if columns - 1 - centre >= centre else -1
    return 1 + seen_once * np.sign(distance) * (rise**2 * (3 - 2 * rise))


def widen(
    sinograms: NDArray[np.floating], angles_rad: NDArray[np.floating], centre: float
) -> tuple[NDArray[np.float32], float]:
    """Make of a full turn about any axis a full turn about the middle of a wider detector.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals over a full turn, before any filter.
    angles_rad : (angle,) float
        Of the views.
    centre : float
        Where the axis falls on the detector, in pixels.

    Returns
    -------
    views : (angle, row, `Overlap.width_px`) float32
        Weighted line integrals, zero where a view sees nothing.
    centre : float
        Where the axis falls on the wider detector.

    Raises
    ------
    InputError
        The views cover less than a full turn, or the centre lies off the detector.

    Notes
    -----
    A filter is linear and the same for a view and for its mirror image, and back-projection adds the two, so that
    filtered and back-projected over the full turn the weighted views give exactly the slices of opposite views joined
    to wide ones; no view is moved by a part of a pixel.
    """
    views, _, columns = sinograms.shape
    if not is_full_turn(checked_angles(angles_rad, views)):
        raise InputError("an offset scan must cover a full turn, as only the opposite view sees its other side; "
                         f"got {math.degrees(float(np.ptp(angles_rad))):.4g} degrees")  # fmt: skip
    overlap = overlap_of(columns, centre)
    before = 0 if centre >= (columns - 1) / 2 else overlap.width_px - columns
    out = np.zeros((*sinograms.shape[:2], overlap.width_px), np.float32)
    np.multiply(
        sinograms, overlap_weights(columns, centre), out=out[..., before : before + columns], casting="same_kind"
    )
    return out, centre + before
