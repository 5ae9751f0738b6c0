"""A virtual slide in the manner of haematoxylin and eosin, made tile by tile from a seed.

Nothing here is a diagnosis or a copy of a patient: it has the scales, colours and textures that a method for slides
meets (sharp small nuclei, smooth lumens and fat, empty glass), with masks that are true by construction.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.cells import place_nuclei, vacuoles
from vitsci_viz.simulation.glands import Glands, gland_radius, glands_near, select
from vitsci_viz.simulation.lattice import Points, Window, hash_bits, noise, smoothstep
from vitsci_viz.simulation.nuclei import draw_nuclei
from vitsci_viz.simulation.stain import GLASS, dye_colours
from vitsci_viz.simulation.tissue import FAT_LEVEL, Layout, fat_cells, fibres, lay_out

TILE = 1024
"""Side of the fixed tiles that a slide is made of."""
CLASSES = {0: "background", 1: "nuclei", 2: "glands"}
"""Meaning of the mask: a nucleus in a gland is a nucleus; a gland holds its lumen."""
UM_PER_PIXEL = 0.5
_MARGIN = 40
_NO_GLAND = 1e3


def virtual_slide(
    shape: tuple[int, int],
    seed: int = 0,
    *,
    region: tuple[int, int, int, int] | None = None,
    progress: Progress = silent,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make a slide, or a region of it, with its mask in memory.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the whole slide, at `UM_PER_PIXEL`.
    seed : int
        Equal seeds give equal pixels.
    region : (top, left, height, width), optional
        Only this part: the same pixels as in the whole slide.
    progress : Progress
        Told how far it is; may raise `Cancelled`.

    Returns
    -------
    image : (y, x, 3) uint8
    mask : (y, x) uint8
        See `CLASSES`.

    Raises
    ------
    InputError
        The size is not positive, or the region leaves the slide.
    """
    top, left, height, width = region or (0, 0, *shape)
    if min(height, width) < 1 or min(top, left) < 0 or top + height > shape[0] or left + width > shape[1]:
        raise InputError(f"a region must lie in the slide of {shape} and have pixels, got {(top, left, height, width)}")
    image, mask = np.empty((height, width, 3), np.uint8), np.empty((height, width), np.uint8)
    places = [
        (y, x)
        for y, x in tile_places(shape)
        if y + TILE > top and x + TILE > left and y < top + height and x < left + width
    ]
    for done, (y, x) in enumerate(places):
        progress("virtual slide", done, len(places))
        colours, classes = render_tile(shape, seed, y, x)
        source = _overlap((y, x), (top, left), classes.shape, (height, width))
        target = _overlap((top, left), (y, x), (height, width), classes.shape)
        image[target], mask[target] = colours[source], classes[source]
    progress("virtual slide", len(places), len(places))
    return image, mask


def _overlap(
    own: tuple[int, int], other: tuple[int, int], own_size: tuple[int, ...], other_size: tuple[int, ...]
) -> tuple[slice, ...]:
    """Return the part of one rectangle that another one covers."""
    return tuple(
        slice(max(0, b - a), min(n, b + m - a)) for a, b, n, m in zip(own, other, own_size, other_size, strict=True)
    )


