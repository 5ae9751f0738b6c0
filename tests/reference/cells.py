"""Cells of the recursive halving, their order, and the detail inside each of them."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

Score = Callable[["Cell"], float]


@dataclass(frozen=True)
class Cell:
    """A box of the tree: first pixel, side on each axis, depth."""

    origin: tuple[int, ...]
    size: tuple[int, ...]
    level: int

    def slices(self, shape: tuple[int, ...]) -> tuple[slice, ...]:
        """Return the part of the box that lies inside the domain."""
        return tuple(slice(o, min(o + s, n)) for o, s, n in zip(self.origin, self.size, shape, strict=True))

    def children(self, shape: tuple[int, ...]) -> list["Cell"]:
        """Halve every axis; keep what touches the domain; first axis outermost (NW, NE, SW, SE)."""
        half = tuple(s // 2 for s in self.size)
        made = []
        for corner in itertools.product((0, 1), repeat=len(half)):
            origin = tuple(o + c * h for o, c, h in zip(self.origin, corner, half, strict=True))
            if all(o < n for o, n in zip(origin, shape, strict=True)):
                made.append(Cell(origin, half, self.level + 1))
        return made


def root(shape: tuple[int, ...], min_size: tuple[int, ...]) -> Cell:
    """Return the smallest box of side ``min_size * 2**k`` (one k) that covers every axis."""
    k = 0
    while any(m * 2**k < n for m, n in zip(min_size, shape, strict=True)):
        k += 1
    return Cell((0,) * len(shape), tuple(m * 2**k for m in min_size), 0)


def z_key(origin: tuple[int, ...], min_size: tuple[int, ...]) -> int:
    """Interleave the bits of the finest-cell indices, first axis most significant."""
    key = 0
    index = [o // m for o, m in zip(origin, min_size, strict=True)]
    for bit in reversed(range(32)):
        for value in index:
            key = 2 * key + (value >> bit & 1)
    return key


def sum_score(detail: np.ndarray) -> Score:
    """Score a cell by the detail summed over its pixels inside the domain."""
    shape = detail.shape

    def score(cell: Cell) -> float:
        return float(sum(float(value) for value in detail[cell.slices(shape)].ravel()))

    return score


def variance_score(image: np.ndarray, ndim: int) -> Score:
    """Score a cell by sum x^2 - (sum x)^2 / n over channels, n the pixels inside; exact for integers."""
    shape = image.shape[:ndim]
    channels = image.reshape(*shape, -1)

    def score(cell: Cell) -> float:
        pixels = channels[cell.slices(shape)].reshape(-1, channels.shape[-1])
        total = Fraction(0)
        for channel in pixels.T:
            values = [Fraction(value.item()) for value in channel]
            total += sum(value * value for value in values) - sum(values) ** 2 / Fraction(len(values))
        return float(total)

    return score
