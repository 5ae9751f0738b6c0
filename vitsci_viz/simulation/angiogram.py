"""Virtual subtraction angiograms: arteries with contrast medium on a ground that is taken away but for its motion.

Light follows Beer and Lambert's law over the length of the ray through tissue, ribs, spine, arteries, catheter and
wires. A frame without contrast medium is subtracted in the logarithm, as in digital subtraction angiography; the body
has moved a little in between, so that edges of bone and wires remain as pale and dark lines. Quanta are counted with
Poisson noise (taken as normal, which it is at these counts).
"""

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.simulation.branches import Growth, Segment, Tip, depth_inside, grow_branches, path_length
from vitsci_viz.simulation.lattice import Window, noise, smoothstep, uniform

FIELD_MM = 180.0
"""Side of the field of view, whatever its pixels."""
QUANTA = 3000.0
"""Counted in a pixel of the open beam."""
CONTRAST, STEEL = 0.16, 0.9
"""Attenuation of arteries with contrast medium and of wires, a millimetre."""
TRUNK_MM, LEAST_MM = 3.2, 0.9
"""Diameter of the two main arteries where they begin, and the least that is filled."""
CATHETER_MM, WIRE_MM, LEAD_MM = 2.0, 0.45, 0.7
"""Diameters."""
MOTION_PX = 0.8
"""The furthest that the body moves along an axis between the two frames."""
GREY, GAIN = 170.0, 230.0
"""Grey level of no difference, and grey levels for an attenuation of one."""


