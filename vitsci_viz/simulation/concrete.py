"""Computed tomography of a concrete core: stones, mortar, voids and a crack, with rings and noise."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.simulation.lattice import uniform

CLASSES = {0: "air", 1: "mortar", 2: "aggregate", 3: "void", 4: "crack"}
"""Meaning of the mask; air is outside the core."""
_FACES = 13
_GREY = {"air": 2_000.0, "mortar": 21_000.0, "aggregate": 27_500.0}
_NOISE = 850.0

Field = NDArray[np.float32]


def ct_slice(shape: tuple[int, int] = (512, 512), seed: int = 0) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Make one slice across a core.

    Parameters
    ----------
    shape : (int, int)
        Size along each axis in pixels.
    seed : int
        Equal seeds give equal pixels.

    Returns
    -------
    image : (y, x) uint16
        Grey values that rise with the attenuation.
    mask : (y, x) uint8
        See `CLASSES`.
    """
    return _scan(tuple(shape), seed)


def ct_volume(
    shape: tuple[int, int, int] = (64, 64, 64), seed: int = 0
) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Make a volume of a core whose axis is z.

    Parameters
    ----------
    shape : (int, int, int)
        Size along each axis in pixels.
    seed : int
        Equal seeds give equal pixels.

    Returns
    -------
    volume : (z, y, x) uint16
    mask : (z, y, x) uint8
        See `CLASSES`.
    """
    return _scan(tuple(shape), seed)


def _scan(shape: tuple[int, ...], seed: int) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    if min(shape) < 8:
        raise InputError(f"a concrete core needs at least 8 pixels along every axis, got {shape}")
    radius = _radius(shape)
    mask = np.where(radius < 0.94, 1, 0).astype(np.uint8)
    grey = np.where(mask == 1, _GREY["mortar"], _GREY["air"]).astype(np.float32)
    grey += np.where(mask == 1, 900 * _smooth(shape, seed, 41, 1.4) + 500 * _smooth(shape, seed, 42, 6.0), 0)
    _set_stones(grey, mask, seed)
    _set_voids(grey, mask, seed)
    _set_crack(grey, mask, seed)
    blurred = _blur(grey, 0.7)
    blurred *= 1 + np.where(radius < 0.94, 0.07 * (radius**2 - 0.5), 0).astype(np.float32)
    blurred += _rings(radius, seed) + _NOISE * _smooth(shape, seed, 43, 0.6)
    return np.clip(np.rint(blurred), 0, 65_535).astype(np.uint16), mask


def _radius(shape: tuple[int, ...]) -> Field:
    """Return the distance from the core's axis as a fraction of half the shorter side."""
    rows, columns = np.indices(shape[-2:], dtype=np.float32)
    y, x = rows - (shape[-2] - 1) / 2, columns - (shape[-1] - 1) / 2
    plane = np.sqrt(y * y + x * x) / np.float32(min(shape[-2:]) / 2)
    return np.broadcast_to(plane.astype(np.float32), shape)


def _smooth(shape: tuple[int, ...], seed: int, salt: int, sigma: float) -> Field:
    """Return noise of unit deviation, smoothed over `sigma` pixels."""
    white = (uniform(seed, salt, *np.indices(shape, sparse=True)) - 0.5).astype(np.float32)
    field = _blur(white, sigma)
    return (field / field.std(dtype=np.float64)).astype(np.float32)


def _blur(field: Field, sigma: float) -> Field:
    from scipy import ndimage

    return np.asarray(ndimage.gaussian_filter(field, sigma, truncate=3.0, mode="nearest"), np.float32)


def _bodies(
    shape: tuple[int, ...], seed: int, salt: int, *, count: int, sizes: tuple[float, float], gap: float
) -> Iterator[tuple[list[float], float, list[float]]]:
    """Yield centre, radius and three more random numbers of bodies that keep their distance, largest first."""
    taken: list[tuple[list[float], float]] = []
    for index in range(count):
        draw = uniform(seed, salt, np.full(8, index), np.arange(8)).tolist()
        radius = min(shape[-2:]) * sizes[1] * (sizes[0] / sizes[1]) ** (index / count) * (0.85 + 0.3 * draw[3])
        centre = [n * (1.1 * u - 0.05) for n, u in zip(shape, draw[: len(shape)], strict=True)]
        if all(_distance(centre, other) > gap * (radius + reach) for other, reach in taken):
            taken.append((centre, radius))
            yield centre, radius, draw[4:7]


