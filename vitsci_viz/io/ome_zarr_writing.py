"""OME-Zarr with a pyramid, streamed: memory stays at a few bands of chunks whatever the size."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.coarsening import block_mean, most_frequent, pyramid_bands
from vitsci_viz.io.colours import class_colour
from vitsci_viz.io.multiscale_writing import CHUNK, MultiscaleFacts, MultiscaleTarget, Version
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import LevelArray, Segmentation

Array = NDArray[Any]


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
    labels = segmentation.labels
    target = MultiscaleTarget(folder, _facts(segmentation, version, dtype=np.uint8))
    side = CHUNK[len(labels.shape)]
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
    values = known_probabilities(segmentation)
    lead = (len(segmentation.classes),)
    target = MultiscaleTarget(folder, _facts(segmentation, version, dtype=np.float16, lead=lead))
    side = CHUNK[len(segmentation.labels.shape)]
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


def row_bands(length: int, step: int, stage: str, progress: Progress) -> Iterator[slice]:
    """Yield bands of rows and report each one that is done."""
    for first in range(0, length, step):
        progress(stage, first, length)
        yield slice(first, min(first + step, length))
    progress(stage, length, length)


def _facts(segmentation: Segmentation, version: Version, *, dtype: Any, lead: tuple[int, ...] = ()) -> MultiscaleFacts:
    return MultiscaleFacts(
        name=segmentation.name, shape=tuple(int(n) for n in segmentation.labels.shape), dtype=dtype, lead=lead,
        spacing=segmentation.spacing, unit=segmentation.unit, version=version,
    )  # fmt: skip


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
