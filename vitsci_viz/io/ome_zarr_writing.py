"""OME-Zarr with a pyramid, streamed: memory stays at a few bands of chunks whatever the size."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.coarsening import block_mean, level_shapes, most_frequent, pyramid_bands
from vitsci_viz.io.colours import class_colour
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import LevelArray, Segmentation

Array = NDArray[Any]
Version = Literal["0.4", "0.5"]

CHUNK = {2: 1024, 3: 64}
"""Side of a chunk by dimension."""
_UNITS = {"nm": "nanometer", "um": "micrometer", "mm": "millimeter", "cm": "centimeter", "m": "meter"}


def write_labels_zarr(
    folder: Path, segmentation: Segmentation, *, version: Version = "0.5", progress: Progress = silent
) -> None:
    """Write labels as an OME-Zarr label image: coarser levels hold the most frequent class of each block.

    Parameters
    ----------
    folder : Path
        Is made; the caller gives a temporary name (see `atomic.replacing`).
    segmentation : Segmentation
        Labels are read band by band.
    version : {"0.5", "0.4"}
        Of OME-NGFF; 0.4 (Zarr format 2) for older programs.
    progress : callable
        Counts rows; cancels by raising `Cancelled`.

    References
    ----------
    OME-NGFF specification, sections multiscales and labels.
    """
    labels, spatial = segmentation.labels, _spatial(segmentation)
    target = _Target(folder, segmentation, spatial, version)
    side = CHUNK[len(spatial)]
    bands = (np.asarray(labels[part]) for part in row_bands(labels.shape[0], side, "labels", progress))
    for level, first, band in pyramid_bands(bands, len(target.arrays), side, most_frequent):
        target.arrays[level][first : first + len(band)] = band
    target.describe({"image-label": _label_facts(segmentation.classes, version)})


def write_probabilities_zarr(
    folder: Path, segmentation: Segmentation, *, version: Version = "0.5", progress: Progress = silent
) -> None:
    """Write the probability of every class as float16, axes c then space; coarser levels are means.

    Parameters
    ----------
    folder, segmentation, version, progress
        As for `write_labels_zarr`.

    Raises
    ------
    InputError
        The segmentation has no probabilities.
    """
    values, spatial = known_probabilities(segmentation), _spatial(segmentation)
    target = _Target(folder, segmentation, f"c{spatial}", version)
    side = CHUNK[len(spatial)]
    parts = row_bands(values.shape[0], side, "probabilities", progress)
    bands = (np.asarray(values[part], np.float16) for part in parts)
    for level, first, band in pyramid_bands(bands, len(target.arrays), side, block_mean):
        target.arrays[level][:, first : first + len(band)] = np.moveaxis(band, -1, 0)
    target.describe({"omero": _channels(segmentation.classes)})


def known_probabilities(segmentation: Segmentation) -> LevelArray:
    """Return the probabilities of a segmentation.

    Raises
    ------
    InputError
        It has none.
    """
    if segmentation.probabilities is None:
        raise InputError(f"{segmentation.name} holds labels alone: predict it with its probabilities to write them")
    return segmentation.probabilities


def _spatial(segmentation: Segmentation) -> str:
    return "zyx"[3 - len(segmentation.labels.shape) :]


def row_bands(length: int, step: int, stage: str, progress: Progress) -> Iterator[slice]:
    """Yield bands of rows and report each one that is done."""
    for first in range(0, length, step):
        progress(stage, first, length)
        yield slice(first, min(first + step, length))
    progress(stage, length, length)


class _Target:
    """The arrays of one multiscale image; its metadata are written when all pixels are."""

    def __init__(self, folder: Path, segmentation: Segmentation, axes: str, version: Version) -> None:
        import zarr

        shapes = level_shapes(segmentation.labels.shape)
        lead = (len(segmentation.classes),) if axes.startswith("c") else ()
        self._segmentation, self._axes, self._version = segmentation, axes, version
        self._group = zarr.open_group(folder, mode="w", zarr_format=3 if version == "0.5" else 2)
        self.arrays: list[Any] = [
            self._group.create_array(
                str(number),
                shape=(*lead, *shape),
                chunks=(*(1 for _ in lead), *(min(CHUNK[len(shape)], n) for n in shape)),
                dtype=np.float16 if lead else np.uint8,
                fill_value=0,
                **_layout(version, axes),
            )
            for number, shape in enumerate(shapes)
        ]

    def describe(self, extra: dict[str, Any]) -> None:
        """Write axes, scales and what else there is to say."""
        datasets = [
            {"path": str(number), "coordinateTransformations": _transforms(number, self._segmentation, self._axes)}
            for number in range(len(self.arrays))
        ]
        unit = _UNITS.get(self._segmentation.unit or "") if self._segmentation.spacing is not None else None
        space = {"type": "space", **({"unit": unit} if unit else {})}
        axes = [{"name": letter, **({"type": "channel"} if letter == "c" else space)} for letter in self._axes]
        multiscales = {"name": self._segmentation.name, "axes": axes, "datasets": datasets}
        if self._version == "0.5":
            self._group.attrs.update({"ome": {"version": "0.5", "multiscales": [multiscales], **extra}})
        else:
            self._group.attrs.update({"multiscales": [{**multiscales, "version": "0.4"}], **extra})


def _layout(version: Version, axes: str) -> dict[str, Any]:
    if version == "0.5":
        return {"dimension_names": tuple(axes)}
    return {"chunk_key_encoding": {"name": "v2", "separator": "/"}}


def _transforms(level: int, segmentation: Segmentation, axes: str) -> list[dict[str, Any]]:
    """Return scale and shift of a level: the centre of its first block lies inside the image by half a block."""
    spatial = len(segmentation.labels.shape)
    spacing = segmentation.spacing or (1.0,) * spatial
    lead: Sequence[float] = (1.0,) if axes.startswith("c") else ()
    scale = [*lead, *(step * 2**level for step in spacing)]
    if level == 0:
        return [{"type": "scale", "scale": scale}]
    shift = [*(0.0 for _ in lead), *(step * (2**level - 1) / 2 for step in spacing)]
    return [{"type": "scale", "scale": scale}, {"type": "translation", "translation": shift}]


def _label_facts(classes: tuple[str, ...], version: Version) -> dict[str, Any]:
    colours = [[*class_colour(value), 255 if value else 0] for value in range(len(classes))]
    facts: dict[str, Any] = {
        "colors": [{"label-value": value, "rgba": colour} for value, colour in enumerate(colours)],
        "properties": [{"label-value": value, "class": name} for value, name in enumerate(classes)],
    }
    return facts if version == "0.5" else {"version": "0.4", **facts}


def _channels(classes: tuple[str, ...]) -> dict[str, Any]:
    window = {"min": 0.0, "max": 1.0, "start": 0.0, "end": 1.0}
    colours = ["".join(f"{part:02X}" for part in class_colour(value)) for value in range(len(classes))]
    return {
        "channels": [
            {"label": name, "color": colour, "window": window, "active": True}
            for name, colour in zip(classes, colours, strict=True)
        ]
    }
