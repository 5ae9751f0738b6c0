"""A rotation axis that leans in the plane of the detector: how far, and views turned so that it stands upright."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.centre_signal import check_finite
from vitsci_viz.reconstruction.opposites import OppositePairs, opposite_pairs, paired_views, register
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.reconstruction.preprocess import Corrections, line_integrals
from vitsci_viz.reconstruction.tilt_kernels import turn_rows
from vitsci_viz.types import Scan

Floats32 = NDArray[np.float32]
BANDS = 24
"""Bands of rows in which opposite views are registered."""
LEAST_BANDS = 4
"""Fewer bands with an object in them do not tell a line from its noise."""
LEAST_BAND_ROWS = 4
"""A band is at least so many rows high."""
LEAST_CORRELATION = 0.3
"""Bands whose opposite views correlate less are left out."""
PAIRS, LEAST_PAIRS = 12, 2
"""Pairs of opposite views that are compared at most and at least, of those there are."""
WORK_BYTES = 2**30
"""Taken by the views of all pairs."""
VIEW_BYTES = 80
"""For each pixel of a pair: a view and the two that its opposite is made of, corrected, turned and compared."""
ROUNDS = 4
"""Views are turned by the tilt found and looked at again so often: rows of a leaning axis do not quite mirror."""
SUPPORT = 2
"""Rows on either side that interpolation reaches."""


@dataclass(frozen=True, kw_only=True)
class Tilt:
    """How far the rotation axis leans.

    Parameters
    ----------
    tilt_rad : float
        In row i of n the axis falls at ``centre_px + tan(tilt_rad) * (i - (n - 1) / 2)``.
    centre_px : float
        Where it falls on the middle row.
    uncertainty_rad : float
        Half of the 95 % interval of the slope through the bands.
    bands : int
        Bands of rows that took part.
    """

    tilt_rad: float
    centre_px: float
    uncertainty_rad: float
    bands: int

    @property
    def is_significant(self) -> bool:
        """The axis leans by more than twice what is uncertain."""
        return abs(self.tilt_rad) > 2 * self.uncertainty_rad


def estimate_tilt(
    views: NDArray[np.floating], opposites: NDArray[np.floating], *, search_px: tuple[float, float] | None = None
) -> Tilt:
    """Estimate how far the axis leans from views and their opposites.

    Parameters
    ----------
    views, opposites : (n, row, column) float
        Line integrals seen from the two sides, as `paired_views` gives them.
    search_px : (float, float), optional
        First and last centre to consider; default the whole detector.

    Returns
    -------
    Tilt

    Raises
    ------
    InputError
        Too few rows, or too few bands of them show an object.

    Notes
    -----
    Bands of rows are registered each, and a line goes through their centres by the median of slopes (Theil and Sen),
    which one band in four may spoil. Views are then turned by what was found, and the rest is looked for again.
    """
    rows = views.shape[1]
    if rows < LEAST_BANDS * LEAST_BAND_ROWS:
        raise InputError(
            f"the tilt of the axis needs {LEAST_BANDS * LEAST_BAND_ROWS} rows or more, got {rows}: give it, or leave "
            "it at zero"
        )
    straight, mirrored = np.asarray(views, np.float32), np.asarray(opposites, np.float32)
    centre = register(*(part.reshape(-1, part.shape[2]) for part in (straight, mirrored)), search_px=search_px)
    found = Tilt(tilt_rad=0.0, centre_px=centre.centre_px, uncertainty_rad=math.inf, bands=0)
    for _ in range(ROUNDS):
        turned = [
            level_rows(part, slice(0, rows), first=0, total=rows, centre=found.centre_px, tilt_rad=found.tilt_rad)
            for part in (straight, mirrored)
        ]
        found = _next(found, turned[0], turned[1], search_px)
    return found


def _next(found: Tilt, straight: Floats32, mirrored: Floats32, search_px: tuple[float, float] | None) -> Tilt:
    """Add to a tilt what is left of it in turned views."""
    rows, height = straight.shape[1], max(LEAST_BAND_ROWS, -(-straight.shape[1] // BANDS))
    places: list[float] = []
    centres: list[float] = []
    for top in range(0, rows - height + 1, height):
        band = (part[:, top : top + height].reshape(-1, part.shape[2]) for part in (straight, mirrored))
        here = register(*band, search_px=search_px)
        if here.correlation >= LEAST_CORRELATION:
            places.append(top + (height - 1) / 2 - (rows - 1) / 2)
            centres.append(here.centre_px)
    if len(places) < LEAST_BANDS:
        raise InputError(
            f"the tilt of the axis needs {LEAST_BANDS} bands of rows that show an object from both sides, got "
            f"{len(places)}: give it, or leave it at zero"
        )
    line: Any = stats.theilslopes(centres, places)
    return Tilt(
        tilt_rad=found.tilt_rad + math.atan(line.slope),
        centre_px=float(line.intercept),
        uncertainty_rad=float(line.high_slope - line.low_slope) / 2,
        bands=len(places),
    )


def find_tilt(scan: Scan, *, preprocess: PreprocessOptions | None = None, threads: int = 1) -> Tilt:
    """Find how far the axis of a scan leans; a few views alone are read.

    Parameters
    ----------
    scan : Scan
        Half a turn or a full one.
    preprocess : PreprocessOptions, optional
        How counts become line integrals; what looks along the views (rings, outliers in time) is left out.
    threads : int
        Never change the answer.

    Returns
    -------
    Tilt

    Raises
    ------
    InputError
        No views are half a turn apart, or too few rows show an object.
    """
    pairs = opposite_pairs(scan.geometry.angles_rad)
    if not len(pairs):
        raise InputError(
            "the tilt of the axis is found from views half a turn apart, and the scan covers less: give it, or leave "
            "it at zero"
        )
    some = np.unique(np.linspace(0, len(pairs) - 1, pairs_read(scan.rows, scan.columns)).round().astype(int))
    chosen = OppositePairs(
        view=pairs.view[some], first=pairs.first[some], second=pairs.second[some], share=pairs.share[some]
    )
    needed = np.unique(np.concatenate([chosen.view, chosen.first, chosen.second]))
    options = (PreprocessOptions() if preprocess is None else preprocess).replace(rings="none", outliers=0.0)
    views, _ = line_integrals(_some_views(scan, needed), slice(0, scan.rows), options, threads=threads)
    check_finite(views)
    place = np.searchsorted(needed, np.stack([chosen.view, chosen.first, chosen.second]))
    renamed = OppositePairs(view=place[0], first=place[1], second=place[2], share=chosen.share)
    return estimate_tilt(*paired_views(views, renamed))


def pairs_read(rows: int, columns: int) -> int:
    """Return how many views with their opposites are read: fewer of large ones, whose many rows tell as much.

    >>> pairs_read(512, 512), pairs_read(2048, 2048), pairs_read(8192, 8192)
    (12, 3, 2)
    """
    return int(np.clip(WORK_BYTES // (VIEW_BYTES * rows * columns), LEAST_PAIRS, PAIRS))


def _some_views(scan: Scan, views: NDArray[np.int64]) -> Scan:
    """Return a scan of a few views, read; its flats count as taken at one time."""
    projections = np.concatenate([np.asarray(scan.projections[view : view + 1]) for view in views.tolist()])
    geometry = replace(scan.geometry, angles_rad=scan.geometry.angles_rad[views])
    return replace(scan, projections=projections, geometry=geometry, flat_places=None)


def tilt_margin(total: int, columns: int, centre: float, tilt_rad: float) -> int:
    """Return how many rows on either side of a block take part in its turned rows.

    >>> tilt_margin(2048, 2048, 1023.5, 0.0), tilt_margin(2048, 2048, 1023.5, math.radians(0.5))
    (0, 11)
    """
    if tilt_rad == 0:
        return 0
    widest = max(abs(centre), abs(columns - 1 - centre))
    moved = widest * abs(math.sin(tilt_rad)) + (total - 1) / 2 * (1 - math.cos(tilt_rad))
    return math.ceil(moved) + SUPPORT


def level_rows(
    views: NDArray[np.floating],
    rows: slice,
    *,
    first: int,
    total: int,
    centre: float,
    tilt_rad: float,
    threads: int = 1,
) -> Floats32:
    """Turn rows of views about the axis on the middle row, so that it stands upright at `centre`.

    Parameters
    ----------
    views : (angle, row, column) float
        Line integrals of the rows from `first`, with those that `tilt_margin` asks for.
    rows : slice
        Rows of the result, counted on the detector.
    first, total : int
        First row at hand, and rows of the detector.
    centre : float
        Where the axis falls on the middle row.
    tilt_rad : float
        As in `Tilt`.
    threads : int
        Never change the answer.

    Returns
    -------
    (angle, rows, column) float32
        Equal for any split into blocks; what lies beyond the detector is as its last row or column.

    Raises
    ------
    InputError
        Rows that take part are not at hand.

    Notes
    -----
    Cubic convolution, whose weights need no rows beyond the four about a place.

    References
    ----------
    Keys, Cubic convolution interpolation for digital image processing, IEEE Trans. ASSP 29, 1981, equation 15.
    """
    start, stop, _ = rows.indices(total)
    if tilt_rad == 0:
        return np.ascontiguousarray(views[:, start - first : stop - first], np.float32)
    _check_at_hand(slice(start, stop), slice(first, first + views.shape[1]), total,
                   tilt_margin(total, views.shape[2], centre, tilt_rad))  # fmt: skip
    given = np.ascontiguousarray(views, np.float32)
    out = np.empty((len(views), stop - start, views.shape[2]), np.float32)
    parts = np.array_split(np.arange(len(views)), max(1, min(threads, len(views))))

    def turn(part: NDArray[np.int64]) -> None:
        here = slice(int(part[0]), int(part[-1]) + 1)
        sine, cosine = math.sin(tilt_rad), math.cos(tilt_rad)
        turn_rows(given[here], first, total, float(centre), sine, cosine, start, out[here])

    with ThreadPoolExecutor(len(parts), thread_name_prefix="tilt") as pool:
        list(pool.map(turn, parts))
    return out


def _check_at_hand(rows: slice, given: slice, total: int, margin: int) -> None:
    """Refuse rows without those that take part in their turn."""
    low, high = max(0, rows.start - margin), min(total, rows.stop + margin)
    if given.start > low or given.stop < high:
        raise InputError(
            f"rows {low} to {high} must be at hand to turn rows {rows.start} to {rows.stop}, got {given.start} to "
            f"{given.stop}"
        )


def levelled_line_integrals(
    scan: Scan,
    rows: slice,
    options: PreprocessOptions | None = None,
    *,
    centre: float,
    tilt_rad: float,
    threads: int = 1,
) -> tuple[Floats32, Corrections]:
    """Return the line integrals of some rows as if the axis stood upright at `centre`.

    Parameters
    ----------
    scan : Scan
        Of counts with flats, or of line integrals.
    rows : slice
        Of the detector, without a step.
    options : PreprocessOptions, optional
        How counts become line integrals.
    centre, tilt_rad : float
        As `Tilt` or `ScanGeometry` have them.
    threads : int
        Never change the answer.

    Returns
    -------
    (angle, rows, column) float32
        Equal for any split into blocks, as far as `line_integrals` are.
    Corrections
        What was found in these rows and in those that the turn reads beside them.
    """
    start, stop, _ = rows.indices(scan.rows)
    margin = tilt_margin(scan.rows, scan.columns, centre, tilt_rad)
    first, last = max(0, start - margin), min(scan.rows, stop + margin)
    views, corrections = line_integrals(scan, slice(first, last), options, threads=threads)
    turned = level_rows(
        views, slice(start, stop), first=first, total=scan.rows, centre=centre, tilt_rad=tilt_rad, threads=threads
    )
    return turned, corrections
