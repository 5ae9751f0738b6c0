"""From records to examples: opened, cut, cached and, for training, changed at random."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.io.reading import read_image
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.sides import PatchSides, resolve_sides
from vitsci_viz.patching.tokens import gather
from vitsci_viz.training.augment import draw_turn, turn_example
from vitsci_viz.training.examples import Example, token_targets
from vitsci_viz.training.labels import LabelMap, read_labels
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import Record
from vitsci_viz.training.trees import cut_image, one_leaf
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
        Change examples at random.
    needs : collection of str
        What the model wants beside tokens: ``grid``, ``pixels``. Models that want pixels alone are given one token.
    cache : path, optional
        Folder of the cache; by default examples are kept below `io.fetching.cache_folder`.
    spacing_um : tuple of float, optional
        Sides of a pixel that images are brought to; by default the first image's.

    Raises
    ------
    InputError
        There are no records, or an image has other axes than the first.
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
        needs: frozenset[str] | set[str] = frozenset(),
        cache: Path | None = None,
        spacing_um: tuple[float, ...] | None = None,
    ) -> None:
        if not records:
            raise InputError("a source of examples must have at least one image, got none")
        self.records, self.data, self.labels = tuple(records), data, labels
        self.seed, self.is_training, self.needs = seed, is_training, frozenset(needs)
        first = read_image(self.records[0].image)
        self.ndim, self.channels = first.ndim, first.channels
        self.spacing_um = spacing_um or first.spacing_um
        self.sides: PatchSides = resolve_sides(patch, self.ndim, self.spacing_um)
        self.patch = patch.replace(patch_size=self.sides.patch_size, min_size=self.sides.min_size)

    def __len__(self) -> int:
        return len(self.records) * self.patch.forest

    def record(self, index: int) -> Record:
        """Return the record that an example is of; the trees of a forest follow each other."""
        return self.records[index // self.patch.forest]

    @property
    def has_tokens(self) -> bool:
        """Whether the model sees tokens; those of pixels alone are given one."""
        return "pixels" not in self.needs or "grid" in self.needs

    def example(self, index: int, *, epoch: int = 0) -> Example:
        """Return an example.

        Parameters
        ----------
        index : int
            Image times the trees of the forest, plus the tree.
        epoch : int
            Seeds what is random, together with the seed and the index.

        Raises
        ------
        InputError, MissingFileError
            A file cannot be read or does not fit; it is named.
        """
        made = self._make(self.record(index), index % self.patch.forest)
        if not self.is_training:
            return made
        random = np.random.default_rng((self.seed, epoch, index))
        if self.data.flips:
            made = turn_example(made, draw_turn(random, made, self.sides), self.sides.min_size)
        return made

    def _make(self, record: Record, number: int) -> Example:
        image = self.open(record)
        pixels = np.asarray(image)
        pixels = pixels if image.axes.endswith("c") else pixels[..., None]
        labels = read_labels(record, self.labels, image.shape)
        tree = self._tree(image, number)
        fractions, area = token_targets(labels, tree, self.sides.patch_size, len(self.labels))
        example = Example(
            name=record.name,
            group=record.group,
            tree=tree,
            tokens=gather(image, tree, self.sides.patch_size).tokens.astype(np.float32, copy=False),
            fractions=fractions,
            area=area,
            spacing_um=self.spacing_um,
        )
        if "grid" in self.needs:
            from vitsci_viz.models.places import grid_of

            example = replace(example, grid=grid_of(tree, self.sides.min_size).astype(np.int32))
        return (
            replace(example, pixels=pixels, labels=labels)
            if "pixels" in self.needs
            else replace(example, labels=labels)
        )

    def open(self, record: Record) -> Image:
        """Return a record's image."""
        image = read_image(record.image)
        if (image.ndim, image.channels) != (self.ndim, self.channels):
            raise InputError(
                f"all images must have the axes of the first: {self.records[0].image.name} has {self.ndim} spatial "
                f"axes and {self.channels} channels, {record.image.name} {image.ndim} and {image.channels}"
            )
        return replace(image, levels=(np.asarray(image),))

    def _tree(self, image: Image, number: int) -> PatchTree:
        if not self.has_tokens:
            return one_leaf(image.shape, self.sides.min_size)
        return cut_image(image, self.patch, seed=self.seed)[number]