def tile_places(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Return the first row and column of every tile, row by row."""
    return ((top, left) for top in range(0, shape[0], TILE) for left in range(0, shape[1], TILE))


def render_tile(shape: tuple[int, int], seed: int, top: int, left: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Make one tile of a slide; depends on nothing but its arguments.

    Parameters
    ----------
    shape : (int, int)
        Of the whole slide.
    seed : int
        Equal seeds give equal pixels.
    top, left : int
        First pixel; multiples of `TILE`.

    Returns
    -------
    image : (h, w, 3) uint8
    mask : (h, w) uint8
        Clipped to the slide.
    """
    inner = Window(top, left, min(TILE, shape[0] - top), min(TILE, shape[1] - left))
    window = inner.grown(_MARGIN)
    layout = lay_out(window, shape, seed)
    if layout.depth.max() < -2:
        return _develop(np.broadcast_to(GLASS, (*window.shape, 3)), window, seed), np.zeros(inner.shape, np.uint8)
    glands = _rooted(glands_near(window, seed), shape, seed)
    nearest, gap, owner = gland_radius(window, glands)
    is_gland = (nearest < 1) & (gap > 0.06) & (layout.depth > 6)
    haematoxylin, eosin, cover = _dyes(window, layout, glands, (nearest, is_gland, owner), seed)
    present = smoothstep(layout.depth, -1.5, 1.5)
    thickness = present * (1 + 0.10 * noise(window, 500, seed, 91))
    hue = 0.12 * noise(window, 2500, seed, 92)
    colours = dye_colours(haematoxylin * thickness * (1 + hue), eosin * thickness * (1 - hue))
    mask = np.where(cover * present > 0.5, 1, np.where(is_gland, 2, 0)).astype(np.uint8)
    return _develop(colours, window, seed), np.ascontiguousarray(mask[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN])


def _rooted(glands: Glands, shape: tuple[int, int], seed: int) -> Glands:
    """Keep the glands whose centre lies deep enough in glandular tissue."""
    place = lay_out(Points(glands.y, glands.x), shape, seed)
    return select(glands, (place.glandular > 0) & (place.depth > 0.7 * glands.along))


def _dyes(
    window: Window,
    layout: Layout,
    glands: Glands,
    place: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int32]],
    seed: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the densities of both dyes and the cover of the nuclei."""
    nearest, is_gland, owner = place
    size = np.append(np.sqrt(glands.along * glands.across), _NO_GLAND)[owner]
    grain, chromatin = noise(window, 6.5, seed, 97), noise(window, 3.2, seed, 96)
    strength, flow = fibres(window, (nearest - 1) * size, grain, seed)
    cleft = smoothstep(-strength, 0.62, 0.95)
    eosin = (0.46 + 0.22 * strength + 0.07 * noise(window, 130, seed, 94)) * (1 - 0.8 * cleft)
    haematoxylin = (0.09 + 0.05 * noise(window, 60, seed, 95) + 0.02 * grain) * (1 - 0.8 * cleft)
    is_fat = np.zeros(window.shape, bool)
    if layout.fat.max() > FAT_LEVEL - 0.5:
        wall, is_fat = fat_cells(window, seed)
        eosin = np.where(is_fat, 0.02 + 0.5 * wall, eosin)
        haematoxylin = np.where(is_fat, 0.01 + 0.12 * wall, haematoxylin)
    _fill_glands(window, glands, (nearest, is_gland, owner, size), (haematoxylin, eosin), grain, seed)
    nuclei = place_nuclei(window, layout, glands, (nearest, is_gland, owner), (flow, is_fat), seed)
    density, cover = draw_nuclei(nuclei, window, 0.75 * chromatin + 0.5 * grain)
    haematoxylin = haematoxylin * (1 - cover) + density
    return np.maximum(haematoxylin, 0), np.maximum(eosin * (1 - 0.55 * cover), 0), cover


def _fill_glands(
    window: Window,
    glands: Glands,
    place: tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int32], NDArray[np.float64]],
    dyes: tuple[NDArray[np.float64], NDArray[np.float64]],
    mottle: NDArray[np.float64],
    seed: int,
) -> None:
    """Paint cytoplasm, mucus and lumen into both dyes, in place."""
    nearest, is_gland, owner, size = place
    haematoxylin, eosin = dyes
    lumen = np.append(glands.lumen, 0.0)[owner] + 0.05 * noise(window, 24, seed, 98)
    atypia = np.append(glands.atypia, 0.0)[owner]
    edge = smoothstep((1 - nearest) * size, -0.5, 2.0) * is_gland
    body = (0.20 + 0.09 * atypia + 0.04 * mottle, 0.44 + 0.05 * mottle)
    mucus = vacuoles(window, glands, (nearest, is_gland, owner), seed)
    wisp = smoothstep(noise(window, 30, seed, 100) + 0.4 * mottle, 0.5, 1.1)
    open_part = smoothstep((lumen - nearest) * size, -1.5, 1.5)
    border = np.exp(-((((nearest - lumen) * size - 2.0) / 2.2) ** 2))
    for dye, cytoplasm, pale, brush, debris in zip(
        (haematoxylin, eosin), body, (0.10, 0.06), (0.03, 0.22), (0.03, 0.08), strict=True
    ):
        inside = cytoplasm + brush * border
        inside = inside + mucus * (pale - inside)
        inside = inside + open_part * (0.012 + debris * wisp - inside)
        dye += edge * (inside - dye)


def _develop(colours: NDArray[np.float64], window: Window, seed: int) -> NDArray[np.uint8]:
    """Blur as the optics do, add the sensor's noise, cut the margin off."""
    sharp = cv2.GaussianBlur(np.ascontiguousarray(colours), (0, 0), 0.75)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    rows = np.arange(window.top + _MARGIN, window.top + window.height - _MARGIN)
    columns = np.arange(window.left + _MARGIN, window.left + window.width - _MARGIN)
    bits = hash_bits(seed, 110, rows[:, None], columns[None, :])
    grey = _bytes_sum(bits, (0, 8, 16))
    grains = [0.9 * grey + 0.6 * _bytes_sum(bits, (24 + 12 * c, 28 + 12 * c)) for c in range(3)]
    return np.clip(np.rint(sharp + np.stack(grains, axis=-1)), 0, 255).astype(np.uint8)


def _bytes_sum(bits: NDArray[np.uint64], shifts: tuple[int, ...]) -> NDArray[np.float64]:
    """Return about normal numbers of unit variance from some bytes of random bits."""
    parts = [((bits >> np.uint64(shift)) & np.uint64(255)).astype(np.float64) - 127.5 for shift in shifts]
    return np.sum(parts, axis=0) / (73.9 * np.sqrt(len(shifts)))
