"""Polygons of labelled areas as GeoJSON, as QuPath reads and writes them."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.io.colours import class_colour
from vitsci_viz.io.ome_zarr_writing import row_bands
from vitsci_viz.io.outlines import Area, outline
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Segmentation

ROWS = 512


def write_geojson(path: Path, segmentation: Segmentation, *, progress: Progress = silent) -> None:
    """Write a polygon for every connected area of every class but the background.

    The corners are those of pixels, in image pixels with (0, 0) the upper left corner of the image, as QuPath has
    them: filling the polygons gives the labels back exactly. Pixels that touch at a corner only belong to different
    polygons.

    Parameters
    ----------
    path : Path
        A temporary name (see `atomic.replacing`).
    segmentation : Segmentation
        Labels in two dimensions, read band by band; memory goes with the length of the outlines.
    progress : callable
        Counts rows; cancels by raising `Cancelled`.

    Raises
    ------
    InputError
        The labels are a volume, or so ragged that the outlines have too many corners.

    References
    ----------
    RFC 7946; QuPath's documentation, exporting annotations.
    """
    labels = segmentation.labels
    if len(labels.shape) != 2:
        raise InputError(f"GeoJSON holds polygons of pictures, got a volume {tuple(labels.shape)}: write .ome.zarr")
    parts = row_bands(labels.shape[0], ROWS, "labels", progress)
    bands = (np.asarray(labels[part]) for part in parts)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        separator = "\n"
        for number, area in enumerate(outline(bands, labels.shape[1])):
            if number % 1000 == 0:
                progress("polygons", 0, 1)
            file.write(separator + json.dumps(_feature(area, segmentation.classes)))
            separator = ",\n"
        file.write("\n]}\n")


def _feature(area: Area, classes: tuple[str, ...]) -> dict[str, Any]:
    """Return one area in QuPath's words."""
    name = classes[area.label] if area.label < len(classes) else f"class {area.label}"
    classification = {"name": name, "color": list(class_colour(area.label))}
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring.tolist() for ring in area.rings]},
        "properties": {"objectType": "annotation", "classification": classification},
    }
