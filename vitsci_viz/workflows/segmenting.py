"""A trained run as a model to call: any image in, labels out, at the image's own resolution."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.extras import missing_extra
from vitsci_viz.io.reading import read_image
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.options import DataOptions, TrainOptions
from vitsci_viz.training.run_folder import open_run
from vitsci_viz.training.spacing import SampledLevel
from vitsci_viz.types import Image, LevelArray, PatchTree, Segmentation
from vitsci_viz.workflows.machine import Stopwatch, using_threads
from vitsci_viz.workflows.painted import Field, FieldLevel, Kind
from vitsci_viz.workflows.segment_options import PredictOptions
from vitsci_viz.workflows.trained_range import intensity_notes
from vitsci_viz.workflows.trained_size import at_trained_size, leaves_at

try:
    import torch

    from vitsci_viz.models.catalogue import build_model
    from vitsci_viz.models.predict import Predictor
    from vitsci_viz.torch_device import find_device
    from vitsci_viz.training.checkpoint import Checkpoint, load_checkpoint
    from vitsci_viz.training.step import find_precision
    from vitsci_viz.workflows.sequences import Cutter
except ImportError as error:
    raise missing_extra(error) or error from None


def open_model(
    run: Path | str,
    *,
    checkpoint: Literal["best", "last"] = "best",
    device: Literal["auto", "cpu", "cuda"] = "auto",
) -> SegmentationModelHandle:
    """Open a trained run to predict with it.

    Parameters
    ----------
    run : path
        Folder that train has written; the run may still be going on.
    checkpoint : {"best", "last"}
        Weights of the best validation, or the last ones.
    device : {"auto", "cpu", "cuda"}
        Where to compute; auto takes a GPU if there is one.

    Returns
    -------
    SegmentationModelHandle

    Raises
    ------
    MissingFileError
        There is no such folder, or no checkpoint in it yet.
    InputError
        The folder holds no run, or the checkpoint is damaged or of another release.

    Examples
    --------
    >>> model = open_model("runs/glands")  # doctest: +SKIP
    >>> prediction = model.predict("slide.svs")  # doctest: +SKIP
    >>> prediction.labels[1000:2000, :500].max()  # doctest: +SKIP
    1
    """
    folder = open_run(run)
    path = folder.checkpoints / checkpoint
    return SegmentationModelHandle(load_checkpoint(path), path, find_device(device))


@dataclass(frozen=True, eq=False, kw_only=True)
class Prediction:
    """What a model said of one image; nothing larger than its tokens is made before it is sliced.

    Parameters
    ----------
    image : Image
        What was predicted.
    field : Field
        Probabilities, at the pixel size of training.
    classes : tuple of str
        Names; 0 is background.
    trees : tuple of PatchTree
        The leaves behind the tokens, in pixels of the image: one per tree of the forest; empty for models of pixels.
    tokens : int
        Length of all sequences together.
    seconds : mapping of str to float
        By stage.
    notes : tuple of str
        What the user should know: resampling, budgets.
    """

    image: Image
    field: Field
    classes: tuple[str, ...]
    trees: tuple[PatchTree, ...]
    tokens: int
    seconds: Mapping[str, float]
    notes: tuple[str, ...]

    @cached_property
    def labels(self) -> LevelArray:
        """Class indices, (*shape) uint8."""
        return self._level("labels")

    @cached_property
    def confidence(self) -> LevelArray:
        """Probability of the likeliest class, (*shape) float32."""
        return self._level("confidence")

    @cached_property
    def uncertainty(self) -> LevelArray:
        """Entropy over that of equal probabilities, (*shape) float32 from 0 to 1."""
        return self._level("uncertainty")

    @cached_property
    def probabilities(self) -> LevelArray:
        """Probability of every class, (*shape, K) float16."""
        return self._level("probabilities")

    @property
    def segmentation(self) -> Segmentation:
        """Labels and probabilities with their classes and spacing: what the writers take."""
        return Segmentation(
            labels=self.labels, classes=self.classes, probabilities=self.probabilities, spacing=self.image.spacing,
            unit=self.image.unit, name=self.image.name,
        )  # fmt: skip

    def _level(self, kind: Kind) -> LevelArray:
        level = FieldLevel(self.field, kind, f"the prediction of {self.image.name}")
        same = self.field.shape == self.image.shape
        return level if same else SampledLevel(level, (*self.image.shape, *level.shape[self.image.ndim :]))


class SegmentationModelHandle:
    """A trained model with all it knows of its data.

    Parameters
    ----------
    checkpoint : Checkpoint
        Weights and what was learned on.
    path : path
        Where it came from, named in errors.
    device : torch.device
        Where to compute.
    """

    def __init__(self, checkpoint: Checkpoint, path: Path | str, device: torch.device) -> None:
        self._card = card = checkpoint.card
        model = build_model(card.spec, seed=0)
        checkpoint.load_into(model, path=path)
        self.predictor = Predictor(model, card.spec, np.array(card.mean), np.array(card.std), device)
        self.path = Path(path)
        self.options = TrainOptions(**card.options)
        self.precision = find_precision(self.options.precision, device)
        self.patch: PatchOptions = self.options.part(PatchOptions).replace(
            patch_size=card.spec.patch_size, min_size=card.spec.min_size
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; 0 is background."""
        return self._card.classes

    @property
    def labels(self) -> LabelMap:
        """Classes, and the mask values they stand for."""
        return self._card.labels

    @property
    def spacing_um(self) -> tuple[float, ...] | None:
        """Size of a pixel in training, in um; None where it was unknown."""
        return self._card.spacing_um

    @property
    def spec(self) -> ModelSpec:
        """What the model is built from."""
        return self._card.spec

    def predict(
        self,
        image: Any,
        *,
        options: PredictOptions | None = None,
        execution: ExecutionOptions | None = None,
        progress: Progress = silent,
    ) -> Prediction:
        """Label an image of any size.

        An image with another um/px is resampled to that of training; the labels come back at its own.

        Parameters
        ----------
        image : Image, path or array
            With the axes and channels of training.
        options : PredictOptions, optional
            Budget and tiles; the checkpoint is chosen by `open_model`.
        execution : ExecutionOptions, optional
            Threads and memory.
        progress : callable
            Told of every stage; cancels by raising `Cancelled`.

        Returns
        -------
        Prediction

        Raises
        ------
        InputError
            The image has other axes or channels than those trained on.
        OptionError
            The budget or the tiles cannot be.
        """
        options, execution = options or PredictOptions(), execution or ExecutionOptions()
        image = self._fitting(read_image(image))
        watch = Stopwatch("read", "detail", "tokens", "forward")
        with using_threads(execution), using_torch_threads(execution):
            with watch.stage("read"):
                part, notes = at_trained_size(image, self.spacing_um, execution)
                notes = (*notes, *intensity_notes(part, self.predictor.mean, self.predictor.std))
            cutter = Cutter(
                patch=self.patch, data=self.options.part(DataOptions), predictor=self.predictor,
                precision=self.precision, watch=watch, execution=execution, progress=progress,
            )  # fmt: skip
            field, trees = cutter.predict(part, options)
        return Prediction(
            image=image, field=field, classes=self.classes, trees=tuple(leaves_at(tree, image.shape) for tree in trees),
            tokens=cutter.tokens, seconds=watch.total(), notes=(*notes, *cutter.notes),
        )  # fmt: skip

    def _fitting(self, image: Image) -> Image:
        """Refuse images of another kind than those trained on."""
        if image.ndim != self.spec.ndim:
            raise InputError(
                f"the model was trained on {_kind(self.spec.ndim)}, {image.name} is a {_kind(image.ndim)[:-1]} of "
                f"the shape {image.shape}: predict an image of the same kind, or train a model on such ones"
            )
        if image.channels != self.spec.channels:
            raise InputError(
                f"the model was trained on images of {self.spec.channels} channels, {image.name} has "
                f"{image.channels}: convert it, or train a model on such images"
            )
        return image


@contextlib.contextmanager
def using_torch_threads(execution: ExecutionOptions) -> Iterator[None]:
    """Hold torch to the number of threads that was asked for while the block runs."""
    before = torch.get_num_threads()
    if execution.threads:
        torch.set_num_threads(execution.threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _kind(ndim: int) -> str:
    return "volumes" if ndim == 3 else "pictures"
