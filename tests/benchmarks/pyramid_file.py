"""A 64K^2 slide with its pyramid, as scanners write them: JPEG tiles, each level half of the one before."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

TILE = 512
QUALITY = 85


def write_pyramid(path: Path, image: NDArray[np.uint8], side: int) -> None:
    """Write a pyramidal TIFF whose finest level repeats an RGB image; every tile is compressed once.

    Parameters
    ----------
    path : Path
        Ends in .tif.
    image : (n, n, 3) uint8
        What repeats; n and `side` are powers of two.
    side : int
        Of the finest level.
    """
    levels = (side // TILE).bit_length() - 1
    shared = {"photometric": "rgb", "tile": (TILE, TILE), "compression": "jpeg", "dtype": np.uint8}
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for level in range(levels + 1):
            length = side >> level
            place = {"subifds": levels} if level == 0 else {"subfiletype": 1}
            file.write(_tiles(image, length), shape=(length, length, 3), **shared, **place)
            image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))


def _tiles(image: NDArray[np.uint8], length: int) -> Iterator[bytes]:
    """Yield the compressed tiles of a level, row by row."""
    repeats = max(1, -(-TILE // len(image)))
    period = np.tile(image, (repeats, repeats, 1))
    steps = range(0, len(period), TILE)
    pool = [[_compressed(period[top : top + TILE, left : left + TILE]) for left in steps] for top in steps]
    count = length // TILE
    return (pool[row % len(pool)][column % len(pool)] for row in range(count) for column in range(count))


def _compressed(tile: NDArray[np.uint8]) -> bytes:
    return imagecodecs.jpeg8_encode(np.ascontiguousarray(tile), level=QUALITY, outcolorspace="ycbcr")
