"""Scans of counts made from exact line integrals, with what a detector does to them."""

import math

import numpy as np

from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
from vitsci_viz.types import Scan, ScanGeometry

BEAM = 20000.0


def angles(views: int) -> np.ndarray:
    return np.arange(views) * math.pi / views


def exact(views: int = 60, rows: int = 4, columns: int = 64) -> np.ndarray:
    """Line integrals of the head phantom, at most about 2."""
    z = np.linspace(-0.3, 0.3, rows) * columns / 2
    return 2 * project_phantom(shepp_logan(columns / 2.4, is_flat=False), angles(views), columns, z=z)


def counted(
    integrals: np.ndarray,
    *,
    seed: int | None = 0,
    beam: float = BEAM,
    dark: float = 100.0,
    drift: float = 0.0,
    gain: np.ndarray | None = None,
    dtype: type = np.float32,
    pixel_mm: float | None = None,
) -> Scan:
    """Counts of a scan whose beam changes by `drift` from flats before to flats after; without a seed no noise."""
    views, rows, columns = integrals.shape
    random = np.random.default_rng(seed)
    sensitivity = 1 + 0.1 * random.normal(size=(rows, columns)).clip(-3, 3)

    def taken(mean: np.ndarray) -> np.ndarray:
        return (mean if seed is None else random.poisson(mean)).astype(dtype)

    times = np.concatenate([np.arange(-6, 0), np.arange(views, views + 6)]).astype(float)

    def light(when: np.ndarray) -> np.ndarray:
        return beam * (1 + drift * (when + 1) / (views + 1))[:, None, None] * sensitivity

    response = np.ones((rows, columns)) if gain is None else gain
    return Scan(
        projections=taken(light(np.arange(views)) * response * np.exp(-integrals.astype(float)) + dark),
        flats=taken(light(times) + dark),
        darks=taken(np.full((6, rows, columns), dark)),
        flat_places=times,
        geometry=ScanGeometry(angles_rad=angles(views), pixel_mm=pixel_mm),
    )
