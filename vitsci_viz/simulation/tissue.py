"""Where things lie on a virtual slide: tissue and glass, glandular regions, fat, fibres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.lattice import Window, fractal, jittered_points, noise, smoothstep, uniform

FAT_SPACING = 82.0
_FIBRE_TABLE = 4096


@dataclass(frozen=True)
class Layout:
    """What the large scale decides about each pixel of a window; all (height, width) float64.

    Parameters
    ----------
    depth : distance to the glass in pixels, about; negative on glass
    glandular : positive where glands grow
    fat : 0 to 1, how much a pixel belongs to fat
    crowding : about [-1, 1], density of round cells
    """

    depth: NDArray[np.float64]
    glandular: NDArray[np.float64]
    fat: NDArray[np.float64]
    crowding: NDArray[np.float64]


def lay_out(window: Window, slide: tuple[int, int], seed: int) -> Layout:
    """Decide the large scale: one ragged piece of tissue on the slide, with tears, glands and fat.

    Parameters
    ----------
    window : Window
    slide : (int, int)
        Rows and columns of the whole slide.
    seed : int
    """
    depth = _depth(window, slide, seed)
    patchy = noise(window, 1100, seed, 61)
    fat = smoothstep(noise(window, 800, seed, 62) + 0.15 * noise(window, 90, seed, 63), 0.62, 0.70)
    return Layout(
        depth=depth,
        glandular=patchy + 0.55 - 1.2 * fat,
        fat=fat * smoothstep(depth, 20, 60),
        crowding=fractal(window, 420, seed, 64, octaves=2),
    )


def _depth(window: Window, slide: tuple[int, int], seed: int) -> NDArray[np.float64]:
    """Return about how many pixels it is to the glass."""
    rows, columns = slide
    shorter = min(rows, columns)
    y = (window.rows - rows / 2) / (0.47 * rows)
    x = (window.columns - columns / 2) / (0.48 * columns)
    blob = 1.0 - y**4 - x**4 + 0.30 * fractal(window, max(shorter / 3.5, 64), seed, 51, octaves=2)
    ragged = 10 * noise(window, 70, seed, 54) + 4 * noise(window, 22, seed, 55)
    tear = np.abs(noise(window, 700, seed, 56)) * 350 - 14 * noise(window, 400, seed, 57) + 2 * noise(window, 30, seed, 58)
    return np.minimum(blob * 0.2 * shorter + ragged, tear)


def fibres(window: Window, sheath: NDArray[np.float64], seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return collagen that flows in waves and wraps around glands.

    Parameters
    ----------
    window : Window
    sheath : (height, width) float64
        Distance to the nearest gland in pixels, about; bends the fibres around it.
    seed : int

    Returns
    -------
    strength : (height, width) float64
        About [-1, 1] across the fibres; strongly negative in the clefts between them.
    flow : (height, width) float64
        The fibres are its contours.
    """
    flow = 75 * noise(window, 330, seed, 71) + 16 * noise(window, 85, seed, 72)
    flow = flow + 26 * np.exp(-np.maximum(sheath, 0) / 22)
    fine = flow + 1.6 * noise(window, 14, seed, 73)
    strength = 0.62 * _wave(fine / 4.2, seed, 74) + 0.45 * _wave(fine / 11.0, seed, 75)
    return strength * (0.75 + 0.35 * noise(window, 45, seed, 76)) + 0.22 * noise(window, 7, seed, 77), flow


def _wave(phase: NDArray[np.float64], seed: int, salt: int) -> NDArray[np.float64]:
    """Return smooth noise along one coordinate."""
    table = uniform(seed, salt, np.arange(_FIBRE_TABLE)) * 2 - 1
    cell = np.floor(phase)
    f = phase - cell
    index = cell.astype(np.int64) % _FIBRE_TABLE
    left, right = table[index], table[(index + 1) % _FIBRE_TABLE]
    return left + (right - left) * (f * f * (3 - 2 * f))


def fat_membranes(window: Window, seed: int) -> NDArray[np.float64]:
    """Return 1 on the thin walls between fat cells and 0 inside them, (height, width) float64."""
    i, j, y, x = jittered_points(window, FAT_SPACING, seed, 81, jitter=0.75)
    nearest, second = np.full(window.shape, 1e6), np.full(window.shape, 1e6)
    rows = window.rows + 7 * noise(window, 60, seed, 83)
    columns = window.columns + 7 * noise(window, 60, seed, 84)
    reach = int(1.6 * FAT_SPACING)
    for cy, cx in zip(y.tolist(), x.tolist(), strict=True):
        top, left = max(0, int(cy) - reach - window.top), max(0, int(cx) - reach - window.left)
        bottom, right = int(cy) + reach - window.top, int(cx) + reach - window.left
        if bottom <= 0 or right <= 0 or top >= window.height or left >= window.width:
            continue
        part = (slice(top, bottom), slice(left, right))
        distance = np.hypot(rows[part] - cy, columns[part] - cx)
        second[part] = np.minimum(second[part], np.maximum(nearest[part], distance))
        nearest[part] = np.minimum(nearest[part], distance)
    return np.exp(-(((second - nearest) / 3.4) ** 2))
