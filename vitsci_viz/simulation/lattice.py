"""Random fields fixed by a seed and a place alone, so that any tile of them can be made by itself.

Everything is made from an integer hash of lattice points, in float64: the same on every machine and in every order.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.splines import join_splines

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_SPREAD = 1.9
"""Brings smoothed uniform noise back to about unit range."""


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels in slide coordinates; may reach below zero.

    Parameters
    ----------
    top, left : int
        First row and column.
    height, width : int
        Size in pixels.
    """

    top: int
    left: int
    height: int
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def rows(self) -> NDArray[np.float64]:
        """Row of each pixel as a column vector."""
        return np.arange(self.top, self.top + self.height, dtype=np.float64)[:, None]

    @property
    def columns(self) -> NDArray[np.float64]:
        """Column of each pixel as a row vector."""
        return np.arange(self.left, self.left + self.width, dtype=np.float64)[None, :]

    def grown(self, margin: int) -> "Window":
        """Return the window with a margin on every side."""
        return Window(self.top - margin, self.left - margin, self.height + 2 * margin, self.width + 2 * margin)

    def part(self, y: float, x: float, reach: float) -> tuple[slice, slice] | None:
        """Return where in the window's arrays the square around a point lies, or None if outside."""
        top, left = max(0, math.floor(y - reach) - self.top), max(0, math.floor(x - reach) - self.left)
        bottom = min(self.height, math.ceil(y + reach) - self.top)
        right = min(self.width, math.ceil(x + reach) - self.left)
        return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None

    def crop(self, part: tuple[slice, slice]) -> "Window":
        """Return the window that a part (of `part`) covers."""
        rows, columns = part
        return Window(
            self.top + rows.start, self.left + columns.start, rows.stop - rows.start, columns.stop - columns.start
        )


@dataclass(frozen=True, eq=False)
class Points:
    """Single places in slide coordinates; a field can be asked at them as well as in a window.

    Parameters
    ----------
    rows, columns : (n,) float64
    """

    rows: NDArray[np.float64]
    columns: NDArray[np.float64]


def hash_bits(seed: int, salt: int, *coordinates: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return 64 random bits for each lattice point (splitmix64 over the coordinates).

    Parameters
    ----------
    seed, salt : int
        One salt per quantity makes independent fields of one seed.
    *coordinates : integer arrays
        Broadcast against each other.
    """
    start = (seed * 1_000_003 + salt * 7_919 + 12_345) % 2**64
    bits = np.full((1,) * max(1, np.ndim(coordinates[0])), start, np.uint64)
    for values in coordinates:
        bits = bits ^ (np.asarray(values).astype(np.int64).view(np.uint64) * _GOLDEN)
        bits = (bits ^ (bits >> np.uint64(30))) * _MIX_1
        bits = (bits ^ (bits >> np.uint64(27))) * _MIX_2
        bits = bits ^ (bits >> np.uint64(31))
    return bits


def uniform(seed: int, salt: int, *coordinates: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each lattice point."""
    return (hash_bits(seed, salt, *coordinates) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def noise(place: Window | Points, spacing: float, seed: int, salt: int) -> NDArray[np.float64]:
    """Return smooth noise of about [-1, 1]: random values on a lattice, joined by cubic B-splines.

    Parameters
    ----------
    place : Window or Points
        Where to ask.
    spacing : float
        Distance of the lattice points in pixels: the size of the blobs.
    seed, salt : int
        One salt per quantity makes independent fields of one seed.

    Returns
    -------
    (height, width) or (n,) float64
    """
    if isinstance(place, Points):
        return _noise_at(place, spacing, seed, salt)
    row, row_fraction = _cell_and_fraction(place.rows.ravel(), spacing)
    column, column_fraction = _cell_and_fraction(place.columns.ravel(), spacing)
    rows, columns = np.arange(row[0] - 1, row[-1] + 3), np.arange(column[0] - 1, column[-1] + 3)
    nodes = (uniform(seed, salt, rows[:, None], columns[None, :]) * 2 - 1) * _SPREAD
    weights = np.stack(_spline_basis(row_fraction)), np.stack(_spline_basis(column_fraction))
    return join_splines(nodes, row - row[0], column - column[0], *weights)


def fractal(place: Window | Points, spacing: float, seed: int, salt: int, *, octaves: int = 3) -> NDArray[np.float64]:
    """Return a sum of noises, each half as wide and half as strong as the one before."""
    parts = [noise(place, spacing / 2**k, seed, salt + 101 * k) * 0.5**k for k in range(octaves)]
    return np.sum(parts, axis=0)


def _noise_at(points: Points, spacing: float, seed: int, salt: int) -> NDArray[np.float64]:
    row, row_fraction = _cell_and_fraction(points.rows, spacing)
    column, column_fraction = _cell_and_fraction(points.columns, spacing)
    total = np.zeros(len(points.rows))
    for i, row_weight in enumerate(_spline_basis(row_fraction)):
        for j, column_weight in enumerate(_spline_basis(column_fraction)):
            nodes = uniform(seed, salt, row - 1 + i, column - 1 + j) * 2 - 1
            total += nodes * row_weight * column_weight
    return total * _SPREAD


def _cell_and_fraction(positions: NDArray[np.float64], spacing: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    scaled = positions / spacing
    cell = np.floor(scaled)
    return cell.astype(np.int64), scaled - cell


def _spline_basis(f: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return the four cubic B-spline weights at a fraction of a cell."""
    return (1 - f) ** 3 / 6, (3 * f**3 - 6 * f**2 + 4) / 6, (-3 * f**3 + 3 * f**2 + 3 * f + 1) / 6, f**3 / 6


def jittered_points(
    window: Window, spacing: float, seed: int, salt: int, *, jitter: float = 0.8
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return one random point per lattice cell that lies in or near the window.

    Returns
    -------
    row_index, column_index : (n,) int64
        The cell: key for further random properties of the point.
    y, x : (n,) float64
        The point in slide coordinates.
    """
    rows = np.arange(np.floor(window.top / spacing) - 1, np.ceil((window.top + window.height) / spacing) + 1)
    columns = np.arange(np.floor(window.left / spacing) - 1, np.ceil((window.left + window.width) / spacing) + 1)
    i, j = (grid.ravel().astype(np.int64) for grid in np.meshgrid(rows, columns, indexing="ij"))
    y = (i + 0.5 + (uniform(seed, salt, i, j) - 0.5) * jitter) * spacing
    x = (j + 0.5 + (uniform(seed, salt + 1, i, j) - 0.5) * jitter) * spacing
    return i, j, y, x


def smoothstep(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Go smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)