def _distance(a: list[float], b: list[float]) -> float:
    return float(np.sqrt(sum((p - q) ** 2 for p, q in zip(a, b, strict=True))))


def _around(shape: tuple[int, ...], centre: list[float], reach: float) -> tuple[slice, ...] | None:
    """Return the box of pixels within reach of a centre, or None if it is empty."""
    box = tuple(slice(max(0, int(c - reach)), min(n, int(c + reach) + 2)) for c, n in zip(centre, shape, strict=True))
    return box if all(part.start < part.stop for part in box) else None


def _offsets(box: tuple[slice, ...], centre: list[float]) -> list[Field]:
    grid = np.ogrid[box]
    return [np.asarray(axis - c, np.float32) for axis, c in zip(grid, centre, strict=True)]


def _set_stones(grey: Field, mask: NDArray[np.uint8], seed: int) -> None:
    """Set angular stones (each cut by random planes) into the mortar."""
    speckle = _smooth(grey.shape, seed, 44, 0.9)
    for number, (centre, radius, draw) in enumerate(
        _bodies(grey.shape, seed, 45, count=1400, sizes=(0.018, 0.125), gap=0.90)
    ):
        box = _around(grey.shape, centre, 1.35 * radius)
        if box is None:
            continue
        offsets = _offsets(box, centre)
        depth = np.full([part.stop - part.start for part in box], -1e9, np.float32)
        for face in range(_FACES):
            numbers = uniform(seed, 46, np.full(5, number), np.full(5, face), np.arange(5)) - 0.5
            normal = numbers[: len(offsets)] / np.sqrt((numbers[: len(offsets)] ** 2).sum())
            reach = radius * (0.88 + 0.35 * float(numbers[4]))
            depth = np.maximum(depth, sum(o * np.float32(n) for o, n in zip(offsets, normal, strict=True)) - reach)
        is_stone = (depth < 0) & (mask[box] == 1)
        tone = _GREY["aggregate"] + 5_500 * (draw[0] - 0.45) + (300 + 1_300 * draw[1] ** 2) * speckle[box]
        grey[box] = np.where(is_stone, tone, grey[box])
        mask[box][is_stone] = 2


def _set_voids(grey: Field, mask: NDArray[np.uint8], seed: int) -> None:
    """Set round pores into the mortar."""
    for centre, radius, draw in _bodies(grey.shape, seed, 47, count=260, sizes=(0.005, 0.026), gap=1.1):
        box = _around(grey.shape, centre, 1.4 * radius)
        if box is None:
            continue
        stretch = [0.85 + 0.3 * d for d in draw[: grey.ndim]]
        square = sum((o / s) ** 2 for o, s in zip(_offsets(box, centre), stretch, strict=True))
        is_void = (square < radius**2) & (mask[box] == 1)
        grey[box] = np.where(is_void, _GREY["air"] + 900, grey[box])
        mask[box][is_void] = 3


def _set_crack(grey: Field, mask: NDArray[np.uint8], seed: int) -> None:
    """Open a thin, wandering crack that runs through the mortar and around most stones."""
    shape = grey.shape
    wander = sum(
        amplitude * _smooth(shape, seed, 48 + k, min(shape[-2:]) * scale)
        for k, (amplitude, scale) in enumerate(((0.05, 0.09), (0.012, 0.02), (0.004, 0.006)))
    )
    columns = np.arange(shape[-1], dtype=np.float32) / shape[-1]
    rows = (np.arange(shape[-2], dtype=np.float32) / shape[-2])[:, None]
    across = np.abs(columns - 0.56 - 0.22 * (rows - 0.5) + wander) * shape[-1]
    half_width = np.maximum(0.55, min(shape[-2:]) * 0.0042) * (1.15 - 0.75 * rows)
    is_crack = (across < half_width) & ((mask == 1) | ((mask == 2) & (wander > -0.04)))
    grey[is_crack] = _GREY["air"] + 3_500
    mask[is_crack] = 4


def _rings(radius: Field, seed: int) -> Field:
    """Return ring artefacts: detector columns that differ a little, seen as circles about the axis."""
    bins = np.asarray(radius * 180, np.int64)
    strength = uniform(seed, 51, np.arange(int(bins.max()) + 1)) - 0.5
    weak = uniform(seed, 52, np.arange(int(bins.max()) + 1)) < 0.85
    return (1_500 * np.where(weak, 0.25, 1.0) * strength)[bins].astype(np.float32)
