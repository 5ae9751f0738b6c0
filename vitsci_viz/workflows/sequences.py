"""An image through a model: cut into sequences, whole or in tiles, and what the model says of them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.models.predict import Predictor
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.painting import merged_cells
from vitsci_viz.patching.source import read_window
from vitsci_viz.patching.stream import Tile
from vitsci_viz.patching.tokens import gather
from vitsci_viz.progress import Progress
from vitsci_viz.training.crops import scaled_length, times_as_large
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.step import is_out_of_memory
from vitsci_viz.training.trees import cut_image
from vitsci_viz.types import Image, PatchSequence, PatchTree
from vitsci_viz.workflows.machine import Stopwatch
from vitsci_viz.workflows.painted import Field, Painting, TokenField
from vitsci_viz.workflows.pixel_tiles import predict_tiles
from vitsci_viz.workflows.region import WindowLevel
from vitsci_viz.workflows.segment_options import PredictOptions
from vitsci_viz.workflows.tile_layout import even_tiles

Floats = NDArray[np.float32]

LONGEST = 131_072
"""Attention over more tokens would take hours."""
WHOLE_PIXELS = 2**24
"""Decoders of pixels take images up to this size as one sequence."""


@dataclass(eq=False, kw_only=True)
class Cutter:
    """Cuts one image as the run's images were cut, and asks the model.

    Parameters
    ----------
    patch : PatchOptions
        Of the run, with sides per axis.
    data : DataOptions
        Of the run: whether tissue is looked for.
    predictor : Predictor
        The model.
    precision : torch.dtype
        Type of the matrix products.
    watch : Stopwatch
        Stages ``detail``, ``tokens`` and ``forward`` are added to.
    execution, progress
        As for every workflow.
    """

    patch: PatchOptions
    data: DataOptions
    predictor: Predictor
    precision: torch.dtype
    watch: Stopwatch
    execution: ExecutionOptions
    progress: Progress
    tokens: int = 0
    notes: list[str] = field(default_factory=list)

    def predict(self, image: Image, options: PredictOptions) -> tuple[Field, tuple[PatchTree, ...]]:
        """Return what the model says of an image, and the leaves behind it (one tree per tree of the forest)."""
        if self.predictor.model.space == "pixels":
            return self._predict_pixels(image, options)
        side = image.shape if options.tile is None else (options.tile,) * image.ndim
        jobs = even_tiles(image.shape, side, options.halo)
        paintings = []
        for tile in self._told(jobs):
            sequences = self._sequences(_window(image, tile), options)
            found = tuple(self._of_tokens(sequence) for sequence in sequences)
            trees = tuple(sequence.tree for sequence in sequences)
            paintings.append(Painting(core=tile.core, corner=_corner(tile), trees=trees, probabilities=found))
        leaves = [(painting.trees, tile) for painting, tile in zip(paintings, jobs, strict=True)]
        return TokenField(image.shape, self.predictor.spec.classes, paintings), joined(image.shape, leaves)

    def _predict_pixels(self, image: Image, options: PredictOptions) -> tuple[Field, tuple[PatchTree, ...]]:
        """Predict by overlapping tiles of about the size that was trained on."""
        leaves: list[tuple[tuple[PatchTree, ...], Tile]] = []
        has_tokens = "grid" in self.predictor.model.needs

        def predict(tile: Tile) -> Floats:
            pixels = read_window(image, tile.window)
            pixels = pixels if image.axes.endswith("c") else pixels[..., None]
            if not has_tokens:
                return self._of_pixels(pixels, None)
            sequences = self._sequences(_window(image, tile), options)
            leaves.append((tuple(sequence.tree for sequence in sequences), tile))
            found = [self._of_pixels(pixels, sequence) for sequence in sequences]
            return np.asarray(sum(found[1:], start=found[0]) / np.float32(len(found)))

        side, halo = self._pixel_tile(image, options, has_tokens=has_tokens)
        found = predict_tiles(
            image.shape, self.predictor.spec.classes, predict, side=side, halo=halo, progress=self.progress
        )
        return found, joined(image.shape, leaves)

    def _pixel_tile(self, image: Image, options: PredictOptions, *, has_tokens: bool) -> tuple[tuple[int, ...], int]:
        """Return side and halo of the tiles of a model of pixels."""
        spec = self.predictor.spec
        if options.tile is not None:
            side, halo = (options.tile,) * image.ndim, options.halo
            if spec.architecture == "monai_unetr" and options.tile + 2 * halo > min(spec.image_size):
                raise OptionError(
                    f"tile + 2 halo must be at most {min(spec.image_size)} for this model, which is built for that "
                    f"size, got {options.tile} + 2 x {halo}: lower tile or halo"
                )
            return side, halo
        if all(n <= most for n, most in zip(image.shape, spec.image_size, strict=True)) or (
            has_tokens and math.prod(image.shape) <= WHOLE_PIXELS
        ):
            return image.shape, 0
        halo = min(options.halo, min(spec.image_size) // 4)
        return tuple(side - 2 * halo for side in spec.image_size), halo

    def _told(self, jobs: Sequence[Tile]) -> Iterator[Tile]:
        for number, tile in enumerate(jobs):
            if len(jobs) > 1:
                self.progress("tiles", number, len(jobs))
            yield tile

    def _sequences(self, image: Image, options: PredictOptions) -> list[PatchSequence]:
        """Cut an image into one sequence per tree of the forest."""
        work: dict[str, Any] = {"progress": self.progress, "execution": self.execution}
        sequences = []
        patch = self._patch_for(image, options)
        with self.watch.stage("detail"):
            trees = cut_image(image, patch, **self._tissue(), **work)
        for tree in trees:
            if len(tree) > LONGEST:
                raise OptionError(
                    f"a sequence may have at most {LONGEST:,} tokens, {image.name} gives {len(tree):,} with the "
                    f"setting of the run (mode {patch.mode}): set length to a budget, or tile to cut it up"
                )
            with self.watch.stage("tokens"):
                sequence = gather(image, tree, self.predictor.spec.patch_size, **work)
                sequences.append(replace(sequence, tokens=sequence.tokens.astype(np.float32, copy=False)))
            self.tokens += len(tree)
        return sequences

    def _tissue(self) -> dict[str, Any]:
        is_masked = self.data.tissue == "auto"
        return {"tissue": is_masked, "tokens_per_mm2": self.data.tokens_per_mm2 if is_masked else None}

    def _patch_for(self, image: Image, options: PredictOptions) -> PatchOptions:
        """Return how an image or a tile is cut: the run's way, with the budget that fits its size.

        Leaves are never dropped, whatever `overflow` says: every pixel gets a class.
        """
        patch = self.patch.replace(overflow="error")
        if options.length is not None:
            if patch.mode != "length":
                self._note(f"cut to {options.length:,} tokens; the run was trained with mode {patch.mode}")
            return patch.replace(mode="length", length=options.length, split_value=None)
        if patch.mode != "length":
            return patch
        trained = self.predictor.spec.image_size
        share = times_as_large(image.shape, trained)
        length = scaled_length(patch.length, image.shape, trained)
        if length < round(patch.length * share):
            self._note(
                f"{length:,} tokens for an image {share:,.0f} times as large as those trained on, which had "
                f"{patch.length:,}: set length for more, or tile to predict it in parts"
            )
        return patch.replace(length=length)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _of_tokens(self, sequence: PatchSequence) -> Floats:
        found = self._ask(lambda: self.predictor.token_probabilities(sequence, progress=self.progress), sequence)
        return merged_cells(sequence.tree, found)

    def _of_pixels(self, pixels: Any, sequence: PatchSequence | None) -> Floats:
        return self._ask(
            lambda: self.predictor.pixel_probabilities(pixels, sequence, progress=self.progress), sequence, pixels
        )

    def _ask(self, model: Callable[[], Floats], sequence: PatchSequence | None, pixels: Any = None) -> Floats:
        """Ask the model, in the arithmetic of training."""
        self.progress("forward", 0, 1)
        device, is_half = self.predictor.device.type, self.precision == torch.bfloat16
        tokens = 0 if sequence is None else len(sequence.valid)
        amp = torch.autocast(device, dtype=torch.bfloat16, enabled=is_half)
        with self.watch.stage("forward"), _explaining_memory(tokens, pixels), amp:
            return model()


def joined(shape: tuple[int, ...], parts: Sequence[tuple[tuple[PatchTree, ...], Tile]]) -> tuple[PatchTree, ...]:
    """Return the leaves of all tiles as one tree per tree of the forest: of each tile those centred in its core."""
    if not parts:
        return ()
    if len(parts) == 1:
        return parts[0][0]
    return tuple(_joined(shape, [(trees[number], tile) for trees, tile in parts]) for number in range(len(parts[0][0])))


def _joined(shape: tuple[int, ...], parts: Sequence[tuple[PatchTree, Tile]]) -> PatchTree:
    kept: list[tuple[Any, ...]] = []
    for tree, tile in parts:
        origin = tree.origin + np.array(_corner(tile))
        centre = origin + tree.size // 2
        core = np.array([(part.start, part.stop) for part in tile.core])
        rows = ((centre >= core[:, 0]) & (centre < core[:, 1])).all(axis=1)
        kept.append((origin[rows], tree.size[rows], tree.level[rows], tree.score[rows]))
    origin, size, level, score = (np.concatenate(values) for values in zip(*kept, strict=True))
    return PatchTree(shape=shape, origin=origin, size=size, level=level, score=score)


def _corner(tile: Tile) -> tuple[int, ...]:
    return tuple(part.start for part in tile.window)


def _window(image: Image, tile: Tile) -> Image:
    """Return a tile with its halo as an image of its own; the whole image as it is."""
    shape = tuple(part.stop - part.start for part in tile.window)
    if shape == image.shape:
        return image
    level = WindowLevel(image.data, _corner(tile), (*shape, *image.data.shape[image.ndim :]))
    return replace(image, levels=(level,))


@contextlib.contextmanager
def _explaining_memory(tokens: int, pixels: Any) -> Iterator[None]:
    """Put a failed allocation in one line that says what to lower.

    Raises
    ------
    InputError
        There is no more memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        what = f"{tokens:,} tokens" if pixels is None else f"{tokens:,} tokens and {pixels.shape[:-1]} pixels"
        raise InputError(
            f"the model must fit into memory, with {what} it did not: set length to a smaller budget, or tile to "
            "predict in parts"
        ) from error
