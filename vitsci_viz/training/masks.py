"""Masks as they lie on disk: opened, counted and compared with their images."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.io.masks import read_mask
from vitsci_viz.io.reading import read_image
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.cache import content_key
from vitsci_viz.training.records import NAMED_AT_MOST, Record
from vitsci_viz.types import Image

_BAND_PIXELS = 2**24


def open_mask(record: Record) -> Image:
    """Open a record's mask with its values as they are in the file."""
    return read_mask(record.mask, keep_values=True)


def check_shape(record: Record, mask: Image, shape: Sequence[int]) -> None:
    """Refuse a mask of another shape than its image.

    Raises
    ------
    InputError
        The shapes differ.
    """
    if mask.shape != tuple(shape):
        raise InputError(
            f"image and mask must have one shape: {record.image.name} has {tuple(shape)}, its mask {record.mask.name} "
            f"{mask.shape}; make the mask anew at the image's resolution"
        )


def check_shapes(
    records: Sequence[Record], *, on_error: Literal["stop", "skip"] = "stop", progress: Progress = silent
) -> None:
    """Refuse masks of another shape than their images, before any work is done; only the heads of files are read.

    Parameters
    ----------
    records : sequence of Record
        Name images and masks.
    on_error : {"stop", "skip"}
        Files that cannot be opened are an error, or left for later.
    progress : Progress
        Told with each image.

    Raises
    ------
    InputError
        Shapes differ, or a file cannot be read.
    """
    wrong: list[str] = []
    for done, record in enumerate(records):
        progress("comparing images with masks", done, len(records))
        try:
            image, mask = read_image(record.image), read_image(record.mask)
        except VitsciVizError:
            if on_error == "stop":
                raise
            continue
        if image.shape != mask.shape:
            wrong.append(f"{record.image.name} has {image.shape}, its mask {record.mask.name} {mask.shape}")
    if wrong:
        raise InputError(
            f"image and mask must have one shape, but {len(wrong)} of {len(records)} differ: "
            f"{'; '.join(wrong[:NAMED_AT_MOST])}; make the masks anew at the images' resolution"
        )


def count_values(
    records: Sequence[Record], *, on_error: Literal["stop", "skip"] = "stop", progress: Progress = silent
) -> dict[str, Counter[int]]:
    """Count the pixels of every value in every mask, by the records' names; what was counted once is remembered.

    Parameters
    ----------
    records : sequence of Record
        Name the masks.
    on_error : {"stop", "skip"}
        A mask that cannot be read is an error, or counts nothing.
    progress : Progress
        Told with each mask.

    Raises
    ------
    InputError
        A mask cannot be read or is no label image.
    """
    found: dict[str, Counter[int]] = {}
    for done, record in enumerate(records):
        progress("reading masks", done, len(records))
        try:
            found[record.name] = Counter(_counts_of(record.mask, content_key(record.mask)))
        except VitsciVizError:
            if on_error == "stop":
                raise
            found[record.name] = Counter()
    progress("reading masks", len(records), len(records))
    return found


@lru_cache(maxsize=65_536)
def _counts_of(path: Path, key: str) -> Mapping[int, int]:
    """Count the values of a mask; the key of its content is there for the memory's sake."""
    counts: Counter[int] = Counter()
    for band in _bands(read_mask(path, keep_values=True)):
        values, many = np.unique(band, return_counts=True)
        counts.update(dict(zip(values.tolist(), many.tolist(), strict=True)))
    return counts


def _bands(mask: Image) -> Iterator[NDArray[Any]]:
    rows = max(1, _BAND_PIXELS // max(1, int(np.prod(mask.shape[1:]))))
    for first in range(0, mask.shape[0], rows):
        yield np.asarray(mask.data[first : first + rows])
