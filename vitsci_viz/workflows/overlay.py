"""The overlay picture of a run: the image at screen size with its leaves, a volume as its three middle planes."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import OutputError
from vitsci_viz.patching.contrast import contrast_of, to_rgb
from vitsci_viz.patching.draw import draw_leaves, section
from vitsci_viz.types import Image, PatchTree

Array = NDArray[Any]
Pixels = NDArray[np.uint8]

LONGEST_PX = 4096
"""Longest side of a picture."""
SHORTEST_PX = 1024
"""Smaller images are enlarged by a whole factor up to about this, so that one-pixel lines stay fine."""
GAP_PX = 8
BACKGROUND = 24
BAND_BYTES = 64 * 2**20


def overlay_picture(image: Image, tree: PatchTree) -> Pixels:
    """Draw the leaves over the image.

    Parameters
    ----------
    image : Image
        Two or three spatial axes.
    tree : PatchTree
        Its leaves.

    Returns
    -------
    (h, w, 3) uint8
        At most 4,096 pixels on the longest side; a volume shows the planes (y, x), (y, z) and (z, x) through its
        middle, in true proportions.
    """
    levels = (int(tree.level.min()), int(tree.level.max()))
    if image.ndim == 2:
        pixels, factor = shrink(image)
        window = (0.0, 0.0, float(pixels.shape[1] * factor), float(pixels.shape[0] * factor))
        rgb = enlarge(to_rgb(pixels, contrast_of(pixels)))
        return draw_leaves(rgb, tree, window=window, levels=levels)
    return _middle_planes(image, tree, levels)


def encode_picture(rgb: Pixels, path: Path) -> bytes:
    """Encode a picture in the format that its name asks for.

    Raises
    ------
    OutputError
        The encoder refuses.
    """
    done, data = cv2.imencode(path.suffix, rgb[..., ::-1])
    if not done:
        raise OutputError(f"could not encode {path.name}: choose .png or .jpg")
    return data.tobytes()


def shrink(image: Image) -> tuple[Array, int]:
    """Average a 2-D image down by a whole factor to at most 4,096 pixels, reading it band by band.

    Parameters
    ----------
    image : Image
        Two spatial axes; the coarsest stored level that is still large enough is read.

    Returns
    -------
    pixels : (h, w, c)
        uint8 stays uint8, anything else becomes float32 where it is averaged.
    factor : int
        Pixels of the finest level per pixel; the last row and column may reach beyond the image.
    """
    factor = max(1, math.ceil(max(image.shape) / LONGEST_PX))
    level, step = _level_for(image, factor)
    rows, columns = (math.ceil(n / factor) for n in image.shape)
    band = max(1, BAND_BYTES // max(1, step * level.shape[1] * image.channels * 4))
    parts = []
    for first in range(0, rows, band):
        last = min(rows, first + band)
        pixels = np.asarray(level[first * step : last * step])
        pixels = pixels.reshape(*pixels.shape[:2], image.channels)
        parts.append(_average(pixels, last - first, columns, step))
    return np.concatenate(parts), factor


def enlarge(rgb: Pixels) -> Pixels:
    """Repeat the pixels of a small picture by a whole factor."""
    factor = max(1, SHORTEST_PX // max(rgb.shape[:2]))
    return rgb.repeat(factor, axis=0).repeat(factor, axis=1)


def _level_for(image: Image, factor: int) -> tuple[Any, int]:
    """Return the coarsest level whose step divides the factor exactly, and what is left of the factor."""
    for level in reversed(image.levels[1:]):
        ratio = [full / n for full, n in zip(image.shape, level.shape[: image.ndim], strict=True)]
        step = round(ratio[0])
        exact = all(
            math.ceil(full / step) >= n >= full // step for full, n in zip(image.shape, level.shape, strict=False)
        )
        if step > 1 and exact and factor % step == 0:
            return level, factor // step
    return image.data, factor


def _average(pixels: Array, rows: int, columns: int, step: int) -> Array:
    if pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float32)
    short = (rows * step - pixels.shape[0], columns * step - pixels.shape[1])
    if any(short):
        pixels = np.pad(pixels, ((0, max(0, short[0])), (0, max(0, short[1])), (0, 0)), mode="edge")
    if step == 1:
        return pixels[:rows, :columns]
    planes = [
        cv2.resize(np.ascontiguousarray(pixels[..., channel]), (columns, rows), interpolation=cv2.INTER_AREA)
        for channel in range(pixels.shape[-1])
    ]
    return np.stack(planes, axis=-1)


def _middle_planes(image: Image, tree: PatchTree, levels: tuple[int, int]) -> Pixels:
    spacing = np.array(image.spacing or (1.0,) * image.ndim)
    extent = np.array(image.shape) * spacing / spacing.min()
    scale = min(1.0, (LONGEST_PX - GAP_PX) / float(max(extent[1], extent[0]) + max(extent[2], extent[0])))
    if scale == 1.0:
        scale = float(math.ceil(SHORTEST_PX / extent.sum()))
    shown = np.maximum(1, np.round(extent * scale).astype(int))
    middle = [n // 2 for n in image.shape]
    planes = []
    for axis in range(3):
        key = tuple(middle[axis] if each == axis else slice(None) for each in range(3))
        pixels = np.asarray(image.data[key])
        planes.append(pixels.reshape(*pixels.shape[:2], image.channels))
    contrast = contrast_of(np.concatenate([plane.reshape(-1, image.channels) for plane in planes]))
    pictures = []
    for axis, plane in enumerate(planes):
        height, width = (int(shown[each]) for each in range(3) if each != axis)
        is_smaller = height < plane.shape[0] or width < plane.shape[1]
        method = cv2.INTER_AREA if is_smaller else cv2.INTER_NEAREST_EXACT
        resized = cv2.resize(to_rgb(plane, contrast), (width, height), interpolation=method)
        rgb = np.asarray(resized, np.uint8)
        pictures.append(draw_leaves(rgb, section(tree, axis=axis, index=middle[axis]), levels=levels))
    return _arrange(pictures, shown)


def _arrange(pictures: list[Pixels], shown: Array) -> Pixels:
    """Put (y, x) top left, (y, z) beside it and (z, x) below it, on shared axes."""
    z, y, x = (int(n) for n in shown)
    sheet = np.full((y + GAP_PX + z, x + GAP_PX + z, 3), BACKGROUND, np.uint8)
    across_z, across_y, across_x = pictures
    sheet[:y, :x] = across_z
    sheet[:y, x + GAP_PX :] = across_x.transpose(1, 0, 2)
    sheet[y + GAP_PX :, :x] = across_y
    return sheet
