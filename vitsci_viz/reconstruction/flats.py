"""The beam without the sample: flats and darks averaged by series, and flats interpolated to the time of a view."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.types import LevelArray, Scan

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
SAME_SERIES = 0.02
"""Flats closer together than this share of the scan belong to one series."""
LOOKED_AT = 9
"""Rows in which `check_light` looks for light."""
TRIMMED = 4
"""From so many frames on, the lowest and the highest value of every pixel are left out of its mean."""


@dataclass(frozen=True, eq=False, kw_only=True)
class FlatField:
    """What some rows of the detector see without the sample.

    Parameters
    ----------
    dark : (row, column) float32
        Counts without the beam.
    open : (series, row, column) float32
        Counts of the beam above the dark ones, one mean for every series of flats.
    series : (angle,) int64
        The series before every view.
    share : (angle,) float32
        Of the series after it, from 0 to 1; the one before has the rest.
    """

    dark: Floats32
    open: Floats32
    series: NDArray[np.int64]
    share: Floats32


def mean_frame(frames: NDArray[np.generic]) -> Floats32:
    """Return the mean over frames, without the lowest and the highest of every pixel where there are enough.

    A cosmic ray that hits one flat would otherwise stay in every view as a stripe.

    >>> mean_frame(np.array([[[1.0]], [[2.0]], [[3.0]], [[900.0]]]))
    array([[2.5]], dtype=float32)
    """
    values = frames.astype(np.float64)
    if len(values) < TRIMMED:
        return values.mean(axis=0).astype(np.float32)
    values.sort(axis=0)
    return values[1:-1].mean(axis=0).astype(np.float32)


def flat_series(places: Floats | None, flats: int, views: int) -> tuple[NDArray[np.int64], ...]:
    """Return which flats were taken together, in the order of time.

    Parameters
    ----------
    places : (f,) float, optional
        When every flat was taken, in views; without them all are one series.
    flats, views : int
        How many there are.

    Examples
    --------
    >>> [part.tolist() for part in flat_series(np.array([-2.0, -1.0, 180.0, 181.0]), 4, 180)]
    [[0, 1], [2, 3]]
    """
    if places is None:
        return (np.arange(flats),)
    order = np.argsort(places, kind="stable")
    breaks = np.flatnonzero(np.diff(places[order]) > max(1.0, SAME_SERIES * views)) + 1
    return tuple(np.split(order, breaks))


def shares_in_time(series_places: Floats, views: int) -> tuple[NDArray[np.int64], Floats32]:
    """Return for every view the series before it and the share of the one after; beyond the ends the nearest counts.

    >>> shares_in_time(np.array([-1.0, 4.0]), 4)
    (array([0, 0, 0, 0]), array([0.2, 0.4, 0.6, 0.8], dtype=float32))
    """
    if len(series_places) == 1:
        return np.zeros(views, np.int64), np.zeros(views, np.float32)
    times = np.arange(views, dtype=np.float64)
    before = np.clip(np.searchsorted(series_places, times, side="right") - 1, 0, len(series_places) - 2)
    start, end = series_places[before], series_places[before + 1]
    return before, np.clip((times - start) / (end - start), 0, 1).astype(np.float32)


def read_flat_field(scan: Scan, rows: slice, in_time: Literal["linear", "mean"] = "linear") -> FlatField:
    """Read and average the flats and darks of some rows.

    Parameters
    ----------
    scan : Scan
        Of counts, with flats; without darks they count as zero.
    rows : slice
        Of the detector.
    in_time : str
        ``linear`` interpolates between series of flats; ``mean`` takes all of them as one.

    Raises
    ------
    InputError
        There are no flats.
    """
    if scan.flats is None or scan.flats.shape[0] == 0:
        raise InputError(
            f"{scan.name}: counts become line integrals by flats (views without the sample), and this scan has none: "
            "add them, set air to the columns at the sides that see only air, or load the data as line integrals"
        )
    places = scan.flat_places if in_time == "linear" else None
    series = flat_series(places, int(scan.flats.shape[0]), scan.views)
    frames = np.asarray(scan.flats[:, rows, :])
    dark = read_dark(scan.darks, rows, frames.shape[1:])
    means = np.stack([mean_frame(frames[part]) for part in series]) - dark
    when = np.zeros(1) if places is None else np.array([places[part].mean() for part in series])
    before, share = shares_in_time(when, scan.views)
    return FlatField(dark=dark, open=means, series=before, share=share)


def read_dark(darks: LevelArray | None, rows: slice, shape: tuple[int, ...]) -> Floats32:
    """Return the mean dark of some rows; zero where there are none."""
    if darks is None or darks.shape[0] == 0:
        return np.zeros(shape, np.float32)
    return mean_frame(np.asarray(darks[:, rows, :]))


def check_light(scan: Scan) -> None:
    """Refuse flats that are no brighter than the darks, before any work is done.

    Parameters
    ----------
    scan : Scan
        Looked at in a few rows.

    Raises
    ------
    InputError
        In none of them there is light.
    """
    if scan.flats is None or scan.are_line_integrals:
        return
    rows = np.unique(np.linspace(0, scan.rows - 1, LOOKED_AT).round().astype(int))
    bright = [float(np.median(np.asarray(scan.flats[:, row : row + 1, :]))) for row in rows]
    dark = [float(np.median(read_dark(scan.darks, slice(row, row + 1), (1, scan.columns)))) for row in rows]
    if not any(light > shade for light, shade in zip(bright, dark, strict=True)):
        raise InputError(
            f"{scan.name}: flats must be brighter than darks, and they have {max(bright):g} and {max(dark):g} counts "
            "in the middle: see whether the two are exchanged, or the flats were taken without the beam"
        )
