"""Tiled TIFF with a pyramid, streamed: memory stays at a band of tiles whatever the size."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.coarsening import level_shapes, most_frequent
from vitsci_viz.io.ome_zarr_writing import known_probabilities, row_bands
from vitsci_viz.io.writing import physical_sizes
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import UNITS_IN_UM, LevelArray, Segmentation

Array = NDArray[Any]

TILE = 512
ROWS = 2 * TILE
"""Rows of a band: two tiles, so that its half is whole tiles again."""
_LEVEL = 6
"""Of deflate: labels shrink to almost nothing at any level."""
_BIG_BYTES = 2**31
"""From this many uncompressed bytes a file is a BigTIFF."""


def write_labels_tiff(path: Path, segmentation: Segmentation, *, progress: Progress = silent) -> None:
    """Write labels as a tiled TIFF, an OME-TIFF where the spacing is known.

    Pictures get a pyramid (SubIFDs) whose levels hold the most frequent class of each block; volumes are pages
    without one. An OME-TIFF keeps the names of the classes as a map annotation.

    Parameters
    ----------
    path : Path
        A temporary name (see `atomic.replacing`).
    segmentation : Segmentation
        Labels are read band by band.
    progress : callable
        Counts rows; cancels by raising `Cancelled`.
    """
    labels = segmentation.labels
    is_volume = len(labels.shape) > 2
    parts = row_bands(labels.shape[0], 1 if is_volume else ROWS, "labels", progress)
    bands = (np.asarray(labels[part]) for part in parts)
    with _writer(path, segmentation, 1, ome=segmentation.spacing is not None) as writer:
        if is_volume:
            metadata = _metadata(segmentation, "ZYX")
            _write_planes(writer, bands, labels.shape, np.uint8, metadata=metadata, **_resolution(segmentation, 1))
        else:
            _write_pyramid(writer, path, segmentation, bands)


def write_probabilities_tiff(path: Path, segmentation: Segmentation, *, progress: Progress = silent) -> None:
    """Write the probability of every class as float16, a page a class (and a plane, in volumes), without a pyramid.

    OME knows no half precision, so the spacing is in the resolution tags alone: that of z is lost.

    Parameters
    ----------
    path, segmentation, progress
        As for `write_labels_tiff`.

    Raises
    ------
    InputError
        The segmentation has no probabilities.
    """
    values = known_probabilities(segmentation)
    shape = tuple(int(n) for n in values.shape[:-1])
    axes = {"axes": "CZYX" if len(shape) > 2 else "CYX"}
    with _writer(path, segmentation, 2 * len(segmentation.classes)) as writer:
        planes, whole = _class_planes(segmentation, values, progress), (values.shape[-1], *shape)
        _write_planes(writer, planes, whole, np.float16, metadata=axes, **_resolution(segmentation, 1))


def _class_planes(segmentation: Segmentation, values: LevelArray, progress: Progress) -> Iterator[Array]:
    """Yield the bands of one class after the other; those of a volume are planes."""
    length, *rest = values.shape
    rows = 1 if len(rest) > 2 else ROWS
    for index, name in enumerate(segmentation.classes):
        for part in row_bands(length, rows, f"probabilities of {name}", progress):
            yield np.asarray(values[(part, ..., slice(index, index + 1))], np.float16)[..., 0]


def _write_planes(writer: Any, bands: Iterator[Array], shape: tuple[int, ...], dtype: Any, **extra: Any) -> None:
    flat = (band.reshape(band.shape[-2:]) for band in bands)
    writer.write(_tiles(flat), shape=shape, dtype=dtype, **_FORMAT, **extra)


def _write_pyramid(writer: Any, path: Path, segmentation: Segmentation, bands: Iterator[Array]) -> None:
    """Write a level from its bands while the next one is spooled beside the file."""
    shapes = level_shapes(segmentation.labels.shape)
    for number, shape in enumerate(shapes):
        spool = path.with_name(f"level{number + 1}.spool")
        extra: dict[str, Any] = {"subfiletype": 1, "metadata": None}
        if number == 0:
            extra = {"subifds": len(shapes) - 1, "metadata": _metadata(segmentation, "YX")}
        with spool.open("wb") as coarser:
            source = bands if number == len(shapes) - 1 else _spooling(bands, coarser)
            resolution = _resolution(segmentation, 2**number)
            writer.write(_tiles(source), shape=shape, dtype=np.uint8, **resolution, **_FORMAT, **extra)
        bands = _spooled(spool, -(-shape[1] // 2))


_FORMAT: dict[str, Any] = {
    "tile": (TILE, TILE),
    "photometric": "minisblack",
    "compression": "deflate",
    "compressionargs": {"level": _LEVEL},
    "maxworkers": 2,
}


def _writer(path: Path, segmentation: Segmentation, pixel_bytes: int, *, ome: bool = False) -> Any:
    import tifffile

    size_bytes = math.prod(segmentation.labels.shape) * pixel_bytes
    return tifffile.TiffWriter(path, bigtiff=size_bytes >= _BIG_BYTES, ome=ome)


def _metadata(segmentation: Segmentation, axes: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"axes": axes}
    if segmentation.spacing is None:
        return metadata
    names = {str(value): name for value, name in enumerate(segmentation.classes)}
    sizes = physical_sizes(axes.lower(), segmentation.spacing, segmentation.unit)
    return {**metadata, **sizes, "MapAnnotation": names}


def _resolution(segmentation: Segmentation, factor: int) -> dict[str, Any]:
    """Return the tags that programs read which know no OME: pixels per centimetre."""
    length = UNITS_IN_UM.get(segmentation.unit or "")
    if segmentation.spacing is None or length is None:
        return {}
    height, width = (1e4 / (step * length * factor) for step in segmentation.spacing[-2:])
    return {"resolution": (width, height), "resolutionunit": "CENTIMETER"}


def _tiles(bands: Iterator[Array]) -> Iterator[Array]:
    """Cut bands into tiles in the order of the file, filled up with zeros at the far edges."""
    for band in bands:
        for top in range(0, band.shape[0], TILE):
            for left in range(0, band.shape[1], TILE):
                part = band[top : top + TILE, left : left + TILE]
                missing = [(0, TILE - n) for n in part.shape]
                yield np.pad(part, missing) if part.shape != (TILE, TILE) else np.ascontiguousarray(part)


def _spooling(bands: Iterator[Array], coarser: Any) -> Iterator[Array]:
    """Hand bands on and write each at half its size to a file."""
    for band in bands:
        coarser.write(most_frequent(band))
        yield band
    coarser.flush()


def _spooled(path: Path, width: int) -> Iterator[Array]:
    """Yield the bands of a level from a file, and remove it."""
    with path.open("rb") as file:
        while data := file.read(ROWS * width):
            yield np.frombuffer(data, np.uint8).reshape(-1, width)
    path.unlink()
