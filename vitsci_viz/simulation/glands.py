"""Glands of a virtual slide: wobbly ellipses with a lumen, each known from its lattice cell alone."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.lattice import Window, jittered_points, uniform
from vitsci_viz.simulation.tissue import SHEATH

SPACING = 228.0
"""Mean distance of gland centres in pixels (114 um at 0.5 um a pixel)."""
_FAR = 9.0
_HARMONICS = (2, 3, 5)


@dataclass(frozen=True)
class Glands:
    """Properties of n glands; arrays of length n unless said otherwise.

    Parameters
    ----------
    y, x : centre in slide pixels
    along, across : semi-axes in pixels
    angle : direction of the long axis in radians
    waves : (n, harmonics) amplitude of the outline's waves
    phases : (n, harmonics) their phases
    lumen : radius of the lumen as a fraction of the gland's
    atypia : 0 (calm) to 1 (crowded, dark, large nuclei)
    key_row, key_column : lattice cell, the key for further random properties
    """

    y: NDArray[np.float64]
    x: NDArray[np.float64]
    along: NDArray[np.float64]
    across: NDArray[np.float64]
    angle: NDArray[np.float64]
    waves: NDArray[np.float64]
    phases: NDArray[np.float64]
    lumen: NDArray[np.float64]
    atypia: NDArray[np.float64]
    key_row: NDArray[np.int64]
    key_column: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def outline(self, index: int, angle: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the relative radius of one gland's outline at angles of its own frame."""
        waves = [
            amplitude * np.cos(order * angle + phase)
            for order, amplitude, phase in zip(_HARMONICS, self.waves[index], self.phases[index], strict=True)
        ]
        return 1.0 + np.sum(waves, axis=0)


def glands_near(window: Window, seed: int) -> Glands:
    """Return every gland that can touch the window (before any is refused by its place)."""
    i, j, y, x = jittered_points(window.grown(int(SPACING / 2)), SPACING, seed, 10, jitter=0.55)

    def draw(salt: int) -> NDArray[np.float64]:
        return uniform(seed, 20 + salt, i, j)

    radius = SPACING * (0.36 + 0.2 * draw(0))
    aspect = 1.0 + 0.75 * draw(1) ** 2
    return Glands(
        y=y,
        x=x,
        along=radius * np.sqrt(aspect),
        across=radius / np.sqrt(aspect),
        angle=np.pi * draw(2),
        waves=np.stack([scale * draw(3 + k) for k, scale in enumerate((0.10, 0.09, 0.05))], axis=1),
        phases=np.stack([2 * np.pi * draw(6 + k) for k in range(3)], axis=1),
        lumen=0.16 + 0.34 * draw(9),
        atypia=np.clip((draw(10) - 0.55) / 0.45, 0, 1),
        key_row=i,
        key_column=j,
    )


def select(glands: Glands, keep: NDArray[np.bool_]) -> Glands:
    """Return the glands that are kept."""
    return Glands(**{name: getattr(glands, name)[keep] for name in Glands.__dataclass_fields__})


def gland_radius(window: Window, glands: Glands) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int32]]:
    """Return for every pixel where it lies in its nearest gland.

    Returns
    -------
    nearest : (height, width) float64
        Distance from the centre as a fraction of the outline's: 0 centre, 1 outline; large where there is no gland.
    gap : (height, width) float64
        How much nearer the nearest gland is than the second: small where two meet.
    owner : (height, width) int32
        Index of the nearest gland, -1 for none.
    """
    nearest = np.full(window.shape, _FAR)
    second = np.full(window.shape, _FAR)
    owner = np.full(window.shape, -1, np.int32)
    for index in range(len(glands)):
        part = window.part(glands.y[index], glands.x[index], _reach(glands, index))
        if part is None:
            continue
        radius = _relative_radius(glands, index, window.crop(part))
        is_nearer = radius < nearest[part]
        second[part] = np.where(is_nearer, nearest[part], np.minimum(second[part], radius))
        owner[part][is_nearer] = index
        nearest[part] = np.minimum(nearest[part], radius)
    return nearest, second - nearest, owner


def _reach(glands: Glands, index: int) -> float:
    """Return how far from its centre a gland is felt: its outline and the sheath of fibres around it."""
    size = np.sqrt(glands.along[index] * glands.across[index])
    return float(glands.along[index] * (1 + glands.waves[index].sum()) * (1 + SHEATH / size)) + 1


def _relative_radius(glands: Glands, index: int, window: Window) -> NDArray[np.float64]:
    dy, dx = window.rows - glands.y[index], window.columns - glands.x[index]
    cosine, sine = np.cos(glands.angle[index]), np.sin(glands.angle[index])
    u = (dx * cosine + dy * sine) / glands.along[index]
    v = (dy * cosine - dx * sine) / glands.across[index]
    return np.sqrt(u * u + v * v) / glands.outline(index, np.arctan2(v, u))


def ring_points(
    glands: Glands, index: int, count: int, seed: int, salt: int, *, at: float, spread: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Return points along a ring in one gland: y, x, the outward direction in radians, and their numbers."""
    numbers = np.arange(count)
    keys = (np.full(count, glands.key_row[index]), np.full(count, glands.key_column[index]), numbers)
    turn = 2 * np.pi * (numbers + 0.7 * uniform(seed, salt, *keys)) / count
    radius = (at + spread * (2 * uniform(seed, salt + 1, *keys) - 1)) * glands.outline(index, turn)
    u, v = radius * np.cos(turn) * glands.along[index], radius * np.sin(turn) * glands.across[index]
    cosine, sine = np.cos(glands.angle[index]), np.sin(glands.angle[index])
    normal = np.arctan2(np.sin(turn) / glands.across[index], np.cos(turn) / glands.along[index]) + glands.angle[index]
    return glands.y[index] + v * cosine + u * sine, glands.x[index] + u * cosine - v * sine, normal, numbers
