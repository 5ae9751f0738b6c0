"""Sinograms of phantoms about a known centre, integrated over detector pixels, with noise and stripes."""

import math

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.ellipses import Ellipsoid, Phantom, project_phantom, shepp_logan

FINE = 4


def half(views: int) -> NDArray[np.float64]:
    return np.arange(views) * math.pi / views


def full(views: int) -> NDArray[np.float64]:
    return np.arange(views) * 2 * math.pi / views


def head(columns: int, size: float = 0.8) -> tuple[Ellipsoid, ...]:
    """A head whose field is a share of the detector wide."""
    return shepp_logan(size * columns / 2)


def turned(
    phantom: Phantom, angles_rad, columns: int, centre: float, *, noise=0.0, stripes=0.0, seed=0
) -> NDArray[np.float32]:
    """Line integrals (angle, 1, column); noise and stripes as shares of the largest one."""
    fine = [
        Ellipsoid(
            value=b.value, turn_rad=b.turn_rad,
            centre=(b.centre[0] * FINE, b.centre[1] * FINE, 0.0),
            radii=(b.radii[0] * FINE, b.radii[1] * FINE, math.inf),
        )
        for b in phantom
    ]  # fmt: skip
    views = project_phantom(fine, angles_rad, columns * FINE, centre=centre * FINE + (FINE - 1) / 2)
    views = views.reshape(len(angles_rad), 1, columns, FINE).mean(axis=3) / FINE
    random = np.random.default_rng(seed)
    is_hit = random.random((1, 1, columns)) < 0.2
    rings = random.normal(size=(1, 1, columns)) * is_hit * stripes * views.max()
    return (views + rings + random.normal(size=views.shape) * noise * views.max()).astype(np.float32)
