"""A trained model as a function of arrays: NumPy in, NumPy out."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vitsci_viz.errors import InputError
from vitsci_viz.models.attention import pausing
from vitsci_viz.models.batch import Batch
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.places import grid_of, normalised, places_of
from vitsci_viz.models.segmentation import SegmentationModel
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import PatchSequence

Array = NDArray[Any]
Floats = NDArray[np.float32]


class Predictor:
    """Apply a model to one image at a time.

    Parameters
    ----------
    model : SegmentationModel
        Put on the device and into evaluation mode.
    spec : ModelSpec
        What it was built from.
    mean, std : (c,)
        Of the training images; tokens and pixels are normalised with them.
    device : str or torch.device
        Where to compute.
    """

    def __init__(self, model: SegmentationModel, spec: ModelSpec, mean: Array, std: Array, device: Any = "cpu") -> None:
        self.model = model.to(device).eval()
        self.spec = spec
        self.mean, self.std = np.asarray(mean, np.float32), np.asarray(std, np.float32)
        self.device = torch.device(device)

    def token_probabilities(
        self, sequence: PatchSequence, *, pixels: Array | None = None, progress: Progress = silent
    ) -> Floats:
        """Return the probability of every class in every cell of every token.

        Parameters
        ----------
        sequence : PatchSequence
            Tokens (L, *patch, c) as `gather` made them, not normalised.
        pixels : (*shape, c), optional
            The image, for models that read pixels beside tokens.
        progress : callable
            Told of every part of the model that is begun, and again within a long one; raises `Cancelled` to stop.

        Returns
        -------
        (L, *patch, K) float32
            Zero for padding. Scatter it to get an image of probabilities.

        Raises
        ------
        InputError
            The model predicts pixels, or tokens of another shape.
        """
        if self.model.space != "tokens":
            raise InputError("this model predicts pixels: call pixel_probabilities(pixels, sequence)")
        probabilities = self._probabilities(self._batch(sequence, pixels), progress)
        shaped = probabilities.reshape(*sequence.tokens.shape[:-1], self.spec.classes)
        shaped[~sequence.valid] = 0
        return shaped

    def pixel_probabilities(
        self, pixels: Array, sequence: PatchSequence | None = None, *, progress: Progress = silent
    ) -> Floats:
        """Return the probability of every class at every pixel.

        Parameters
        ----------
        pixels : (*shape, c)
            The image, not normalised.
        sequence : PatchSequence, optional
            Its tokens, for models that read them.
        progress : callable
            As in `token_probabilities`.

        Returns
        -------
        (*shape, K) float32

        Raises
        ------
        InputError
            The model predicts tokens, or needs tokens that are not given, or the image has other channels.
        """
        if self.model.space != "pixels":
            raise InputError("this model predicts tokens: call token_probabilities(sequence) and scatter the result")
        probabilities = self._probabilities(self._batch(sequence, pixels), progress)
        return probabilities.reshape(*pixels.shape[:-1], self.spec.classes)

    def _probabilities(self, batch: Batch, progress: Progress) -> Floats:
        with torch.inference_mode(), telling_of_parts(self.model, progress):
            return self.model(batch.to(self.device))[0].softmax(dim=-1).cpu().numpy()

    def _batch(self, sequence: PatchSequence | None, pixels: Array | None) -> Batch:
        if sequence is None and "grid" in self.model.needs:
            raise InputError("this model reads tokens beside pixels: give the sequence of the image too")
        if pixels is None and "pixels" in self.model.needs:
            raise InputError("this model reads pixels beside tokens: give the pixels of the image too")
        tokens, places, valid = self._sequence(sequence)
        grid = None
        if sequence is not None and "grid" in self.model.needs:
            grid = _one(grid_of(sequence.tree, self.spec.min_size))
        return Batch(tokens=tokens, places=places, valid=valid, grid=grid, pixels=self._pixels(pixels))

    def _sequence(self, sequence: PatchSequence | None) -> tuple[Tensor, Tensor, Tensor]:
        wanted = (*self.spec.patch_size, self.spec.channels)
        if sequence is None:
            shape = (1, 0, *wanted)
            return torch.zeros(shape), torch.zeros(1, 0, self.spec.ndim + 1), torch.zeros(1, 0, dtype=torch.bool)
        if sequence.tokens.shape[1:] != wanted:
            raise InputError(
                f"tokens must be {wanted} (sides and channels) as in training, got {sequence.tokens.shape[1:]}: cut "
                "the image with the patch_size of the run"
            )
        tokens = normalised(sequence.tokens, self.mean, self.std)
        tokens[~sequence.valid] = 0
        places = np.zeros((len(tokens), self.spec.ndim + 1), np.float32)
        places[sequence.valid] = places_of(sequence.tree, self.spec.patch_size, unit=self.spec.unit)
        return _one(tokens), _one(places), _one(sequence.valid)

    def _pixels(self, pixels: Array | None) -> Tensor | None:
        if pixels is None or "pixels" not in self.model.needs:
            return None
        if pixels.ndim != self.spec.ndim + 1 or pixels.shape[-1] != self.spec.channels:
            raise InputError(
                f"pixels must be (*shape, {self.spec.channels}) with {self.spec.ndim} spatial axes as in training, got "
                f"{pixels.shape}"
            )
        return _one(np.moveaxis(normalised(pixels, self.mean, self.std), -1, 0))


@contextlib.contextmanager
def telling_of_parts(model: SegmentationModel, progress: Progress) -> Iterator[None]:
    """Tell how far a forward pass is, and let a cancel end it between two parts of the model or within a long one.

    Only passes of the thread that entered are told of: another thread may be asking the same model.
    """
    parts, thread, begun = model.parts(), threading.get_ident(), 0

    def still() -> None:
        progress("forward", max(begun - 1, 0), max(len(parts), 1))

    def tell(*_: Any) -> None:
        nonlocal begun
        if threading.get_ident() == thread:
            progress("forward", begun, len(parts))
            begun += 1

    with contextlib.ExitStack() as hooks:
        for part in parts:
            hooks.callback(part.register_forward_pre_hook(tell).remove)
        hooks.enter_context(pausing(still))
        yield


def _one(values: Array) -> Tensor:
    """Return a batch of one."""
    return torch.from_numpy(np.require(values, requirements=["C", "W"]))[None]
