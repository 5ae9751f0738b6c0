"""A virtual slide of any size, streamed to a tiled pyramid on disk."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.pathology import TILE, UM_PER_PIXEL, render_tile

_FILE_TILE = 256
_SMALLEST = 512
"""A pyramid ends with the first level whose side is no longer than this."""
_WORKERS = 2
_BYTES_PER_PIXEL = 7
"""Disk that a slide needs at most while it is made, spools included."""

Shrink = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]


def mask_path(path: Path | str) -> Path:
    """Return where the mask of a slide lies: ``slide.tif`` has ``slide_mask.tif``."""
    path = Path(path)
    return path.with_name(f"{path.stem}_mask.tif")


def write_large_slide(path: Path | str, side: int = 16_384, seed: int = 0, progress: Progress = silent) -> Path:
    """Stream a square virtual slide and its mask to tiled pyramidal OME-TIFFs.

    Memory stays at a band of tiles whatever the side; the pixels are those of `pathology.render_tile` (JPEG,
    quality 90, in the slide; exact in the mask).

    Parameters
    ----------
    path : path
        The slide; its mask is written beside it (see `mask_path`). Existing files are replaced.
    side : int
        A multiple of 1,024.
    seed : int
        Equal seeds give equal pixels.
    progress : Progress
        Counts tiles; may raise `Cancelled`, and nothing is left behind then.

    Returns
    -------
    Path
        The slide.

    Raises
    ------
    InputError
        The side is no multiple of 1,024.
    OutputError
        The disk is too small.
    """
    path = Path(path)
    if side < TILE or side % TILE:
        raise InputError(f"the side of a large slide must be a multiple of {TILE:,}, got {side:,}")
    needed, free = _BYTES_PER_PIXEL * side * side, shutil.disk_usage(path.absolute().parent).free
    if free < needed:
        raise OutputError(
            f"a slide of side {side:,} needs up to {needed / 2**30:.1f} GiB of disk, {path.parent} has "
            f"{free / 2**30:.1f} GiB: choose a smaller side or another disk"
        )
    with replacing(path) as temporary, replacing(mask_path(path)) as temporary_mask:
        spool = temporary_mask.with_suffix(".spool")
        with spool.open("wb") as classes:
            bands = _rendered(side, seed, classes, progress)
            _write_pyramid(temporary, side, 3, bands, _mean_of_four, temporary.with_suffix(".half"))
        bands = _spooled(spool, side, 1)
        _write_pyramid(temporary_mask, side, 1, bands, _first_of_four, temporary_mask.with_suffix(".half"))
        spool.unlink()
    return path


def _rendered(side: int, seed: int, classes: Any, progress: Progress) -> Iterator[NDArray[np.uint8]]:
    """Yield bands of the slide, top to bottom, and spool the mask on the way."""
    count = side // TILE
    with ThreadPoolExecutor(_WORKERS) as pool:
        for row in range(count):
            jobs = [pool.submit(render_tile, (side, side), seed, row * TILE, column * TILE) for column in range(count)]
            band, mask = np.empty((TILE, side, 3), np.uint8), np.empty((TILE, side), np.uint8)
            try:
                for column, job in enumerate(jobs):
                    progress("large slide", row * count + column, count * count)
                    part = slice(column * TILE, (column + 1) * TILE)
                    band[:, part], mask[:, part] = job.result()
            finally:
                for job in jobs:
                    job.cancel()
            classes.write(mask)
            yield band
    classes.flush()
    progress("large slide", count * count, count * count)


def _spooled(spool: Path, side: int, channels: int) -> Iterator[NDArray[np.uint8]]:
    """Yield bands of raw pixels from a file."""
    rows = min(TILE, side)
    with spool.open("rb") as file:
        while data := file.read(rows * side * channels):
            band = np.frombuffer(data, np.uint8).reshape(-1, side, channels)
            yield band if channels > 1 else band[..., 0]


def _write_pyramid(
    path: Path, side: int, channels: int, bands: Iterator[NDArray[np.uint8]], shrink: Shrink, half: Path
) -> None:
    """Write a level from its bands while the next level is spooled beside it, until the level is small."""
    import tifffile

    sides = [side]
    while sides[-1] > _SMALLEST:
        sides.append(sides[-1] // 2)
    colour: dict[str, Any] = {"photometric": "rgb", "compression": "jpeg"}
    grey: dict[str, Any] = {"photometric": "minisblack", "compression": "deflate"}
    with tifffile.TiffWriter(path, bigtiff=True, ome=True) as writer:
        for number, level in enumerate(sides):
            following = half.with_suffix(f".half{number}")
            shape = (level, level, 3) if channels == 3 else (level, level)
            scale = UM_PER_PIXEL * 2**number
            with following.open("wb") as spool:
                writer.write(
                    _tiles(bands, shrink, spool),
                    shape=shape,
                    dtype=np.uint8,
                    tile=(_FILE_TILE, _FILE_TILE),
                    resolution=(1e4 / scale, 1e4 / scale),
                    resolutionunit="CENTIMETER",
                    maxworkers=_WORKERS,
                    **(colour | {"compressionargs": {"level": 90}} if channels == 3 else grey),
                    **_place_in_pyramid(number, sides, channels),
                )
            bands = _spooled(following, level // 2, channels)
        for number in range(len(sides)):
            half.with_suffix(f".half{number}").unlink()


def _place_in_pyramid(number: int, sides: list[int], channels: int) -> dict[str, Any]:
    """Return what tifffile needs to know of a level: the finest one carries the others."""
    if number:
        return {"subfiletype": 1, "metadata": None}
    size = {f"PhysicalSize{axis}": UM_PER_PIXEL for axis in "XY"}
    units = {f"PhysicalSize{axis}Unit": "µm" for axis in "XY"}
    metadata = {"axes": "YXS" if channels == 3 else "YX", "Creator": "vitsci_viz", **size, **units}
    return {"subifds": len(sides) - 1, "metadata": metadata}


def _tiles(bands: Iterator[NDArray[np.uint8]], shrink: Shrink, spool: Any) -> Iterator[NDArray[np.uint8]]:
    """Cut bands into the tiles of the file, and spool each band at half its size."""
    for band in bands:
        spool.write(np.ascontiguousarray(shrink(band)))
        for top in range(0, band.shape[0], _FILE_TILE):
            for left in range(0, band.shape[1], _FILE_TILE):
                yield np.ascontiguousarray(band[top : top + _FILE_TILE, left : left + _FILE_TILE])
    spool.flush()


def _mean_of_four(band: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    half = cv2.resize(band, (band.shape[1] // 2, band.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return half.astype(np.uint8, copy=False)


def _first_of_four(band: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return band[::2, ::2]
