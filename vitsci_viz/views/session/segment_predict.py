"""Predictions for the views: models opened once, images predicted once, both by a name that loads no torch here."""

import math
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import MissingFileError
from vitsci_viz.io.reading import resolve
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.training.scores import bands
from vitsci_viz.types import Image, LevelArray
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.display import QUICK_PIXELS, DisplayPyramid
from vitsci_viz.views.session.segment import Predicted, label_display
from vitsci_viz.workflows.segment_options import PredictOptions

OPEN_MODEL = "vitsci_viz.workflows.segmenting:open_model"
MODELS_KEPT = 3
BYTES_KEPT = 2**30
"""Predictions kept in memory; the newest one is kept whatever its size."""


class Predictions:
    """Models and what they predicted; safe to use from several threads, and shared by all pages of a server.

    Parameters
    ----------
    opener : callable, optional
        ``opener(run, checkpoint=...)`` opens a model; the workflow's one by default.

    Notes
    -----
    A model is told apart by its checkpoint and when that was written, so that the predictions of a run that still
    trains are renewed with it.
    """

    def __init__(self, opener: Callable[..., Any] | None = None) -> None:
        self._opener = opener
        self._models: OnceCache[Any] = OnceCache(MODELS_KEPT)
        self._found: OnceCache[Predicted] = OnceCache(BYTES_KEPT, weigh=_bytes_of)
        self._one_at_a_time = threading.Lock()

    def model(self, run: Path, options: PredictOptions, *, progress: Progress = silent) -> Any:
        """Return the model of a run.

        Raises
        ------
        VitsciVizError
            The run has no such checkpoint, or one that cannot be read.
        """
        progress("loading the model", 0, 0)
        open_model = self._opener or resolve(OPEN_MODEL)
        return self._models.get(model_key(run, options), lambda: open_model(run, checkpoint=options.checkpoint))

    def peek(self, run: Path, image_key: Hashable, options: PredictOptions) -> Predicted | None:
        """Return a prediction that is known already."""
        try:
            return self._found.peek((model_key(run, options), image_key, options))
        except MissingFileError:
            return None

    def predict(
        self, run: Path, image: Image, image_key: Hashable, options: PredictOptions, *, progress: Progress = silent
    ) -> Predicted:
        """Return what the model of a run says of an image; computed once, one prediction at a time.

        Parameters
        ----------
        run : Path
            Folder of the run.
        image : Image
            What to predict.
        image_key : hashable
            Tells images apart.
        options : PredictOptions
            How.
        progress : callable
            Told how far it is; raises `Cancelled` to stop.
        """
        model = self.model(run, options, progress=progress)

        def compute() -> Predicted:
            with self._one_at_a_time:
                return ready(model.predict(image, options=options, progress=progress), image, progress=progress)

        return self._found.get((model_key(run, options), image_key, options), compute)


def model_key(run: Path, options: PredictOptions) -> tuple[str, str, int]:
    """Return what tells a model apart: its run, its checkpoint and when that was written.

    Raises
    ------
    MissingFileError
        There is no such checkpoint.
    """
    path = RunFolder(run).checkpoints / options.checkpoint
    try:
        return str(run), options.checkpoint, path.stat().st_mtime_ns
    except FileNotFoundError:
        raise MissingFileError(
            f"the run {run.name} has no checkpoint '{options.checkpoint}': wait for its first validation, or choose "
            "the other one"
        ) from None


def ready(prediction: Any, image: Image, *, progress: Progress = silent) -> Predicted:
    """Make a prediction of the workflow ready to be drawn: read now where it is small, window by window otherwise."""
    labels, uncertainty = prediction.labels, prediction.uncertainty
    if math.prod(image.shape) <= QUICK_PIXELS:
        labels = _in_bands(labels, np.asarray, progress)
        uncertainty = _in_bands(uncertainty, _as_bytes, progress)
    axes = image.spatial_axes
    return Predicted(
        labels=label_display(labels, name=image.name),
        uncertainty=DisplayPyramid(Image(levels=(uncertainty,), axes=axes, name=image.name)),
        trees=tuple(prediction.trees),
        tokens=int(prediction.tokens),
        seconds=dict(prediction.seconds),
        notes=tuple(prediction.notes),
    )


def _in_bands(level: LevelArray, convert: Callable[[Any], NDArray[np.uint8]], progress: Progress) -> NDArray[np.uint8]:
    """Read a level array band by band as bytes, so that a cancel is heard and floats never fill memory."""
    out = np.empty(level.shape, np.uint8)
    parts = bands(level.shape)
    for done, rows in enumerate(parts):
        progress("painting", done, len(parts))
        out[rows] = convert(np.asarray(level[rows]))
    return out


def _as_bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(np.clip(values, 0, 1) * np.float32(255)).astype(np.uint8)


def _bytes_of(found: Predicted) -> int:
    arrays = [found.labels.finest.array, *([] if found.uncertainty is None else [found.uncertainty.finest.array])]
    return sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
