"""Where the rotation axis falls on the detector: several methods on several rows, and how far they agree."""

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.centre_search import (
    CentreMethod,
    Row,
    by_sinogram,
    by_trials,
    coarse_minima,
    fine_minima,
)
from vitsci_viz.reconstruction.centre_signal import Signal, check_finite, check_signal, signal_of, without_stripes
from vitsci_viz.reconstruction.geometry import checked_angles
from vitsci_viz.reconstruction.offset import is_full_turn, overlap_of
from vitsci_viz.reconstruction.opposites import LEAST_COLUMNS, opposite_pairs, paired_views, register
from vitsci_viz.reconstruction.options import CentreOptions, PreprocessOptions
from vitsci_viz.reconstruction.sinogram_metric import LEAST_VIEWS, half_turn
from vitsci_viz.reconstruction.tilt import levelled_line_integrals
from vitsci_viz.types import Scan

Floats = NDArray[np.float64]
AGREE_PX = 0.5
"""Measurements within this distance agree."""
AGREE_SHARE = 1 / 2048
"""And within this share of the detector, which is where slices of wide detectors begin to differ."""
HALF_RANGE = 0.25
"""Half a turn is searched so far about the middle, as a share of the detector: no sharp slice lies beyond."""
LEAST_CORRELATION = 0.3
"""Opposite views that correlate less do not tell a centre."""
LONE_PX = 0.5
"""Uncertainty that a candidate gets for which a single measurement speaks."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A place where the rotation axis may fall.

    Parameters
    ----------
    centre_px : float
        On the middle row, in detector pixels whose centres are at integers.
    score : float
        Confidence: the share of all measurements (every method on every row) that agree with it, 0 to 1.
    method : str
        What found it; ``agreement`` is the middle of the measurements that agree best.
    uncertainty_px : float
        Robust standard deviation of the measurements that agree with it.
    """

    centre_px: float
    score: float
    method: CentreMethod
    uncertainty_px: float

    @property
    def confidence(self) -> float:
        """The score by the name that reports give it."""
        return self.score


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The centre on one row by one method."""

    centre_px: float
    method: CentreMethod
    row: int


Looked = tuple[Signal, list[Measurement]]


def find_centre(
    scan: Scan,
    *,
    options: CentreOptions | None = None,
    preprocess: PreprocessOptions | None = None,
    progress: Progress = silent,
    threads: int = 1,
) -> tuple[Candidate, ...]:
    """Find where the rotation axis of a scan falls on the middle row of the detector.

    Parameters
    ----------
    scan : Scan
        Half a turn, or a full turn about an axis anywhere on the detector; its known tilt is allowed for.
    options : CentreOptions, optional
        How many rows are measured, and where the axis may be.
    preprocess : PreprocessOptions, optional
        How counts become line integrals.
    progress : callable
        Told every row.
    threads : int
        Rows are measured beside one another; they never change the answer.

    Returns
    -------
    tuple of Candidate
        Best first.

    Raises
    ------
    InputError
        The scan is all air, or no method finds a centre.

    See Also
    --------
    vitsci_viz.reconstruction.tilt.find_tilt : where the axis leans, which spreads the centres of the rows.
    """
    chosen = CentreOptions() if options is None else options
    lean, middle = scan.geometry.tilt_rad, (scan.columns - 1) / 2
    rows = chosen_rows(scan.rows, chosen.centre_rows)

    def look(row: int) -> Looked:
        views, _ = levelled_line_integrals(scan, slice(row, row + 1), preprocess, centre=middle, tilt_rad=lean)
        check_finite(views)
        signal = signal_of(views)
        if signal.is_air:
            return signal, []
        found = measure_row(views[:, 0], scan.geometry.angles_rad, search_px=chosen.search_px(scan.columns))
        # Turned about another place, the axis stands upright a hair nearer to it.
        upright: dict[CentreMethod, float] = {
            name: middle + (centre - middle) / math.cos(lean) for name, centre in found.items()
        }
        return signal, [Measurement(centre_px=centre, method=name, row=row) for name, centre in upright.items()]

    looked = _in_turn(look, rows, threads, progress)
    check_signal([signal for signal, _ in looked])
    return rank([each for _, found in looked for each in found], scan.columns)


def _in_turn(look: Callable[[int], Looked], rows: Sequence[int], threads: int, progress: Progress) -> list[Looked]:
    """Look at rows beside one another; what progress raises ends it before the next row."""
    done: list[Looked] = []
    pool = ThreadPoolExecutor(max(1, min(threads, len(rows))), thread_name_prefix="centre")
    try:
        for index, coming in enumerate([pool.submit(look, row) for row in rows]):
            progress("centre", index, len(rows))
            done.append(coming.result())
    finally:
        pool.shutdown(cancel_futures=True)
    progress("centre", len(rows), len(rows))
    return done


def centres_of(
    sinograms: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    search_px: tuple[float, float] | None = None,
) -> tuple[Candidate, ...]:
    """Find where the rotation axis falls from line integrals at hand.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals; every row is measured.
    angles_rad : (angle,) float
        Half a turn or a full one.
    search_px : (float, float), optional
        First and last place to consider.

    Returns
    -------
    tuple of Candidate
        Best first.

    Raises
    ------
    InputError
        Shapes do not fit, all is air, or no method finds a centre.

    Examples
    --------
    >>> from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
    >>> angles = np.arange(90) * np.pi / 90
    >>> best = centres_of(project_phantom(shepp_logan(28), angles, 64, centre=33.0), angles)[0]
    >>> abs(best.centre_px - 33) < 0.3, best.method
    (True, 'agreement')
    """
    views = np.asarray(sinograms)
    if views.ndim != 3:
        raise InputError(f"sinograms must be (angle, row, column), got {views.shape}")
    check_finite(views)
    signals = [signal_of(views[:, row : row + 1]) for row in range(views.shape[1])]
    check_signal(signals)
    measured = [
        Measurement(centre_px=centre, method=name, row=row)
        for row, signal in enumerate(signals)
        if not signal.is_air
        for name, centre in measure_row(views[:, row], angles_rad, search_px=search_px).items()
    ]
    return rank(measured, views.shape[2])


def chosen_rows(rows: int, count: int) -> list[int]:
    """Return evenly spaced rows that keep away from the ends.

    >>> chosen_rows(100, 4), chosen_rows(2, 5)
    ([12, 37, 62, 87], [0, 1])
    """
    number = min(rows, count)
    return [int((2 * index + 1) * rows / (2 * number)) for index in range(number)]


def measure_row(
    sinogram: NDArray[np.floating], angles_rad: NDArray[np.floating], *, search_px: tuple[float, float] | None = None
) -> dict[CentreMethod, float]:
    """Measure the centre of one row by every method that its views allow.

    Parameters
    ----------
    sinogram : (angle, column) float
        Line integrals.
    angles_rad : (angle,) float
        Of the views.
    search_px : (float, float), optional
        First and last place to consider; default the middle half of the detector, or all of it for a full turn.

    Returns
    -------
    dict of str to float
        In pixels; a method without a clear answer is left out.
    """
    angles = checked_angles(angles_rad, len(sinogram))
    views = without_stripes(sinogram[:, None])
    last = sinogram.shape[1] - 1.0
    is_full = is_full_turn(angles)
    reach = last / 2 if is_full else HALF_RANGE * last
    low, high = (last / 2 - reach, last / 2 + reach) if search_px is None else search_px
    found = _by_registration(views, angles, (max(0.0, low), min(last, high)))
    if is_full:
        return found | _full_turn(views, angles, found.get("registration"))
    order = half_turn(angles)
    if len(order) < LEAST_VIEWS:
        return found
    row = Row(sinogram=views[order, 0], angles_rad=angles[order])
    return found | _by_curves(row, low, high)


def _by_registration(
    views: NDArray[np.float32], angles: Floats, search_px: tuple[float, float]
) -> dict[CentreMethod, float]:
    pairs = opposite_pairs(angles)
    if not len(pairs) or views.shape[2] < LEAST_COLUMNS:
        return {}
    # What all views share mirrors about nothing on half a turn, and about the axis on a full one.
    straight, opposite = (part[:, 0] for part in paired_views(views, pairs))
    found = register(straight, opposite, search_px=search_px)
    low, high = search_px
    is_inside = low + 1e-9 < found.centre_px < high - 1e-9
    return {"registration": found.centre_px} if is_inside and found.correlation >= LEAST_CORRELATION else {}


def _full_turn(views: NDArray[np.float32], angles: Floats, start: float | None) -> dict[CentreMethod, float]:
    """Measure half of a full turn near its registration; half has a sharp slice only where the axis is central."""
    if start is None or overlap_of(views.shape[2], start).side != "middle":
        return {}
    order = half_turn(angles)
    if len(order) < LEAST_VIEWS:
        return {}
    row = Row(sinogram=views[order, 0], angles_rad=angles[order])
    by_slices = fine_minima(row, by_trials, {"sharpness": start, "entropy": start})
    return fine_minima(row, by_sinogram, {"sinogram": start}) | by_slices


def _by_curves(row: Row, low: float, high: float) -> dict[CentreMethod, float]:
    """Measure half a turn by its sinogram and by trial slices."""
    found: dict[CentreMethod, float] = {}
    for measure in (by_sinogram, by_trials):
        found |= fine_minima(row, measure, coarse_minima(row, measure, low, high))
    return found


def rank(measured: Sequence[Measurement], columns: int) -> tuple[Candidate, ...]:
    """Order what was measured by how much else agrees with it.

    Parameters
    ----------
    measured : sequence of Measurement
        Centres by method and row; those off the detector do not count.
    columns : int
        Of the detector.

    Returns
    -------
    tuple of Candidate
        Best first: the agreement, then one for every method (the median of its rows) by score and uncertainty.

    Raises
    ------
    InputError
        Nothing was measured on the detector.
    """
    inside = [item for item in measured if 0 <= item.centre_px <= columns - 1]
    if not inside:
        raise InputError(
            f"no method found a centre on the detector (0 to {columns - 1} px): give it with --centre, search another "
            "range, or check the angles and the flat fields"
        )
    places = np.array([item.centre_px for item in inside])
    reach = max(AGREE_PX, AGREE_SHARE * columns)
    most = places[int(np.argmax([(np.abs(places - place) <= reach).sum() for place in places]))]
    agreed = float(np.median(places[np.abs(places - most) <= reach]))
    methods: set[CentreMethod] = {item.method for item in inside}
    medians: list[tuple[CentreMethod, float]] = [
        (m, float(np.median([item.centre_px for item in inside if item.method == m]))) for m in sorted(methods)
    ]
    candidates = [_candidate(name, place, places, reach) for name, place in medians]
    candidates.sort(key=lambda candidate: (-candidate.score, candidate.uncertainty_px))
    return (_candidate("agreement", agreed, places, reach), *candidates)


def _candidate(method: CentreMethod, place: float, places: Floats, reach: float) -> Candidate:
    near = places[np.abs(places - place) <= reach]
    spread = 1.4826 * float(np.median(np.abs(near - place))) if len(near) > 1 else LONE_PX
    return Candidate(centre_px=place, score=len(near) / len(places), method=method, uncertainty_px=spread)
