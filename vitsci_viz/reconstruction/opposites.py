"""Views half a turn apart: who sees whom from behind, and where a view and its mirror image fall together."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.geometry import typical_gap

Floats = NDArray[np.float64]
REACH_STEPS = 1.5
"""An opposite view may lie so many steps beyond the last one; it is then continued from the last two."""
BLUR_PX = 1.5
"""Width of the Gaussian whose derivative views are filtered with before they are compared."""
TRIM_PX = 4
"""Columns at either end where the filter reaches beyond the detector; they are not compared."""
SMALLEST_OVERLAP_PX = 8
"""Shifts that leave less of a view in common with its mirror image are not considered."""
LEAST_COLUMNS = SMALLEST_OVERLAP_PX + 2 * TRIM_PX
"""Shorter rows are not registered."""
INDEPENDENT_PX = 5.0
"""So many neighbouring pixels count as one measurement when overlaps of different widths are compared."""
FINE_STEPS_PX = (0.25, 0.05)
"""Steps in which a peak of the correlation is looked for between pixels, one after the other."""
FINE_PAIRS = 256
"""Rows that are compared between pixels, spread over all."""


@dataclass(frozen=True, eq=False, kw_only=True)
class OppositePairs:
    """Views, and those half a turn later as a mixture of two.

    Parameters
    ----------
    view : (n,) int64
        Index of the view.
    first, second : (n,) int64
        Indices of the views on either side of the opposite place, or of the last two before it.
    share : (n,) float64
        Of the second; the first has one minus that. Below zero or above one where the opposite is continued.
    """

    view: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: Floats

    def __len__(self) -> int:
        return len(self.view)


@dataclass(frozen=True, kw_only=True)
class Registration:
    """Where views and their mirror images fall together.

    Parameters
    ----------
    centre_px : float
        The place on the detector about which they mirror.
    correlation : float
        Of the filtered views there, -1 to 1.
    overlap_px : float
        How much of the detector both see.
    """

    centre_px: float
    correlation: float
    overlap_px: float


def opposite_pairs(angles_rad: NDArray[np.floating]) -> OppositePairs:
    """Find the views that are seen from behind as well.

    Parameters
    ----------
    angles_rad : (a,) float
        In any order.

    Returns
    -------
    OppositePairs
        Each pair of an even full turn comes twice, once from either side; of half a turn come the first view and the
        last, seen by one another.

    Examples
    --------
    >>> pairs = opposite_pairs(np.deg2rad([0, 90, 180, 270]))
    >>> pairs.view.tolist(), pairs.first.tolist()
    ([0, 1, 2, 3], [2, 3, 0, 1])
    >>> pairs = opposite_pairs(np.deg2rad([0, 45, 90, 135]))
    >>> pairs.view.tolist(), pairs.first.tolist(), pairs.share.tolist()
    ([0, 3], [2, 1], [2.0, 2.0])
    """
    angles = np.mod(np.asarray(angles_rad, np.float64), 2 * math.pi)
    order = np.argsort(angles, kind="stable")
    places = angles[order]
    if len(places) < 2:
        return OppositePairs(view=_ints([]), first=_ints([]), second=_ints([]), share=np.zeros(0))
    step = typical_gap(np.diff(places, append=places[0] + 2 * math.pi))
    rows = [(view, *_opposite(places, (angle + math.pi) % (2 * math.pi), step)) for view, angle in enumerate(angles)]
    found = [(view, order[i], order[j], share) for view, i, j, share in rows if i >= 0]
    view, first, second, share = zip(*found, strict=True) if found else ((), (), (), ())
    return OppositePairs(view=_ints(view), first=_ints(first), second=_ints(second), share=np.array(share, np.float64))


def _ints(values: Any) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def _opposite(places: Floats, target: float, step: float) -> tuple[int, int, float]:
    """Return the two views that a place on the circle is made of, and the share of the second; -1 where none are."""
    count = len(places)
    after = int(np.searchsorted(places, target - 1e-7 * step))
    later, earlier = after % count, (after - 1) % count
    ahead, behind = _turn(places[later] - target), _turn(target - places[earlier])
    if ahead + behind <= (REACH_STEPS + 1) * step or min(ahead, behind) < 1e-6 * step:
        if ahead < 1e-6 * step:
            return later, later, 0.0
        return earlier, later, behind / (ahead + behind)
    if behind <= REACH_STEPS * step:
        before = (earlier - 1) % count
        gap = _turn(places[earlier] - places[before])
        return before, earlier, 1 + behind / gap
    if ahead <= REACH_STEPS * step:
        beyond = (later + 1) % count
        gap = _turn(places[beyond] - places[later])
        return beyond, later, 1 + ahead / gap
    return -1, -1, 0.0


def _turn(angle: float) -> float:
    """Return an angle from 0 to a full turn; a hair below zero is zero."""
    turned = angle % (2 * math.pi)
    return 0.0 if 2 * math.pi - turned < 1e-9 else turned


def paired_views(views: NDArray[np.floating], pairs: OppositePairs) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return views and their opposites.

    Parameters
    ----------
    views : (angle, row, column) float
        Line integrals, indexed by the view before anything else is read.
    pairs : OppositePairs
        Which to take.

    Returns
    -------
    (n, row, column) float32, twice
    """
    share = pairs.share[:, None, None].astype(np.float32)
    opposite = (1 - share) * views[pairs.first] + share * views[pairs.second]
    return np.asarray(views[pairs.view], np.float32), np.asarray(opposite, np.float32)


