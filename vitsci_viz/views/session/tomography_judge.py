"""How good the slice on screen is, and where else the axis could fall: slow questions, asked when it rests."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.progress import Progress, silent
from vitsci_viz.views.session.histogram import Histogram, histogram_of
from vitsci_viz.views.session.tomography import TomographySession, TrialSlice, has_finufft
from vitsci_viz.views.session.tomography_scene import span_of
from vitsci_viz.views.session.volume_scene import as_grey
from vitsci_viz.workflows.reconstruct_facts import notes_on, quality_of
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import find_axis

MOST_CANDIDATES = 6
ROOM = 0.2
"""Share of a thumbnail's side that is left around the matter."""
LOOKED_AT = 192
"""Side in pixels of the slices that candidates are shown by, before they are cut to what holds matter."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Judgement:
    """What is known of a slice besides its picture.

    Parameters
    ----------
    quality : mapping
        By `vitsci_viz.reconstruction.quality.Quality.results`; empty where there is too little to judge.
    before : mapping
        The same of the slice without corrections; empty where it was not asked for.
    notes : tuple of str
        What the user should know of the scan.
    corrections : tuple of str
        What was mended on the way.
    """

    quality: Mapping[str, Any]
    before: Mapping[str, Any]
    notes: tuple[str, ...]
    corrections: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class AxisChoice:
    """A place where the axis may fall, with the slice that it gives.

    Parameters
    ----------
    centre_px : float
        On the detector.
    uncertainty_px : float
        Of the measurements that agree with it.
    confidence : float
        Share of all measurements that agree, 0 to 1.
    method : str
        What found it.
    thumbnail : (n, n) uint8
        The slice in shades of grey, all on one scale.
    """

    centre_px: float
    uncertainty_px: float
    confidence: float
    method: str
    thumbnail: NDArray[np.uint8]


def judge(
    session: TomographySession,
    options: ReconstructOptions,
    row: int,
    centre_px: float,
    *,
    other: ReconstructOptions | None = None,
    progress: Progress = silent,
) -> Judgement:
    """Judge the slice of a row by its half-scans.

    Parameters
    ----------
    session : TomographySession
        The open scan.
    options : ReconstructOptions
        The setting.
    row : int
        A detector row.
    centre_px : float
        Where the axis falls.
    other : ReconstructOptions, optional
        A setting to compare with.
    progress : callable
        Told what is done; raises `Cancelled` to stop.
    """
    progress("quality", 0, 2)
    lines, corrections = session.lines(options, row, centre_px)
    engine = session.engine(_fast(options), centre_px)
    quality = quality_of(engine, lines[:, None], progress=progress)
    before: Mapping[str, Any] = {}
    if other is not None:
        progress("quality", 1, 2)
        plain, _ = session.lines(other, row, centre_px)
        before = quality_of(session.engine(_fast(other), centre_px), plain[:, None], progress=progress)
    notes = tuple(notes_on(engine, lines[:, None]))
    return Judgement(quality=quality, before=before, notes=notes, corrections=tuple(corrections.sentences()))


def choices(
    session: TomographySession, options: ReconstructOptions, row: int, *, progress: Progress = silent
) -> tuple[AxisChoice, ...]:
    """Find where the axis may fall, best first, whatever the setting or the file say.

    Raises
    ------
    InputError
        The scan is all air, or no method finds a centre.
    """
    scan = replace(session.scan, geometry=replace(session.scan.geometry, centre=None))
    chosen = options.replace(centre="auto")
    found = find_axis(scan, chosen, progress=progress, threads=session.threads).candidates[:MOST_CANDIDATES]
    slices = [session.preview(options, row, each.centre_px, pixels=LOOKED_AT).values for each in found]
    span, box = span_of(slices[0]), matter_box(slices[0])
    return tuple(
        AxisChoice(
            centre_px=each.centre_px, uncertainty_px=each.uncertainty_px, confidence=each.confidence,
            method=each.method, thumbnail=as_grey(values[box], span),
        )
        for each, values in zip(found, slices, strict=True)
    )  # fmt: skip


def matter_box(values: NDArray[np.float32]) -> tuple[slice, slice]:
    """Return the square of a slice that holds its matter, with some room.

    >>> values = np.zeros((40, 40), np.float32)
    >>> values[18:22, 10:20] = 1
    >>> matter_box(values)
    (slice(13, 27, None), slice(8, 22, None))
    """
    middle = (values.shape[0] - 1) / 2
    places = np.abs(np.arange(len(values)) - middle)
    inside = np.hypot(places[:, None], places[None, :]) <= middle
    low, high = np.percentile(values[inside], (50, 99.9))
    rows, columns = np.nonzero((values > (low + high) / 2) & inside)
    if not rows.size:
        return slice(None), slice(None)
    half = math.ceil((1 + ROOM) * max(np.ptp(rows), np.ptp(columns)) / 2) + 1
    y, x = (round(float(part.min() + part.max() + 1) / 2) for part in (rows, columns))
    return _about(y, half, len(values)), _about(x, half, len(values))


def _about(place: int, half: int, count: int) -> slice:
    """Return so many pixels on either side of a place, moved inside the picture."""
    half = min(half, count // 2)
    first = min(max(place - half, 0), count - 2 * half)
    return slice(first, first + 2 * half)


def histogram(found: TrialSlice) -> Histogram:
    """Count the values of a slice inside the circle that every view sees."""
    side = len(found.values)
    places = np.arange(side) - (side - 1) / 2
    inside = np.hypot(places[:, None], places[None, :]) <= side / 2
    return histogram_of(found.values[inside])


def _fast(options: ReconstructOptions) -> ReconstructOptions:
    """Return the setting by the method that is faster for a slice alone."""
    is_free = options.method == "auto" and has_finufft()
    return options.replace(method="fourier", device="cpu") if is_free else options
