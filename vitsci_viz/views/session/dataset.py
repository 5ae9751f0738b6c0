"""What is known of a data set before any training: how many images, how they split, how many tokens they give."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vitsci_viz.patching.cost import uniform_tokens
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.labels import LabelMap, find_labels
from vitsci_viz.training.options import DataOptions, TrainOptions
from vitsci_viz.training.records import SAMPLE_PREFIX, Record
from vitsci_viz.types import Image
from vitsci_viz.views.session.session import PatchSession

EXAMPLES = 3
"""So many images are looked at to know how long sequences are."""
MASKS_READ = 32
"""So many masks at most are read to know the classes."""
EXAMPLE_PIXELS = 40_000_000
"""Larger images are looked at one at most: their detail takes seconds."""


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """A data set in numbers.

    Parameters
    ----------
    source : str
        What the user chose.
    train, val : int
        Images to train on and to validate on.
    groups : int
        Patients or slides; 0 where none are known.
    shape : tuple of int
        Spatial shape of the first image.
    channels : int
        Its channels.
    spacing : tuple of float or None
        Its pixel size per axis.
    unit : str or None
        Unit of the spacing.
    classes : tuple of str
        Names of what the masks hold, background first.
    """

    source: str
    train: int
    val: int
    groups: int
    shape: tuple[int, ...]
    channels: int
    spacing: tuple[float, ...] | None = None
    unit: str | None = None
    classes: tuple[str, ...] = ("background", "foreground")

    @property
    def images(self) -> int:
        """Number of images that train or validate."""
        return self.train + self.val


@dataclass(frozen=True, kw_only=True)
class SequenceFacts:
    """How long the sequences of a setting are.

    Parameters
    ----------
    tokens : float
        Mean length over the examples.
    uniform_tokens : int
        Cells of the uniform grid of the finest leaf on the first example.
    sides, min_size : tuple of int
        Sides of a token and of the finest leaf in pixels.
    shape : tuple of int
        Spatial shape of what is trained on: the crop or the whole image.
    examples : int
        Images that were looked at.
    """

    tokens: float
    uniform_tokens: int
    sides: tuple[int, ...]
    min_size: tuple[int, ...]
    shape: tuple[int, ...]
    examples: int


class DataSet:
    """An open data set; safe to use from several threads.

    Parameters
    ----------
    source : str
        What the user chose, for the words about it.
    records : sequence of Record
        Its images and masks.
    """

    def __init__(self, source: str, records: Sequence[Record]) -> None:
        self.source = source
        self.records = tuple(records)
        self._sessions: dict[tuple[int, int | None], PatchSession] = {}
        self._labels: dict[str, LabelMap] = {}

    def facts(self, options: TrainOptions, *, progress: Progress = silent) -> DataFacts:
        """Count images, groups and classes.

        Raises
        ------
        VitsciVizError
            The images cannot be split as wished, or the first one cannot be read.
        """
        from vitsci_viz.training.splits import split_records

        data: DataOptions = options.part(DataOptions)
        split = split_records(self.records, data, options.seed)
        image = self.session(0, None).image
        return DataFacts(
            source=self.source,
            train=sum(record.split == "train" for record in split),
            val=sum(record.split == "val" for record in split),
            groups=len({record.group for record in split if record.group}),
            shape=image.shape,
            channels=image.channels,
            spacing=image.spacing,
            unit=image.unit,
            classes=self.labels(data, progress=progress).names,
        )

    def sequences(self, options: TrainOptions, *, progress: Progress = silent) -> SequenceFacts:
        """Cut a few images as training will, and count their tokens.

        Raises
        ------
        VitsciVizError
            An option does not go with the images.
        """
        patch: PatchOptions = options.part(PatchOptions)
        first = self.session(0, options.crop)
        chosen = self.examples(EXAMPLES)
        counts = [
            len(tree) for index in chosen for tree in self.session(index, options.crop).forest(patch, progress=progress)
        ]
        sides = first.sides(patch)
        return SequenceFacts(
            tokens=sum(counts) / len(counts),
            uniform_tokens=uniform_tokens(first.shape, sides.min_size),
            sides=sides.patch_size,
            min_size=sides.min_size,
            shape=first.shape,
            examples=len(chosen),
        )

    def examples(self, count: int) -> list[int]:
        """Return the places of a few images from the first to the last; of one only where images are large."""
        if math.prod(self.session(0, None).shape) > EXAMPLE_PIXELS:
            return [0]
        last, count = len(self.records) - 1, min(count, len(self.records))
        return sorted({round(last * place / max(1, count - 1)) for place in range(count)})

    def session(self, index: int, crop: int | None) -> PatchSession:
        """Return one image, or the middle of it as large as a crop in training."""
        from vitsci_viz.io import read_image

        key = (index, crop)
        if key not in self._sessions:
            whole = read_image(self.records[index].image) if crop is None else self.session(index, None).image
            self._sessions[key] = PatchSession(cropped(whole, crop))
        return self._sessions[key]

    def labels(self, options: DataOptions, *, progress: Progress = silent) -> LabelMap:
        """Return what the values of the masks mean; of many masks not all are read.

        Raises
        ------
        InputError
            A mask cannot be read, or the masks hold values that are no classes.
        """
        key = f"{options.classes}{options.instances}{options.ignore}"
        if key not in self._labels:
            step = -(-len(self.records) // MASKS_READ)
            self._labels[key] = find_labels(self.records[::step], options, progress=progress)
        return self._labels[key]


def open_data(source: str, path: str, *, progress: Progress = silent) -> DataSet:
    """Find the images and masks of a folder, a table or a sample.

    Parameters
    ----------
    source : str
        What the user chose.
    path : str
        Where it lies, or ``sample:NAME``.
    progress : callable
        Told what is being done; may raise `Cancelled`.

    Raises
    ------
    VitsciVizError
        There is no such data, or images and masks do not belong together.
    """
    from vitsci_viz.io.samples import sample_files
    from vitsci_viz.training.records import find_records

    if path.startswith(SAMPLE_PREFIX):
        sample_files(path.removeprefix(SAMPLE_PREFIX), progress=progress)  # made at its first use
    progress(f"Looking for images and masks in {source}", 0, 0)
    return DataSet(source, find_records(path))


def cropped(image: Image, crop: int | None) -> Image:
    """Return the middle of an image as large as a crop in training; without a crop the image itself."""
    if crop is None or all(length <= crop for length in image.shape):
        return image
    starts = [max(0, (length - crop) // 2) for length in image.shape]
    box = tuple(slice(start, start + min(crop, length)) for start, length in zip(starts, image.shape, strict=True))
    return replace(image, levels=(image.data[box],))
