"""Parallel-beam scans of phantoms as a detector would count them, with everything known that has to be found."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.core_phantom import core_phantom
from vitsci_viz.simulation.ellipses import Phantom, draw_slice, pixel_places
from vitsci_viz.simulation.options import DEFAULT_SEED
from vitsci_viz.types import Scan, ScanGeometry

Floats = NDArray[np.float64]
FULL = 65_535
"""Largest count of a 16-bit detector."""
DARK_COUNTS, READ_NOISE = 100.0, 2.0
"""Counts without beam, and their standard deviation."""
_VIEWS_AT_ONCE = 8
_PIXELS, _VIEW, _FLAT, _DARK = 0, 1, 2, 3
"""What each stream of random numbers is for."""


@dataclass(frozen=True, kw_only=True)
class ScanSettings:
    """What a scan is like.

    Parameters
    ----------
    views, rows, columns : int
        Its size.
    turn_rad : float
        Covered by the views at equal steps, the end left out.
    centre : float, optional
        Where the axis falls on the middle row, in pixels; default the middle of the detector.
    tilt_rad : float
        Turn of the axis in the plane of the detector, as in `ScanGeometry`.
    photons : float
        Counted by a pixel in the middle of the beam.
    has_noise : bool
        Counts are drawn (Poisson) and read out with noise; otherwise only rounded.
    flats, darks : int
        Frames; half of the flats before the views and half after.
    drift : float
        Share by which the beam gains from the first view to the last, twice as much at one side as in the middle.
    rings : float
        Share by which columns of pixels see more or less of the views than of the flats; 1 in 20 does.
    dead_pixels, stuck_pixels : int
        That always read 0 or `FULL`.
    zingers : float
        Bright specks a view, on average.
    pixel_mm : float
        Side of a pixel at the sample.
    seed : int
        Equal seeds give equal counts.
    """

    views: int = 180
    rows: int = 8
    columns: int = 96
    turn_rad: float = math.pi
    centre: float | None = None
    tilt_rad: float = 0.0
    photons: float = 20_000.0
    has_noise: bool = True
    flats: int = 10
    darks: int = 10
    drift: float = 0.0
    rings: float = 0.0
    dead_pixels: int = 0
    stuck_pixels: int = 0
    zingers: float = 0.0
    pixel_mm: float = 0.01
    seed: int = DEFAULT_SEED

    def __post_init__(self) -> None:
        if min(self.views, self.rows, self.columns) < 1 or min(self.flats, self.darks) < 0:
            raise InputError(
                f"a scan needs views, rows and columns, got {self.views}, {self.rows} and {self.columns}; "
                f"flats and darks cannot be fewer than none, got {self.flats} and {self.darks}"
            )
        if not 1 <= self.photons <= FULL / 2:
            raise InputError(f"photons must be 1 to {FULL // 2:,}, so that 16 bits hold them, got {self.photons:g}")

    @property
    def axis(self) -> float:
        """Where the axis falls on the middle row."""
        return (self.columns - 1) / 2 if self.centre is None else self.centre

    @property
    def angles_rad(self) -> Floats:
        """Of the views."""
        return np.linspace(0, self.turn_rad, self.views, endpoint=False)


@dataclass(frozen=True, eq=False, kw_only=True)
class MadeScan:
    """A scan with what it was made from.

    Parameters
    ----------
    scan : Scan
        As a detector counted it; its geometry knows neither the centre nor the tilt.
    settings : ScanSettings
        The true ones.
    phantom : sequence of Ellipsoid
        What was scanned; lengths in pixels, attenuation in one over pixels.
    is_bad : (row, column) bool
        Pixels that are dead or stuck.
    """

    scan: Scan
    settings: ScanSettings
    phantom: Phantom
    is_bad: NDArray[np.bool_] = field(repr=False)

    def true_geometry(self) -> ScanGeometry:
        """Return the geometry with centre and tilt."""
        made = self.settings
        return ScanGeometry(
            angles_rad=made.angles_rad, centre=made.axis, pixel_mm=made.pixel_mm, tilt_rad=made.tilt_rad
        )

    def true_line_integrals(self) -> NDArray[np.float32]:
        """Return what perfect pre-processing would find: (angle, row, column) in units of one."""
        made = self.settings
        return detector_views(self.phantom, made, made.angles_rad).astype(np.float32)

    def true_slices(self, *, samples: int = 4) -> NDArray[np.float32]:
        """Return the attenuation in 1/mm: (row, column, column), a slice for every row at right angles to the axis."""
        made, side = self.settings, self.settings.columns
        slices = (draw_slice(self.phantom, side, z, samples=samples) for z in pixel_places(made.rows))
        return np.stack([(found / made.pixel_mm).astype(np.float32) for found in slices])


def detector_views(phantom: Phantom, settings: ScanSettings, angles_rad: Floats) -> Floats:
    """Return the exact line integrals at the centres of detector pixels, the axis tilted in the detector's plane.

    Parameters
    ----------
    phantom : sequence of Ellipsoid
        Lengths in pixels.
    settings : ScanSettings
        Rows, columns, centre and tilt.
    angles_rad : (a,) float64
        Of the views.

    Returns
    -------
    (angle, row, column) float64

    Notes
    -----
    A pixel at u = column - centre and v = row - middle sees the line at t = u cos(tilt) - v sin(tilt) in the plane
    z = v cos(tilt) + u sin(tilt).
    """
    u = np.arange(settings.columns, dtype=np.float64)[None, :] - settings.axis
    v = pixel_places(settings.rows)[:, None]
    cosine, sine = math.cos(settings.tilt_rad), math.sin(settings.tilt_rad)
    t, z = (u * cosine - v * sine).ravel(), (v * cosine + u * sine).ravel()
    total = np.zeros((len(angles_rad), t.size))
    for body in phantom:
        total += body.line_integrals(angles_rad, t, z)
    return total.reshape(len(angles_rad), settings.rows, settings.columns)


def simulate_scan(settings: ScanSettings, phantom: Phantom | None = None, *, progress: Progress = silent) -> MadeScan:
    """Scan a phantom.

    Parameters
    ----------
    settings : ScanSettings
        Geometry, beam and faults of the detector.
    phantom : sequence of Ellipsoid, optional
        Lengths in pixels; default `core_phantom`.
    progress : Progress
        Counts views; may raise `Cancelled`.

    Returns
    -------
    MadeScan

    Notes
    -----
    Counts are Poisson(I0 exp(-p) r) + dark, with the beam I0 growing linearly in time, so that flats interpolated in
    time are exact, and the response r of a column that its flats do not show.

    Examples
    --------
    >>> made = simulate_scan(ScanSettings(views=4, rows=2, columns=32, centre=14.5))
    >>> made.scan.shape, made.scan.flats.shape, made.scan.geometry.centre, made.true_geometry().centre
    ((4, 2, 32), (10, 2, 32), None, 14.5)
    """
    made = settings
    bodies = core_phantom(made.columns / 2, made.rows / 2, seed=made.seed) if phantom is None else phantom
    detector = _Detector(made)
    counts = np.empty((made.views, made.rows, made.columns), np.uint16)
    for first in range(0, made.views, _VIEWS_AT_ONCE):
        part = made.angles_rad[first : first + _VIEWS_AT_ONCE]
        for number, sums in enumerate(detector_views(bodies, made, part), start=first):
            seen = detector.beam(number) * np.exp(-sums) * detector.response
            counts[number] = detector.read(seen, (_VIEW, number), zingers=made.zingers)
        progress("scan", min(first + _VIEWS_AT_ONCE, made.views), made.views)
    places = np.where(np.arange(made.flats) < (made.flats + 1) // 2, -0.5, made.views - 0.5)
    flats = [detector.read(detector.beam(place), (_FLAT, number)) for number, place in enumerate(places)]
    darks = [detector.read(np.zeros_like(detector.response), (_DARK, number)) for number in range(made.darks)]
    scan = Scan(
        projections=counts,
        geometry=ScanGeometry(angles_rad=made.angles_rad, pixel_mm=made.pixel_mm),
        flats=np.stack(flats) if flats else None,
        darks=np.stack(darks) if darks else None,
        flat_places=places if flats else None,
        name="scan",
    )
    return MadeScan(scan=scan, settings=made, phantom=bodies, is_bad=detector.is_dead | detector.is_stuck)


class _Detector:
    """Beam and pixels of one scan, fixed by its seed."""

    def __init__(self, settings: ScanSettings) -> None:
        self.settings = settings
        shape = settings.rows, settings.columns
        random = np.random.default_rng([settings.seed, _PIXELS])
        across, down = np.linspace(-1, 1, shape[1])[None, :], np.linspace(-1, 1, shape[0])[:, None]
        gain = np.clip(random.normal(1, 0.02, shape), 0.9, 1.1)
        self._mean = settings.photons * gain * np.exp(-0.3 * down**2 - 0.1 * across**2)
        self._drift = settings.drift * (1 + across)
        columns = np.where(random.random(shape[1]) < 0.05, random.choice([-1.0, 1.0], shape[1]), 0.0)
        self.response = np.broadcast_to(1 + settings.rings * columns, shape)
        self._offset = DARK_COUNTS + random.normal(0, READ_NOISE, shape)
        bad = random.permutation(shape[0] * shape[1])[: settings.dead_pixels + settings.stuck_pixels]
        self.is_dead, self.is_stuck = np.zeros(shape, bool), np.zeros(shape, bool)
        self.is_dead.flat[bad[: settings.dead_pixels]] = True
        self.is_stuck.flat[bad[settings.dead_pixels :]] = True

    def beam(self, place: float) -> Floats:
        """Return the expected counts without a sample, at a time in views."""
        return self._mean * (1 + self._drift * (place / self.settings.views))

    def read(self, expected: Floats, stream: tuple[int, int], *, zingers: float = 0.0) -> NDArray[np.uint16]:
        """Return one frame of counts; equal streams draw equal noise."""
        random = np.random.default_rng([self.settings.seed, *stream])
        counts = expected + self._offset
        if self.settings.has_noise:
            counts = random.poisson(expected) + self._offset + random.normal(0, READ_NOISE, expected.shape)
        hits = random.integers(counts.size, size=random.poisson(zingers)) if zingers else np.zeros(0, int)
        counts.flat[hits] += self.settings.photons * random.uniform(1, 2, len(hits))
        counts[self.is_dead] = 0
        counts[self.is_stuck] = FULL
        return np.clip(np.rint(counts), 0, FULL).astype(np.uint16)