def register(
    views: NDArray[np.floating], opposites: NDArray[np.floating], *, search_px: tuple[float, float] | None = None
) -> Registration:
    """Find the place about which views are mirror images of their opposites.

    Parameters
    ----------
    views, opposites : (n, column) float
        Rows that see the same lines from the two sides.
    search_px : (float, float), optional
        First and last place to consider; default the whole detector.

    Raises
    ------
    InputError
        Shapes differ, or rows are too short for an overlap.

    Notes
    -----
    With a the view and b its opposite, a(t) = b(2 c - t): the normalised correlation of a with the mirrored b, summed
    over rows, peaks at the shift 2 c. All shifts come from one Fourier transform, the energies in the overlaps from
    running sums. A narrow overlap correlates by chance, so that shifts are compared by a lower bound of the correlation
    (Fisher's transform, three standard errors). Between pixels mirrored rows are moved by cubic splines, and compared
    in a window that stays.

    References
    ----------
    Padfield, Masked object registration in the Fourier domain, IEEE Trans. Image Process. 21, 2012, section III.
    """
    if views.shape != opposites.shape or views.ndim != 2 or views.shape[1] < LEAST_COLUMNS:
        raise InputError(
            f"views and opposites must have one shape (n, column) with {LEAST_COLUMNS} columns or more, got "
            f"{views.shape} and {opposites.shape}"
        )
    a, b = _edges(views), -_edges(opposites)
    columns = a.shape[1]
    length: Any = fft.next_fast_len(2 * columns, real=True)
    # The derivative of a mirrored row is minus the mirrored derivative, which the sign of b has taken in.
    straight: Any = fft.rfft(a, length, axis=1)
    mirrored: Any = fft.rfft(b, length, axis=1)
    spectrum = (straight * mirrored).sum(axis=0)
    shifts = np.arange(2 * columns - 1)
    overlap = columns - np.abs(shifts - (columns - 1))
    energy = np.sqrt(_energy_in_overlap((a**2).sum(axis=0)) * _energy_in_overlap((b**2).sum(axis=0)))
    floor = 1e-12 * max(float(energy.max()), 1e-300)
    products: Any = fft.irfft(spectrum, length)
    correlation = np.clip(products[: len(shifts)] / np.maximum(energy, floor), -0.999999, 0.999999)
    bound = np.tanh(np.arctanh(correlation) - 3 / np.sqrt(np.maximum(overlap / INDEPENDENT_PX, 1e-9)))
    last = views.shape[1] - 1
    low, high = (0.0, float(last)) if search_px is None else search_px
    places = shifts / 2 + TRIM_PX
    is_allowed = (overlap >= SMALLEST_OVERLAP_PX) & (places >= low) & (places <= high)
    if not is_allowed.any():
        raise InputError(f"a place of the detector must be searched, 0 to {last} px, got {low:g} to {high:g}")
    best = int(np.argmax(np.where(is_allowed, bound, -np.inf)))
    shift = _between(a, b[:, ::-1], best)
    centre = shift / 2 + TRIM_PX
    return Registration(
        centre_px=centre, correlation=float(correlation[best]), overlap_px=1 + 2 * min(centre, last - centre)
    )


def _edges(rows: NDArray[np.floating]) -> Floats:
    """Return the slope of rows after a small blur, where it is known."""
    slope: Any = ndimage.gaussian_filter1d(rows.astype(np.float64), BLUR_PX, axis=1, order=1)
    return slope[:, TRIM_PX : slope.shape[1] - TRIM_PX]


def _energy_in_overlap(energy: Floats) -> Floats:
    """Return the sums over what two mirrored rows have in common, for every shift from 0 to twice the last column."""
    sums, columns = np.concatenate([[0.0], np.cumsum(energy)]), len(energy)
    shifts = np.arange(2 * columns - 1)
    return sums[np.minimum(shifts, columns - 1) + 1] - sums[np.maximum(shifts - columns + 1, 0)]


def _between(rows: Floats, mirrored: Floats, best: int) -> float:
    """Return the shift of the peak near a whole one; the window holds what both have at all shifts around it."""
    count, columns = rows.shape
    stride, whole = -(-count // FINE_PAIRS), best - (columns - 1)
    first, last = max(0, whole) + 2, columns - 2 + min(0, whole)
    here, there = rows[::stride, first:last], ndimage.spline_filter1d(mirrored[::stride], axis=1, mode="mirror")
    shift = float(whole)
    for step in FINE_STEPS_PX:
        shifts = np.asarray(shift + step * np.arange(-4, 5), np.float64)
        shift = vertex(shifts, np.array([_correlation(here, _moved(there, s)[:, first:last]) for s in shifts]))
    return shift + columns - 1


def _moved(coefficients: Floats, shift: float) -> Floats:
    """Return rows of spline coefficients moved along the detector."""
    return ndimage.shift(coefficients, (0, shift), order=3, mode="mirror", prefilter=False)


def _correlation(one: Floats, other: Floats) -> float:
    return float((one * other).sum() / max(math.sqrt((one**2).sum() * (other**2).sum()), 1e-300))


def vertex(places: Floats, values: Floats) -> float:
    """Return where a sampled curve is highest, by a parabola through the highest sample and its neighbours.

    >>> round(vertex(np.arange(5.0), -(np.arange(5.0) - 2.3) ** 2), 6)
    2.3
    """
    peak = int(np.argmax(values))
    if not 0 < peak < len(values) - 1:
        return float(places[peak])
    before, here, after = values[peak - 1 : peak + 2]
    bend = before - 2 * here + after
    step = 0.0 if bend == 0 else 0.5 * (before - after) / bend
    return float(places[peak] + step * (places[1] - places[0]))
