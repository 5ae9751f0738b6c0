"""Branching tubes: they grow step by step, bend, thin and fork, and lie on an image as tapering segments."""

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.lattice import Window, uniform

Segment = tuple[float, float, float, float, float, float]
"""y, x of both ends, and the radius at both, in pixels."""
Tip = tuple[float, float, float, float]
"""y, x, direction in radians, radius."""
MOST_SEGMENTS = 6000


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How a tree of tubes grows.

    Parameters
    ----------
    step : float
        Length of a segment in pixels.
    bend : float
        Widest change of direction in a step, both ways together, in radians.
    fork : float
        Chance of a fork in a step.
    thinning : (float, float)
        Least factor on the radius in a step, and what chance adds to it.
    least_radius : float
        A tube that becomes thinner ends.
    """

    step: float
    bend: float
    fork: float
    thinning: tuple[float, float]
    least_radius: float


def grow_branches(tips: Sequence[Tip], shape: tuple[int, int], growth: Growth, seed: int) -> list[Segment]:
    """Grow a tree from its first tips until every branch has thinned out or left the image."""
    waiting = deque(tips)
    segments: list[Segment] = []
    low, high = growth.thinning
    for number in range(MOST_SEGMENTS):
        if not waiting:
            break
        y, x, direction, radius = waiting.popleft()
        bend, fork, side, thin = uniform(seed, 30, np.full(4, number), np.arange(4)).tolist()
        direction += growth.bend * (bend - 0.5)
        new_y, new_x = y + growth.step * math.sin(direction), x + growth.step * math.cos(direction)
        new_radius = radius * (low + high * thin)
        segments.append((y, x, new_y, new_x, radius, new_radius))
        is_outside = not all(-growth.step < p < n + growth.step for p, n in zip((new_y, new_x), shape, strict=True))
        if new_radius < growth.least_radius or is_outside:
            continue
        if fork < growth.fork:
            turn = 0.35 + 0.5 * side
            waiting.append((new_y, new_x, direction + turn, new_radius * 0.72))
            waiting.append((new_y, new_x, direction - 0.6 * turn, new_radius * 0.9))
        else:
            waiting.append((new_y, new_x, direction, new_radius))
    return segments


Part = tuple[slice, slice]


def near_segments(
    segments: Sequence[Segment], window: Window
) -> Iterator[tuple[Part, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield for each segment the pixels near it, their distance from its axis and its radius there.

    Yields
    ------
    part : (slice, slice)
        Where in arrays of the window's shape.
    distance, radius : (h, w) float64
        In pixels.
    """
    for y0, x0, y1, x1, radius0, radius1 in segments:
        reach = math.hypot(y1 - y0, x1 - x0) / 2 + max(radius0, radius1) + 3
        part = window.part((y0 + y1) / 2, (x0 + x1) / 2, reach)
        if part is None:
            continue
        place = window.crop(part)
        dy, dx = y1 - y0, x1 - x0
        along = ((place.rows - y0) * dy + (place.columns - x0) * dx) / (dy * dy + dx * dx)
        along = np.clip(along, 0, 1)
        distance = np.hypot(place.rows - y0 - along * dy, place.columns - x0 - along * dx)
        yield part, distance, radius0 + along * (radius1 - radius0)


def depth_inside(segments: Sequence[Segment], window: Window) -> NDArray[np.float64]:
    """Return how far each pixel's centre lies inside the tubes, in pixels; below zero outside, -1e3 far away."""
    inside = np.full(window.shape, -1e3)
    for part, distance, radius in near_segments(segments, window):
        np.maximum(inside[part], radius - distance, out=inside[part])
    return inside


def path_length(segments: Sequence[Segment], window: Window) -> NDArray[np.float64]:
    """Return the length of a ray through the tubes at each pixel's centre, in pixels: the chord of a round tube."""
    length = np.zeros(window.shape)
    for part, distance, radius in near_segments(segments, window):
        chord = 2 * np.sqrt(np.maximum(radius**2 - distance**2, 0))
        np.maximum(length[part], chord, out=length[part])
    return length
