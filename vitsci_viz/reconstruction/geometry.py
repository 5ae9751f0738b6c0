"""Angles of a parallel-beam scan: the turn they cover, and how much of it each view stands for."""

import math

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError

Floats = NDArray[np.float64]
LARGEST_GAP = 4.0
"""A gap between neighbouring views counts as at most so many times the typical one; more is a missing wedge."""
SAME_RAD = 1e-7
"""Views closer than this are at the same place."""
SAME_SHARE = 0.05
"""And those closer than this share of the typical gap: encoders read every turn a little otherwise."""


def checked_angles(angles_rad: NDArray[np.floating], views: int) -> Floats:
    """Return angles in float64.

    Raises
    ------
    InputError
        There is not one finite angle for every view.
    """
    angles = np.asarray(angles_rad, np.float64)
    if angles.shape != (views,):
        raise InputError(f"a scan must have one angle for every view: {views} views, got angles {angles.shape}")
    if not np.isfinite(angles).all():
        raise InputError(f"angles must be finite, view {int(np.flatnonzero(~np.isfinite(angles))[0])} has none")
    return angles


def checked_scan(
    sinograms: NDArray[np.floating], angles_rad: NDArray[np.floating], centre: float | None
) -> tuple[Floats, float]:
    """Return the angles in float64 and the centre of line integrals (angle, row, column), its middle by default.

    Raises
    ------
    InputError
        Shapes do not fit, or the centre lies off the detector.
    """
    if sinograms.ndim != 3 or sinograms.shape[2] < 2:
        raise InputError(f"sinograms must be (angle, row, column) with 2 columns or more, got {sinograms.shape}")
    last = sinograms.shape[2] - 1
    middle = last / 2 if centre is None else centre
    if not 0 <= middle <= last:
        raise InputError(f"the centre must lie on the detector, 0 to {last} px, got {middle:g}")
    return checked_angles(angles_rad, len(sinograms)), middle


def view_weights(angles_rad: NDArray[np.floating]) -> Floats:
    """Return the angle that every view stands for, in radians.

    Views half a turn apart see the same lines, so angles count modulo pi; each view stands for half the way to its
    neighbours on either side, views at the same place share theirs.

    Parameters
    ----------
    angles_rad : (a,) float
        In any order; over 180 degrees, a full turn or less.

    Returns
    -------
    (a,) float64
        They add up to pi where no wedge is missing.

    Examples
    --------
    >>> view_weights(np.deg2rad([0, 45, 90, 135])) / np.pi
    array([0.25, 0.25, 0.25, 0.25])
    """
    angles = np.mod(np.asarray(angles_rad, np.float64) + SAME_RAD / 2, math.pi)
    order = np.argsort(angles, kind="stable")
    group = _same_place(angles[order])
    shared = np.bincount(group)
    places = np.bincount(group, angles[order]) / shared
    if len(places) == 1:
        return np.full(len(angles), math.pi / len(angles))
    after = np.diff(places, append=places[0] + math.pi)
    after = np.minimum(after, LARGEST_GAP * typical_gap(after))
    share = (after + np.roll(after, 1)) / 2 / shared
    weights = np.empty(len(angles))
    weights[order] = share[group]
    return weights


def typical_gap(gaps: NDArray[np.floating]) -> float:
    """Return the gap between views that half of the way lies in, counted from the smallest one up.

    The largest one, which may be a missing wedge, does not count. Nor do tiny ones, however many: encoders read views
    of several turns at places that nearly coincide, and most gaps are then between those.

    Parameters
    ----------
    gaps : (n,) float
        Two or more, zero or larger, in any order.

    Examples
    --------
    >>> typical_gap(np.array([1.0, 1e-6, 1.0, 1e-6, 1e-6, 90.0]))
    1.0
    """
    ordered = np.sort(np.asarray(gaps, np.float64))[:-1]
    way = np.cumsum(ordered)
    return float(ordered[np.searchsorted(way, way[-1] / 2)])


def _same_place(ordered: Floats) -> NDArray[np.int64]:
    """Return the number of the place that each view is at, for growing angles."""
    nearest = SAME_RAD
    if len(ordered) > 1:
        nearest = max(SAME_RAD, SAME_SHARE * typical_gap(np.diff(ordered, append=ordered[0] + math.pi)))
    is_new = np.zeros(len(ordered), np.int64)
    first = int(np.searchsorted(ordered, ordered[0] + nearest, side="right"))
    while first < len(ordered):  # from its first view on, so that dense views do not all run into one
        is_new[first] = 1
        first = int(np.searchsorted(ordered, ordered[first] + nearest, side="right"))
    return np.cumsum(is_new)
