"""Which cells lie where in the tissue of a virtual slide."""

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.glands import Glands, ring_points
from vitsci_viz.simulation.lattice import Window, jittered_points, smoothstep, uniform
from vitsci_viz.simulation.nuclei import Nuclei, inside, join
from vitsci_viz.simulation.nuclei import select as select_nuclei
from vitsci_viz.simulation.tissue import Layout

GlandPlace = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int32]]
"""Relative radius in the nearest gland, whether it is one, and which: see `glands.gland_radius`."""
Stroma = tuple[NDArray[np.float64], NDArray[np.bool_]]
"""The flow of the fibres (they are its contours), and where there is fat."""
STROMA_SPACING = 18.0


def place_nuclei(
    window: Window, layout: Layout, glands: Glands, place: GlandPlace, stroma: Stroma, seed: int
) -> Nuclei:
    """Return every nucleus whose square lies wholly in the window."""
    groups = [_epithelium(glands, index, place, window, seed) for index in range(len(glands))]
    return join([*groups, _stroma(window, layout, place, stroma, seed)])


def _epithelium(glands: Glands, index: int, place: GlandPlace, window: Window, seed: int) -> Nuclei:
    """Return the nuclei at the base of one gland's epithelium, stratified where it is atypical."""
    atypia = float(glands.atypia[index])
    mean_radius = np.sqrt(glands.along[index] * glands.across[index])
    rings = ((0.86, 0.035),) if atypia < 0.15 else ((0.87, 0.04), (0.72, 0.06))
    parts = []
    for ring, (at, spread) in enumerate(rings):
        fraction = 1.0 if ring == 0 else min(1.0, 0.35 + atypia)
        count = max(4, int(2 * np.pi * mean_radius * at / (11.0 + 2.0 * atypia) * fraction))
        salt = 120 + 20 * ring
        y, x, normal, numbers = ring_points(glands, index, count, seed, salt, at=at, spread=spread)
        keys = (np.full(count, glands.key_row[index]), np.full(count, glands.key_column[index]), numbers)
        draw = [uniform(seed, salt + 2 + k, *keys) for k in range(6)]
        nuclei = Nuclei(
            y=y,
            x=x,
            along=7.2 + 2.2 * draw[0] + 2.2 * atypia * draw[1],
            across=3.9 + 1.3 * draw[1] + 2.0 * atypia * draw[0],
            angle=normal + 0.5 * (draw[2] - 0.5),
            bend=0.35 * (draw[3] - 0.5),
            density=0.95 + 0.35 * draw[4] + 0.25 * atypia,
            texture=0.16 + 0.14 * draw[5] + 0.12 * atypia,
        )
        parts.append(_where(nuclei, window, place[1] & (place[2] == index)))
    return join(parts)


def _stroma(window: Window, layout: Layout, place: GlandPlace, stroma: Stroma, seed: int) -> Nuclei:
    """Return spindle-shaped cells along the fibres and round cells, denser where it is crowded."""
    i, j, y, x = jittered_points(window, STROMA_SPACING, seed, 170, jitter=0.9)
    row = np.clip(np.floor(y).astype(np.int64) - window.top, 2, window.height - 3)
    column = np.clip(np.floor(x).astype(np.int64) - window.left, 2, window.width - 3)
    flow, is_fat = stroma
    crowding = layout.crowding[row, column]
    draw = [uniform(seed, 175 + k, i, j) for k in range(7)]
    round_share = smoothstep(crowding, 0.1, 0.9)
    is_round = draw[0] < 0.10 + 0.75 * round_share
    slope_y = flow[row + 2, column] - flow[row - 2, column]
    slope_x = flow[row, column + 2] - flow[row, column - 2]
    along_fibre = np.arctan2(slope_y, slope_x) + np.pi / 2
    nuclei = Nuclei(
        y=y,
        x=x,
        along=np.where(is_round, 4.3 + 1.0 * draw[1], 7.5 + 4.5 * draw[1]),
        across=np.where(is_round, 3.9 + 0.9 * draw[2], 1.9 + 1.1 * draw[2]),
        angle=np.where(is_round, np.pi * draw[3], along_fibre + 0.5 * (draw[3] - 0.5)),
        bend=0.5 * (draw[4] - 0.5),
        density=np.where(is_round, 1.35, 1.0) + 0.3 * draw[5],
        texture=np.where(is_round, 0.22, 0.15) + 0.1 * draw[4],
    )
    chance = 0.20 + 0.62 * round_share
    free = (place[0] > 1.07) & (layout.depth > 8) & ~is_fat
    return _where(select_nuclei(nuclei, draw[6] < chance), window, free)


def _where(nuclei: Nuclei, window: Window, allowed: NDArray[np.bool_]) -> Nuclei:
    """Keep the nuclei that can be drawn whole and whose centre lies on an allowed pixel."""
    nuclei = inside(nuclei, window)
    row = np.floor(nuclei.y).astype(np.int64) - window.top
    column = np.floor(nuclei.x).astype(np.int64) - window.left
    return select_nuclei(nuclei, allowed[row, column])


def vacuoles(window: Window, glands: Glands, place: GlandPlace, seed: int) -> NDArray[np.float64]:
    """Return the pale mucus of goblet cells, 0 to 1: what looks like a cell and is no nucleus."""
    cover = np.zeros(window.shape)
    for index in range(len(glands)):
        calm = 1.0 - float(glands.atypia[index])
        count = int(2 * np.pi * np.sqrt(glands.along[index] * glands.across[index]) / 21 * calm)
        middle = 0.5 * (0.78 + float(glands.lumen[index]))
        y, x, normal, numbers = ring_points(glands, index, max(count, 1), seed, 200, at=middle, spread=0.06)
        keys = (np.full(len(y), glands.key_row[index]), np.full(len(y), glands.key_column[index]), numbers)
        along, across = 9.0 + 5.0 * uniform(seed, 203, *keys), 5.5 + 2.5 * uniform(seed, 204, *keys)
        for k in range(count):
            _blob(cover, window, (y[k], x[k]), (along[k], across[k]), normal[k])
    return cover * place[1]


def _blob(
    cover: NDArray[np.float64],
    window: Window,
    centre: tuple[float, float],
    axes: tuple[float, float],
    angle: float,
) -> None:
    place = window.part(*centre, max(axes) + 2)
    if place is None:
        return
    part = window.crop(place)
    dy, dx = part.rows - centre[0], part.columns - centre[1]
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / axes[0]
    v = (dy * np.cos(angle) - dx * np.sin(angle)) / axes[1]
    shape = smoothstep(1.0 - np.sqrt(u * u + v * v), -0.12, 0.22)
    np.maximum(cover[place], shape, out=cover[place])
