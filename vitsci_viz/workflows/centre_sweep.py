"""A sweep of centres: one slice made with each, and how sharp it is, for those who want to see before they believe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.centre_search import LEAST_CIRCLE, Row
from vitsci_viz.reconstruction.centre_signal import is_cut
from vitsci_viz.reconstruction.offset import is_full_turn, widen
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.trials import absolute_mass, entropy, trial_slices
from vitsci_viz.workflows.reconstructing import SliceEngine
from vitsci_viz.workflows.slab_plan import binned_centre

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
STEPS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
"""Distances of trials from the centre, on both sides: fine near it, far enough to see a centre that is quite wrong."""
STEP_COLUMNS = 1024
"""Detectors that are wider take steps as many times longer, which change the picture as much."""
SWEEP_COLUMNS, SWEEP_VIEWS = 768, 900
"""Trials are made from at most so many columns, averaged, and views, left out."""
OFFSET_COLUMNS = 384
"""Of offset scans, whose slices are nearly twice as wide, and made one by one."""
TOGETHER = 16
"""Trials that are computed together."""
SWEPT = "sweep"
"""Method of a trial that no candidate stands for."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A centre that was tried.

    Parameters
    ----------
    centre_px : float
        On the unbinned detector.
    score : float
        1 where the slice is sharpest by every measure, 0 where it is least by every one.
    entropy : float
        Of the histogram of the slice, in bits; lower is sharper.
    absolute_mass : float or None
        Mean magnitude over mean of the slice; lower is sharper. None where the object is wider than the detector.
    method : str
        The candidate that it is, or ``sweep``.
    """

    centre_px: float
    score: float
    entropy: float
    absolute_mass: float | None
    method: str


@dataclass(frozen=True, eq=False, kw_only=True)
class CentreSweep:
    """Trials by centre, and the slice of each.

    Parameters
    ----------
    trials : tuple of Trial
        By rising centre.
    slices : (trial, side, side) float32
        In one over pixels of the sweep.
    row : int
        Detector row that was tried.
    """

    trials: tuple[Trial, ...]
    slices: Floats32
    row: int

    def ranks(self) -> list[int]:
        """Return the rank of every trial by its score, from 1."""
        order = sorted(range(len(self.trials)), key=lambda place: -self.trials[place].score)
        return [order.index(place) + 1 for place in range(len(order))]

    @property
    def best(self) -> Trial:
        """The sharpest one."""
        return max(self.trials, key=lambda trial: trial.score)


def tried_centres(engine: SliceEngine) -> dict[float, str]:
    """Return the centres to try, rising, each with the method that it comes from.

    Parameters
    ----------
    engine : SliceEngine
        Its axis stands in the middle; what other candidates it has are tried as well.
    """
    last, axis = engine.scan.columns - 1, engine.axis
    wide = max(1.0, engine.scan.columns / STEP_COLUMNS)
    named = [(axis.centre_px, axis.method), *((each.centre_px, each.method) for each in axis.candidates)]
    places = [*named, *((axis.centre_px + side * step * wide, SWEPT) for step in STEPS for side in (-1, 1))]
    found: dict[float, str] = {}
    for place, method in places:
        if 0 <= place <= last:
            found.setdefault(round(place, 2), method)
    return dict(sorted(found.items()))


def sweep_centres(engine: SliceEngine, index: int, lines: Floats32, *, progress: Progress = silent) -> CentreSweep:
    """Make one slice with many centres and judge how sharp each is.

    Parameters
    ----------
    engine : SliceEngine
        Of the scan.
    index : int
        Which slice.
    lines : (angle, 1, column) float32
        Its line integrals as `SliceEngine.lines` gives them.
    progress : callable
        Told of every few trials.

    Returns
    -------
    CentreSweep

    Notes
    -----
    Entropy and absolute mass of the slices, each scaled to its range over the trials, are averaged.

    References
    ----------
    Donath et al., Automated determination of the center of rotation in tomography data, J. Opt. Soc. Am. A 23, 2006.
    """
    tried = tried_centres(engine)
    whole = Row(sinogram=lines[:, 0], angles_rad=engine.scan.geometry.angles_rad)
    row, factor = whole.binned(OFFSET_COLUMNS if engine.is_offset else SWEEP_COLUMNS, SWEEP_VIEWS)
    last = row.sinogram.shape[1] - 1
    centres = np.clip([binned_centre(place, engine.options.bin * factor) for place in tried], 0, last)
    make = _offset_slices if engine.is_offset else _slices
    slices = make(row, centres, engine.threads, progress)
    seen = max(float(np.minimum(centres, last - centres).min()), LEAST_CIRCLE * last)
    bits = entropy(slices, radius=min(seen, (slices.shape[1] - 1) / 2))
    is_whole = not is_cut(row.sinogram) and not engine.is_offset
    mass = absolute_mass(slices) if is_whole and not is_full_turn(row.angles_rad) else None
    scores = np.mean([_share(curve) for curve in (bits, mass) if curve is not None], axis=0)
    trials = tuple(
        Trial(
            centre_px=place, score=float(scores[number]), entropy=float(bits[number]),
            absolute_mass=None if mass is None else float(mass[number]), method=method,
        )
        for number, (place, method) in enumerate(tried.items())
    )  # fmt: skip
    start = engine.rows.start + index * engine.options.bin
    return CentreSweep(trials=trials, slices=slices, row=start + engine.options.bin // 2)


def _slices(row: Row, centres: Floats, threads: int, progress: Progress) -> Floats32:
    parts: list[Floats32] = []
    for first in range(0, len(centres), TOGETHER):
        progress("centres", first, len(centres))
        some = centres[first : first + TOGETHER]
        parts.append(trial_slices(row.sinogram, row.angles_rad, some, threads=threads))
    progress("centres", len(centres), len(centres))
    return np.concatenate(parts)


def _offset_slices(row: Row, centres: Floats, threads: int, progress: Progress) -> Floats32:
    """Make slices of an offset scan: how wide the joined views are depends on the centre."""
    found: list[Floats32] = []
    for number, place in enumerate(centres.tolist()):
        progress("centres", number, len(centres))
        views, centre = widen(row.sinogram[:, None], row.angles_rad, place)
        found.append(
            filtered_back_projection(views, row.angles_rad, centre=centre, filter_name="hann", threads=threads)[0]
        )
    progress("centres", len(centres), len(centres))
    side = min(len(each) for each in found)
    return np.stack([_middle(each, side) for each in found])


def _middle(picture: Floats32, side: int) -> Floats32:
    first = (len(picture) - side) // 2
    return picture[first : first + side, first : first + side]


def _share(curve: Floats) -> Floats:
    """Return 1 where a curve is lowest and 0 where it is highest."""
    span = float(curve.max() - curve.min())
    return np.ones(len(curve)) if span == 0 else (curve.max() - curve) / span