def angiogram(side: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make one subtracted frame of an early arterial phase, a field of 180 mm.

    Arteries are about two percent of the pixels. The catheter, filled too, is as wide and as dark; it and what
    motion leaves of wires and bone belong to the ground.

    Parameters
    ----------
    side : int
        Of the square image in pixels; 512 is the usual matrix of angiography.
    seed : int
        Equal seeds give equal pixels.

    Returns
    -------
    image : (y, x) uint8
    mask : (y, x) uint8
        1 where an artery covers a pixel's centre.
    """
    window, pixel = Window(0, 0, side, side), FIELD_MM / side
    root = (side * _draw(seed, 0, 0.2, 0.36), side * _draw(seed, 1, 0.26, 0.44))
    arteries = _arteries(root, side, pixel, seed)
    moved = (_draw(seed, 2, -MOTION_PX, MOTION_PX), _draw(seed, 3, -MOTION_PX, MOTION_PX))
    before = _body(window, side, pixel, seed, moved)
    after = _body(window, side, pixel, seed, (0.0, 0.0))
    for segments, share in ((arteries, 1.0), (_catheter(root, side, pixel, seed), 0.8)):
        after = after + share * CONTRAST * pixel * path_length(segments, window)
    difference = _counted(after, window, seed, 61) - _counted(before, window, seed, 63)
    image = np.clip(np.rint(GREY - GAIN * difference), 0, 255).astype(np.uint8)
    return image, (depth_inside(arteries, window) >= 0).astype(np.uint8)


def _counted(attenuation: NDArray[np.float64], window: Window, seed: int, salt: int) -> NDArray[np.float64]:
    """Return the attenuation as it is read from counted quanta."""
    quanta = QUANTA * np.exp(-attenuation)
    return -np.log(np.maximum(quanta + np.sqrt(quanta) * _normal(window, seed, salt), 1) / QUANTA)


def _arteries(root: tuple[float, float], side: int, pixel: float, seed: int) -> list[Segment]:
    """Grow the two main arteries and their branches."""
    tips: list[Tip] = [
        (*root, _draw(seed, 10, 0.9, 1.4), TRUNK_MM / 2 / pixel),
        (*root, _draw(seed, 11, -0.1, 0.5), 0.9 * TRUNK_MM / 2 / pixel),
    ]
    growth = Growth(
        step=max(1.0, side / 80), bend=0.45, fork=0.06, thinning=(0.972, 0.018), least_radius=LEAST_MM / 2 / pixel
    )
    return grow_branches(tips, (side, side), growth, seed)


def _catheter(root: tuple[float, float], side: int, pixel: float, seed: int) -> list[Segment]:
    """Lay a tube of even width from the upper edge to the mouth of the arteries."""
    start = (-4.0, root[1] + side * _draw(seed, 4, -0.12, 0.02))
    bow = side * _draw(seed, 5, 0.04, 0.12)
    return _curve(start, root, bow, CATHETER_MM / 2 / pixel)


def _lead(side: int, pixel: float, seed: int) -> list[Segment]:
    """Lay the lead of an electrode across the field."""
    start, end = (side * _draw(seed, 6, 0.5, 1.0), -4.0), (side * _draw(seed, 7, 0.3, 1.0), side + 4.0)
    return _curve(start, end, side * _draw(seed, 8, -0.15, 0.15), LEAD_MM / 2 / pixel)


def _sternal_wires(side: int, pixel: float, seed: int) -> list[Segment]:
    """Lay the twisted ends of wires that close a sternum, one below the other."""
    segments: list[Segment] = []
    column = side * _draw(seed, 9, 0.55, 0.75)
    for number in range(3):
        top = side * (0.12 + 0.3 * number + _draw(seed, 12 + number, 0.0, 0.1))
        long, tilt = side * _draw(seed, 20 + number, 0.04, 0.08), _draw(seed, 30 + number, -0.8, 0.8)
        end = (top + long * math.cos(tilt), column + long * math.sin(tilt))
        for bow in (0.3 * long, -0.3 * long):
            segments += _curve((top, column), end, bow, WIRE_MM / 2 / pixel)
    return segments


def _curve(start: tuple[float, float], end: tuple[float, float], bow: float, radius: float) -> list[Segment]:
    """Return an arc of even radius between two points; `bow` is its height over the chord in pixels."""
    along = np.linspace(0, 1, 33)[:, None]
    chord = np.subtract(end, start)
    across = np.array([-chord[1], chord[0]]) / max(float(np.hypot(*chord)), 1e-9)
    points = (np.asarray(start) + along * chord + 4 * bow * along * (1 - along) * across).tolist()
    return [(y0, x0, y1, x1, radius, radius) for (y0, x0), (y1, x1) in itertools.pairwise(points)]


def _body(window: Window, side: int, pixel: float, seed: int, moved: tuple[float, float]) -> NDArray[np.float64]:
    """Return the attenuation of tissue, spine, ribs and wires, moved by a fraction of a pixel."""
    y, x = (window.rows + moved[0]) / side, (window.columns + moved[1]) / side
    spine = 0.25 * smoothstep(0.1 - np.abs(x - _draw(seed, 42, 0.05, 0.2)), -0.03, 0.03)
    spine = spine * (1 + 0.25 * np.sin(2 * math.pi * (8 * y + _draw(seed, 43, 0, 1))))
    ribs = np.zeros(window.shape)
    for number in range(4):
        middle = 0.05 + 0.27 * number + 0.35 * (x - 0.2) ** 2 + _draw(seed, 44 + number, -0.04, 0.04)
        ribs += 0.12 * smoothstep(0.03 - np.abs(y - middle), -0.008, 0.008)
    wires = [_moved(each, *moved) for each in (*_sternal_wires(side, pixel, seed), *_lead(side, pixel, seed))]
    metal = STEEL * pixel * path_length(wires, window)
    return 0.6 + 0.12 * noise(window, side / 5, seed, 51) + spine + ribs + metal


def _moved(segment: Segment, up: float, left: float) -> Segment:
    y0, x0, y1, x1, radius0, radius1 = segment
    return y0 - up, x0 - left, y1 - up, x1 - left, radius0, radius1


def _normal(window: Window, seed: int, salt: int) -> NDArray[np.float64]:
    """Return standard normal noise (Box and Muller)."""
    places = np.indices(window.shape)
    size = np.sqrt(-2 * np.log1p(-uniform(seed, salt, *places)))
    return size * np.cos(2 * math.pi * uniform(seed, salt + 1, *places))


def _draw(seed: int, number: int, low: float, high: float) -> float:
    """Return one random number of a frame."""
    return low + (high - low) * float(uniform(seed, 60, np.array([number]))[0])
