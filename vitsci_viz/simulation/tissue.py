"""Where things lie on a virtual slide: tissue and glass, glandular regions, fat, fibres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.lattice import Points, Window, fractal, jittered_points, noise, smoothstep, uniform

FAT_SPACING = 82.0
"""Mean distance of the centres of fat cells in pixels."""
FAT_LEVEL = 1.0
SHEATH = 40.0
"""How far fibres feel a gland, in pixels."""
_FIBRE_TABLE = 4096


@dataclass(frozen=True)
class Layout:
    """What the large scale decides about each pixel of a window; all (height, width) float64.

    Parameters
    ----------
    depth : distance to the glass in pixels, about; negative on glass
    glandular : positive where glands grow
    fat : field of `fat_field`
    crowding : about [-1, 1], density of round cells
    """

    depth: NDArray[np.float64]
    glandular: NDArray[np.float64]
    fat: NDArray[np.float64]
    crowding: NDArray[np.float64]


def lay_out(place: Window | Points, slide: tuple[int, int], seed: int) -> Layout:
    """Decide the large scale: one ragged piece of tissue on the slide, with tears, glands and fat.

    Parameters
    ----------
    place : Window or Points
        Where to ask.
    slide : (int, int)
        Rows and columns of the whole slide.
    seed : int
        Equal seeds give equal pixels.
    """
    fat = fat_field(place, seed)
    return Layout(
        depth=_depth(place, slide, seed),
        glandular=noise(place, 1100, seed, 61) + 0.8 - 3.0 * smoothstep(fat, 0.6, 1.0),
        fat=fat,
        crowding=fractal(place, 420, seed, 64, octaves=2),
    )


def fat_field(place: Window | Points, seed: int) -> NDArray[np.float64]:
    """Return the field that makes a cell of fat where it exceeds `FAT_LEVEL` at the cell's centre."""
    return fractal(place, 900, seed, 62, octaves=2)


def _depth(place: Window | Points, slide: tuple[int, int], seed: int) -> NDArray[np.float64]:
    """Return about how many pixels it is to the glass."""
    shorter = min(slide)
    y = (place.rows - slide[0] / 2) / (0.5 * slide[0])
    x = (place.columns - slide[1] / 2) / (0.5 * slide[1])
    blob = 0.80 - np.abs(y) ** 2.6 - np.abs(x) ** 2.6 + 0.34 * fractal(place, max(shorter / 3.5, 64), seed, 51)
    ragged = 12 * noise(place, 70, seed, 54) + 5 * noise(place, 21, seed, 55)
    gap = 20 * noise(place, 330, seed, 57) - 4 * noise(place, 26, seed, 58)
    tear = np.abs(noise(place, 800, seed, 56)) * 400 - gap
    return np.minimum(blob * 0.2 * shorter + ragged, tear + 6)


def fibres(
    window: Window, sheath: NDArray[np.float64], grain: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return collagen that flows in waves and wraps around glands.

    Parameters
    ----------
    window : Window
        Pixels to fill.
    sheath : (height, width) float64
        Distance to the nearest gland in pixels, about; bends the fibres around it.
    grain : (height, width) float64
        Fine noise that breaks the fibres up.
    seed : int
        Equal seeds give equal pixels.

    Returns
    -------
    strength : (height, width) float64
        About [-1, 1] across the fibres; strongly negative in the clefts between them.
    flow : (height, width) float64
        The fibres are its contours.
    """
    flow = 120 * noise(window, 330, seed, 71) + 20 * noise(window, 85, seed, 72)
    flow = flow + 24 * (1 - np.clip(sheath / SHEATH, 0, 1)) ** 2
    fine = flow + 1.8 * noise(window, 17, seed, 73)
    strength = 0.75 * _wave(fine / 3.1, seed, 74) + 0.65 * _wave(fine / 10.0, seed, 75)
    return strength * (0.85 + 0.4 * noise(window, 45, seed, 76)) + 0.2 * grain, flow


def _wave(phase: NDArray[np.float64], seed: int, salt: int) -> NDArray[np.float64]:
    """Return smooth noise along one coordinate."""
    table = uniform(seed, salt, np.arange(_FIBRE_TABLE)) * 2 - 1
    cell = np.floor(phase)
    f = phase - cell
    index = cell.astype(np.int64) % _FIBRE_TABLE
    left, right = table[index], table[(index + 1) % _FIBRE_TABLE]
    return left + (right - left) * (f * f * (3 - 2 * f))


def fat_cells(window: Window, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the cells of fat: large, empty, with thin walls.

    Returns
    -------
    wall : (height, width) float64
        1 on the walls, 0 inside.
    is_fat : (height, width) bool
        Pixels of cells whose centre lies in fat.
    """
    _, _, y, x = jittered_points(window, FAT_SPACING, seed, 81, jitter=0.9)
    is_kept = fat_field(Points(y, x), seed) > FAT_LEVEL
    nearest, second = np.full(window.shape, 1e9), np.full(window.shape, 1e9)
    is_fat = np.zeros(window.shape, bool)
    rows = window.rows + 7 * noise(window, 60, seed, 83)
    columns = window.columns + 7 * noise(window, 60, seed, 84)
    reach = int(1.6 * FAT_SPACING)
    for cy, cx, keep in zip(y.tolist(), x.tolist(), is_kept.tolist(), strict=True):
        part = window.part(cy, cx, reach)
        if part is None:
            continue
        square = (rows[part] - cy) ** 2 + (columns[part] - cx) ** 2
        is_fat[part] = np.where(square < nearest[part], keep, is_fat[part])
        second[part] = np.minimum(second[part], np.maximum(nearest[part], square))
        nearest[part] = np.minimum(nearest[part], square)
    return np.exp(-(((np.sqrt(second) - np.sqrt(nearest)) / 3.4) ** 2)), is_fat
