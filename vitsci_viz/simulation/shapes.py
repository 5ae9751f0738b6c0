"""Plain shapes with exact masks, and thin branching vessels."""

import math

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.simulation.branches import Growth, Segment, depth_inside, grow_branches
from vitsci_viz.simulation.lattice import Window, noise, smoothstep, uniform

DARK, BRIGHT = 60, 190
Sample = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""An image and its mask."""


def checkerboard(shape: tuple[int, ...], cell: int = 8) -> Sample:
    """Make a checkerboard in any dimension; the mask is 1 on the bright cells.

    >>> checkerboard((2, 4), 1)[1].tolist()
    [[0, 1, 0, 1], [1, 0, 1, 0]]
    """
    if cell < 1:
        raise InputError(f"the cell of a checkerboard must have at least one pixel, got {cell}")
    mask = (np.sum(np.indices(shape) // cell, axis=0) % 2).astype(np.uint8)
    return _two_tones(mask), mask


def disks(shape: tuple[int, ...], seed: int = 0, *, count: int = 12) -> Sample:
    """Make disks (balls in 3-D) on a flat ground; a pixel is inside if its centre is.

    Parameters
    ----------
    shape : tuple of int
        Size along each axis in pixels.
    seed : int
        Equal seeds give equal pixels.
    count : int
        How many.
    """
    mask = np.zeros(shape, np.uint8)
    grid = np.indices(shape, sparse=True)
    for index in range(count):
        draw = _draws(seed, index, len(shape) + 1)
        radius = min(shape) * (0.04 + 0.10 * draw[-1])
        square = sum((axis - n * u) ** 2 for axis, n, u in zip(grid, shape, draw, strict=False))
        mask[square <= radius**2] = 1
    return _two_tones(mask), mask


def squares(shape: tuple[int, ...], seed: int = 0, *, count: int = 12) -> Sample:
    """Make axis-parallel squares (cubes in 3-D) on a flat ground.

    Parameters
    ----------
    shape : tuple of int
        Size along each axis in pixels.
    seed : int
        Equal seeds give equal pixels.
    count : int
        How many.
    """
    mask = np.zeros(shape, np.uint8)
    for index in range(count):
        draw = _draws(seed, index, len(shape) + 1)
        side = max(1, int(min(shape) * (0.06 + 0.16 * draw[-1])))
        first = [int(n * u * 0.9) for n, u in zip(shape, draw, strict=False)]
        mask[tuple(slice(f, f + side) for f in first)] = 1
    return _two_tones(mask), mask


def vessels(shape: tuple[int, int], seed: int = 0) -> Sample:
    """Make thin branching vessels on a softly lit ground, in the manner of a fundus photograph.

    Parameters
    ----------
    shape : (int, int)
        Size along each axis in pixels.
    seed : int
        Equal seeds give equal pixels.

    Returns
    -------
    image : (y, x, 3) uint8
    mask : (y, x) uint8
        1 where a vessel covers a pixel's centre.
    """
    window = Window(0, 0, *shape)
    inside = depth_inside(_fundus(shape, seed), window)
    light = (
        1.0
        - 0.45
        * (((window.rows - shape[0] / 2) / shape[0]) ** 2 + ((window.columns - shape[1] / 2) / shape[1]) ** 2)
        * 2
    )
    light = light * (1 + 0.05 * noise(window, min(shape) / 6, seed, 31) + 0.02 * noise(window, 6, seed, 32))
    cover = smoothstep(inside, -1.2, 1.2) * 0.75
    ground, blood = np.array([214.0, 112.0, 62.0]), np.array([150.0, 38.0, 30.0])
    colours = light[..., None] * (ground + cover[..., None] * (blood - ground))
    grain = uniform(seed, 33, *np.indices((*shape, 3)))
    image = np.clip(np.rint(colours + 6 * (grain - 0.5)), 0, 255).astype(np.uint8)
    return image, (inside >= 0).astype(np.uint8)


def _fundus(shape: tuple[int, int], seed: int) -> list[Segment]:
    """Grow vessels outwards from one disc."""
    short = min(shape)
    start = (shape[0] * 0.52, shape[1] * 0.24)
    trunk = short / 110 + 0.8
    tips = [(*start, 2 * math.pi * (k + 0.3) / 6, trunk * (0.8 + 0.2 * (k % 2))) for k in range(6)]
    growth = Growth(step=max(2.0, short / 80), bend=0.5, fork=0.09, thinning=(0.975, 0.015), least_radius=0.55)
    return grow_branches(tips, shape, growth, seed)


def _draws(seed: int, index: int, count: int) -> list[float]:
    return uniform(seed, 30, np.full(count, index), np.arange(count)).tolist()


def _two_tones(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where(mask > 0, BRIGHT, DARK).astype(np.uint8)
