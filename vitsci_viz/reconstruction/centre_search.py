"""Where a measure of the centre is lowest: first on a coarse copy of a sinogram, then on finer ones."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.reconstruction.centre_signal import is_cut
from vitsci_viz.reconstruction.opposites import vertex
from vitsci_viz.reconstruction.sinogram_metric import sinogram_metric
from vitsci_viz.reconstruction.trials import absolute_mass, entropy, trial_slices

Floats = NDArray[np.float64]
CentreMethod = Literal["agreement", "registration", "sinogram", "sharpness", "entropy"]
Measure = Callable[["Row", Floats], Mapping[CentreMethod, Floats]]
"""``measure(row, centres)``: a curve over the centres for every method it stands for, lowest where one is right."""
COARSE_COLUMNS, COARSE_VIEWS = 128, 180
"""The whole range is searched on a copy of at most this size."""
FINER = ((384, 360, 0.5), (768, 360, 0.25))
"""What is found is looked for again on copies of at most so many columns and views, in steps of so many of their
pixels: each is fine enough to lead to the next, and the last to a small part of a pixel."""
LEAST_CIRCLE = 0.35
"""Trial slices are judged in the circle that both sides of the detector see, and in this share of it at least."""
FINE_STEPS = 6
"""Steps on either side of a minimum in which it is looked for again; the vertex of a parabola through the lowest three
is what counts."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Row:
    """The sinogram of one detector row.

    Parameters
    ----------
    sinogram : (a, c) float32
        Line integrals.
    angles_rad : (a,) float64
        Of its views.
    """

    sinogram: NDArray[np.float32]
    angles_rad: Floats

    def binned(self, columns: int, views: int) -> tuple["Row", int]:
        """Return a copy with at most so many columns, averaged, and views, left out; and how many columns make one."""
        factor = math.ceil(self.sinogram.shape[1] / columns)
        stride = math.ceil(self.sinogram.shape[0] / views)
        if factor == 1 and stride == 1:
            return self, 1
        width = self.sinogram.shape[1] // factor
        part = self.sinogram[::stride, : width * factor].reshape(-1, width, factor).mean(axis=2)
        return Row(sinogram=part, angles_rad=self.angles_rad[::stride]), factor


def by_sinogram(row: Row, centres: Floats) -> Mapping[CentreMethod, Floats]:
    """Measure by `sinogram_metric`; the row holds half a turn in order."""
    return {"sinogram": sinogram_metric(row.sinogram, centres)}


def by_trials(row: Row, centres: Floats) -> Mapping[CentreMethod, Floats]:
    """Measure by the entropy of trial slices, and by their sharpness where the object ends on the detector."""
    last = row.sinogram.shape[1] - 1
    slices = trial_slices(row.sinogram, row.angles_rad, centres, radius=last / 2)
    seen = float(np.minimum(centres, last - centres).min())
    found: dict[CentreMethod, Floats] = {"entropy": entropy(slices, radius=max(seen, LEAST_CIRCLE * last))}
    if not is_cut(row.sinogram):
        # The mass of an object that is cut depends on the centre, and with it what lies below zero.
        found["sharpness"] = absolute_mass(slices)
    return found


def coarse_minima(row: Row, measure: Measure, low: float, high: float) -> dict[CentreMethod, float]:
    """Search a range of centres on a coarse copy.

    Parameters
    ----------
    row : Row
        What is measured.
    measure : callable
        Lowest at the centre.
    low, high : float
        First and last centre in pixels of the row.

    Returns
    -------
    dict of str to float
        Centre in pixels of the row for every method; those whose curve is lowest at an end of the range are left out.
    """
    small, factor = row.binned(COARSE_COLUMNS, COARSE_VIEWS)
    shift = (factor - 1) / 2
    last = small.sinogram.shape[1] - 1.0
    first, final = max(0.0, (low - shift) / factor), min(last, (high - shift) / factor)
    centres = np.linspace(first, final, max(3, 1 + math.ceil((final - first) / 0.5)))
    return {name: place * factor + shift for name, place in _minima(measure(small, centres), centres).items()}


def fine_minima(row: Row, measure: Measure, starts: Mapping[CentreMethod, float]) -> dict[CentreMethod, float]:
    """Follow methods from coarse minima to a small part of a pixel.

    Parameters
    ----------
    row : Row
        What is measured.
    measure : callable
        Lowest at the centre.
    starts : mapping of str to float
        A centre near the right one for every method, in pixels of the row.

    Returns
    -------
    dict of str to float
        In pixels of the row; methods whose minimum walks out of sight are left out.
    """
    places: dict[CentreMethod, float] = dict(starts)
    for columns, views, step in FINER:
        # Dropped views would fold frequencies along the angle into the part that the metric looks at.
        copy, factor = row.binned(columns, len(row.sinogram) if measure is by_sinogram else views)
        shift = (factor - 1) / 2
        near: dict[CentreMethod, float] = {name: (place - shift) / factor for name, place in places.items()}
        closer = _closer(copy, measure, near, step)
        places = {name: place * factor + shift for name, place in closer.items()}
    return places


def _closer(row: Row, measure: Measure, places: Mapping[CentreMethod, float], step: float) -> dict[CentreMethod, float]:
    """Look for minima again around places; methods that agree share their trials."""
    found: dict[CentreMethod, float] = {}
    left = dict(places)
    while left:
        start = next(iter(left.values()))
        near: dict[CentreMethod, float] = {
            name: place for name, place in left.items() if abs(place - start) <= 2 * step
        }
        around = sum(near.values()) / len(near) + step * np.arange(-FINE_STEPS, FINE_STEPS + 1.0)
        centres = np.asarray(around[(around >= 0) & (around <= row.sinogram.shape[1] - 1)], np.float64)
        if len(centres) >= 3:
            curves = measure(row, centres)
            found |= _minima({name: curves[name] for name in near if name in curves}, centres)
        left = {name: place for name, place in left.items() if name not in near}
    return found


def _minima(curves: Mapping[CentreMethod, Floats], centres: Floats) -> dict[CentreMethod, float]:
    """Return the lowest place of every curve; none where it lies at an end."""
    inner: dict[CentreMethod, Floats] = {
        name: curve for name, curve in curves.items() if 0 < int(np.argmin(curve)) < len(curve) - 1
    }
    return {name: vertex(centres, -curve) for name, curve in inner.items()}
