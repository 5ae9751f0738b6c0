"""Label one image with a trained model and write what it found."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import check_output
from vitsci_viz.errors import InputError
from vitsci_viz.io.label_writing import probabilities_place, write_segmentation
from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import LevelArray, Recipe, Report, Segmentation
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.inputs import open_inputs
from vitsci_viz.workflows.machine import Stopwatch, peak_rss_bytes, using_threads, versions
from vitsci_viz.workflows.segment_options import PredictOptions
from vitsci_viz.workflows.segmenting import Prediction, open_model

_EXACT = 2**24
"""OpenCV counts in float32, which holds whole numbers up to this."""


def run_predict(
    recipe: Recipe,
    options: PredictOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
) -> Report:
    """Predict the image of a recipe and write its labels.

    Parameters
    ----------
    recipe : Recipe
        Inputs ``run`` and ``image``; output ``labels``, whose ending says the format. With `probabilities` these lie
        beside it (see `probabilities_place`).
    options : PredictOptions
        Checkpoint, budget, tiles.
    execution : ExecutionOptions
        Threads and memory.
    progress : callable
        Told of every stage; cancels by raising `Cancelled`, and nothing is left behind then.
    force : bool
        Replace existing outputs.

    Returns
    -------
    Report
        ``tokens``, ``classes`` (the area of each), ``notes``, ``seconds`` by stage, ``peak_rss_bytes``, ``written``.
    """
    place = Path(recipe.outputs["labels"])
    if options.probabilities:
        check_output(probabilities_place(place), force=force)
    watch = Stopwatch("load", "read", "detail", "tokens", "forward", "write")
    with using_threads(execution):
        with watch.stage("load"):
            model = open_model(recipe.inputs["run"], checkpoint=options.checkpoint)
            image, _ = open_inputs(recipe.inputs["image"], progress=progress)
        if place.suffix.lower() == ".geojson" and image.ndim > 2:
            raise InputError(f"GeoJSON holds polygons of pictures, {image.name} is a volume: write .ome.zarr or .tif")
        prediction = model.predict(image, options=options, execution=execution, progress=progress)
        watch.seconds |= {name: value for name, value in prediction.seconds.items() if name != "total"}
        counted = CountedLevel(prediction.labels)
        with watch.stage("write"):
            written = _write(place, prediction, counted, options, progress)
    results = _results(prediction, counted.counts, written)
    results |= {"seconds": watch.total(), "peak_rss_bytes": peak_rss_bytes()}
    return Report(workflow="predict", results=results, recipe=recipe_mapping(recipe), versions=versions())


class CountedLevel(BoxLevel):
    """Labels that count themselves as they are read for the first time, from the first row to the last.

    Parameters
    ----------
    source : level array
        (*shape) uint8.
    """

    def __init__(self, source: LevelArray) -> None:
        super().__init__(tuple(source.shape), source.dtype, "the labels")
        self.source = source
        self.counts: NDArray[np.int64] = np.zeros(256, np.int64)

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the box and add its pixels to the counts."""
        labels = np.asarray(self.source[tuple(slice(*pair) for pair in box)])
        flat = np.ascontiguousarray(labels).reshape(1, -1)
        for first in range(0, flat.size, _EXACT):
            found = cv2.calcHist([flat[:, first : first + _EXACT]], [0], None, [256], [0, 256])
            self.counts += found.ravel().astype(np.int64)
        return labels


def _write(
    place: Path, prediction: Prediction, labels: LevelArray, options: PredictOptions, progress: Progress
) -> tuple[Path, ...]:
    found = prediction.segmentation
    counted = Segmentation(
        labels=labels, classes=found.classes, probabilities=found.probabilities, spacing=found.spacing,
        unit=found.unit, name=found.name,
    )  # fmt: skip
    return write_segmentation(place, counted, probabilities=options.probabilities, progress=progress)


def _results(prediction: Prediction, counts: NDArray[np.int64], written: tuple[Path, ...]) -> dict[str, Any]:
    image = prediction.image
    unit = None if image.spacing_um is None else "mm" if image.unit == "mm" else "um"
    pixel = float(np.prod((image.spacing if unit == "mm" else image.spacing_um) or ()))
    total = max(1, int(counts.sum()))
    rows = {}
    for index, name in enumerate(prediction.classes):
        area = int(counts[index])
        rows[name] = {"pixels": area, "share": area / total}
        if unit is not None:
            rows[name][f"{unit}{image.ndim}"] = area * pixel
    return {
        "image": image.name,
        "shape": list(image.shape),
        "channels": image.channels,
        "spacing": None if image.spacing is None else list(image.spacing),
        "unit": image.unit,
        "tokens": prediction.tokens,
        "classes": rows,
        "notes": list(prediction.notes),
        "written": [str(path) for path in written],
    }
