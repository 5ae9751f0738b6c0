"""A phantom of a concrete core: mortar with stones and voids whose line integrals are known exactly."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.ellipses import Ellipsoid
from vitsci_viz.simulation.options import DEFAULT_SEED

Floats = NDArray[np.float64]


def core_phantom(
    half_width: float, half_height: float, *, seed: int = DEFAULT_SEED, peak: float = 2.0, bodies: int = 24
) -> tuple[Ellipsoid, ...]:
    """Return a concrete core: an oval cylinder of mortar with stones and voids that do not touch.

    Parameters
    ----------
    half_width, half_height : float
        Half of the field's width and height in pixels; the core fills 0.85 of the width.
    seed : int
        Of the places and shapes.
    peak : float
        Line integral through the middle of the mortar alone.
    bodies : int
        Stones and voids; fewer where there is no room left.
    """
    random = np.random.default_rng(seed)
    long, short = 0.85 * half_width, 0.8 * half_width
    mortar = peak / (2 * short)
    made = [Ellipsoid(value=mortar, radii=(long, short, math.inf))]
    for centre, reach in _places(random, short, half_height, bodies):
        radii = reach * random.uniform(0.55, 1.0, 3)
        value = -mortar if random.random() < 0.4 else mortar * random.uniform(0.2, 0.6)
        radii_3 = (float(radii[0]), float(radii[1]), float(radii[2]))
        made.append(Ellipsoid(value=value, centre=centre, radii=radii_3, turn_rad=random.uniform(0, math.pi)))
    return tuple(made)


def _places(
    random: np.random.Generator, radius: float, half_height: float, wanted: int
) -> Iterator[tuple[tuple[float, float, float], float]]:
    """Yield centres and radii of balls that lie within a cylinder and do not touch."""
    taken: list[tuple[Floats, float]] = []
    for _ in range(60 * wanted):
        reach = radius * random.uniform(0.08, 0.24)
        place = random.uniform(-1, 1, 3) * (radius, radius, half_height + reach)
        is_free = all(np.linalg.norm(place - other) > reach + others for other, others in taken)
        if math.hypot(place[0], place[1]) + reach > 0.95 * radius or not is_free:
            continue
        taken.append((place, reach))
        yield (float(place[0]), float(place[1]), float(place[2])), reach
        if len(taken) == wanted:
            return
