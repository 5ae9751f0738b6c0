"""From records to examples: opened, cut, cached and, for training, changed at random."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.models.places import grid_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.sides import PatchSides, resolve_sides
from vitsci_viz.patching.tokens import gather
from vitsci_viz.training.augment import draw_turn, turn_example
from vitsci_viz.training.cache import ExampleCache, content_key, entry_key
from vitsci_viz.training.colour import colour_example, draw_colour
from vitsci_viz.training.crops import draw_window, scaled_length
from vitsci_viz.training.examples import Example, packed_example, token_targets, unpacked_example, with_leaves
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.reader import RecordReader
from vitsci_viz.training.records import Record
from vitsci_viz.training.tissue import Tissue, find_tissue
from vitsci_viz.training.trees import cut_image, one_leaf, random_options
from vitsci_viz.types import Image, PatchTree


class ExampleSource:
    """Examples of records, by index; equal arguments give equal examples.

    Parameters
    ----------
    records : sequence of Record
        Those of one split.
    patch : PatchOptions
        How images are cut; every tree of a forest is an example of its own.
    data : DataOptions
        Crop, tissue and augmentation.
    labels : LabelMap
        What the masks' values mean.
    seed : int
        Of augmentation, crops and the random drop of tokens.
    is_training : bool
        Change examples at random; whole images as they are otherwise, with their labels.
    needs : collection of str
        What the model reads beside tokens: ``grid``, ``pixels``. Models of pixels alone are given one token.
    cache : path, optional
        Folder of the cache; by default examples are kept below `io.fetching.cache_folder`. Only whole images are:
        crops and random trees are cut anew each time.
    spacing_um : tuple of float, optional
        Sides of a pixel that images are brought to; by default those of the first image.

    Attributes
    ----------
    records, channels, ndim, sides, spacing_um
        What was found: records as given, channels and axes of the images, sides of tokens and finest leaves, and the
        pixel size.

    Raises
    ------
    InputError
        There are no records, or the first image cannot be read.
    OptionError
        The options do not go with the images.
    """

    def __init__(
        self,
        records: Sequence[Record],
        patch: PatchOptions,
        data: DataOptions,
        labels: LabelMap,
        *,
        seed: int = 0,
        is_training: bool = False,
        needs: Collection[str] = frozenset(),
        cache: Path | None = None,
        spacing_um: tuple[float, ...] | None = None,
    ) -> None:
        if not records:
            raise InputError("a source of examples must have at least one image, got none")
        if data.tokens_per_mm2 is not None and (data.tissue == "off" or patch.mode != "length"):
            raise OptionError(
                f"tokens_per_mm2 needs tissue=auto and mode=length, got tissue={data.tissue} and mode={patch.mode}: "
                "set them, or leave it out"
            )
        self.records, self.data, self.labels = tuple(records), data, labels
        self.seed, self.is_training, self.needs = seed, is_training, frozenset(needs)
        self._reader = RecordReader(self.records, labels, spacing_um, on_error=data.on_error)
        self._cache = ExampleCache(cache)
        self._tissue: dict[str, Tissue] = {}
        self.ndim, self.channels = self._reader.ndim, self._reader.channels
        self.spacing_um = self._reader.spacing_um
        self.sides: PatchSides = resolve_sides(patch, self.ndim, self.spacing_um)
        self.patch = patch.replace(patch_size=self.sides.patch_size, min_size=self.sides.min_size)

    def __len__(self) -> int:
        return len(self.records) * self.patch.forest

    @property
    def notes(self) -> tuple[str, ...]:
        """What is done to images, for people."""
        return self._reader.notes(self.records)

    @property
    def has_tokens(self) -> bool:
        """Whether the model reads tokens."""
        return "pixels" not in self.needs or "grid" in self.needs

    def record(self, index: int) -> Record:
        """Return the record that an example is of; the trees of a forest follow each other."""
        return self.records[index // self.patch.forest]

    def image(self, record: Record) -> Image:
        """Return a record's whole image at the pixel size of the run.

        Raises
        ------
        InputError, MissingFileError
            The file cannot be read, or does not go with the others.
        """
        return self._reader.image(record)

    def example(self, index: int, *, epoch: int = 0) -> Example:
        """Return an example; what is random depends on the seed, the epoch and the index alone.

        Parameters
        ----------
        index : int
            Number of the record times the trees of the forest, plus the tree.
        epoch : int
            From 0; without effect where nothing is random.

        Raises
        ------
        InputError, MissingFileError
            A file cannot be read or does not fit; it is named.
        """
        record, number = self.record(index), index % self.patch.forest
        random = np.random.default_rng((self.seed, epoch, index))
        if not self.is_training:
            return self._kept(record, number)
        is_drawn = self.data.crop is not None or self.data.random_trees
        made = self._drawn(record, number, random) if is_drawn else self._kept(record, number)
        return self._augmented(self._fitted(made, random), random)

    def _augmented(self, example: Example, random: np.random.Generator) -> Example:
        if self.data.colour > 0:
            is_eight_bits = self._reader.dtype == np.uint8
            change = draw_colour(random, self.data.colour, example, is_eight_bits=is_eight_bits)
            example = colour_example(example, change, self.sides.patch_size)
        if self.data.flips:
            example = turn_example(example, draw_turn(random, example, self.sides), self.sides.min_size)
        return example

    def _fitted(self, example: Example, random: np.random.Generator) -> Example:
        """Bring threshold trees to the length where the options say how: at random anew for each epoch."""
        patch = self.patch
        if patch.mode == "length" or patch.overflow == "error" or len(example.tree) <= patch.length:
            return example
        if patch.overflow == "drop_random":
            return with_leaves(example, np.sort(random.choice(len(example.tree), patch.length, replace=False)))
        return with_leaves(example, np.sort(np.argsort(-example.tree.score, kind="stable")[: patch.length]))

    def _kept(self, record: Record, number: int) -> Example:
        """Return a whole image's example, from the cache if it is there."""
        key = self._key(record)
        arrays = self._cache.get(f"{key}-{number}")
        if arrays is None:
            made = self._whole(record)
            for place, example in enumerate(made):
                self._cache.put(f"{key}-{place}", packed_example(example))
            return made[number]
        return unpacked_example(arrays, name=record.name, group=record.group, spacing_um=self.spacing_um)

    def _key(self, record: Record) -> str:
        return entry_key(
            content_key(record.image),
            content_key(record.mask),
            self.patch.replace(seed=0, overflow="error").to_mapping(),
            [self.data.tissue, self.data.tokens_per_mm2, None if self.is_training else self.data.crop],
            [self.labels.values, self.labels.ignore, self.labels.is_instances],
            [sorted(self.needs), self._has_labels, self.spacing_um],
        )

    @property
    def _has_labels(self) -> bool:
        return not self.is_training or "pixels" in self.needs

    def _whole(self, record: Record) -> list[Example]:
        image = self.image(record)
        patch = self.patch
        if self.data.crop is not None and patch.mode == "length":
            patch = patch.replace(length=scaled_length(patch.length, image.shape, (self.data.crop,) * image.ndim))
        labels = self._reader.class_indices(record, image)
        trees = self._trees(image, patch, self._tissue_of(record, image))
        return [self._assembled(record, image, labels, tree) for tree in trees]

    def _drawn(self, record: Record, number: int, random: np.random.Generator) -> Example:
        """Return an example of a random crop, or of a random tree."""
        image, window = self.image(record), None
        tissue = self._tissue_of(record, image)
        if self.data.crop is not None:
            window = draw_window(image.shape, self.data.crop, random, tissue)
        labels = self._reader.class_indices(record, image, window)
        if window is not None:
            image = replace(image, levels=(np.ascontiguousarray(image.data[window]),))
            tissue = None if tissue is None else tissue.part(window)
        patch = random_options(self.patch, random) if self.data.random_trees else self.patch
        trees = self._trees(image, patch, tissue)
        return self._assembled(record, image, labels, trees[number % len(trees)])

    def _tissue_of(self, record: Record, image: Image) -> Tissue | None:
        if self.data.tissue == "off":
            return None
        if record.name not in self._tissue:
            self._tissue[record.name] = find_tissue(image)
        return self._tissue[record.name]

    def _trees(self, image: Image, patch: PatchOptions, tissue: Tissue | None) -> tuple[PatchTree, ...]:
        if not self.has_tokens:
            return (one_leaf(image.shape, self.sides.min_size),) * patch.forest
        if tissue is None:
            return cut_image(image, patch)
        return cut_image(image, patch, tissue=tissue, tokens_per_mm2=self.data.tokens_per_mm2)

    def _assembled(self, record: Record, image: Image, labels: NDArray[np.uint8], tree: PatchTree) -> Example:
        patch_size = self.sides.patch_size
        fractions, area = token_targets(labels, tree, patch_size, len(self.labels))
        pixels: NDArray[Any] | None = None
        if "pixels" in self.needs:
            pixels = np.asarray(image).reshape(*image.shape, self.channels)
        return Example(
            name=record.name,
            group=record.group,
            tree=tree,
            tokens=gather(image, tree, patch_size).tokens.astype(np.float32, copy=False),
            fractions=fractions,
            area=area,
            grid=grid_of(tree, self.sides.min_size).astype(np.int32) if "grid" in self.needs else None,
            pixels=pixels,
            labels=labels if self._has_labels else None,
            spacing_um=self.spacing_um,
        )
