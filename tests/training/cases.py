"""Small images with masks on disk, and sources of examples made from them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.writing import write_image
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.training.labels import LabelMap, find_labels
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import Record, find_records
from vitsci_viz.training.source import ExampleSource

PATCH = PatchOptions(mode="length", length=40, patch_size=4, min_size=2)


def discs(shape: tuple[int, int], seed: int = 0, values: Sequence[int] = (0, 1)) -> NDArray[np.uint8]:
    """Return a label image of discs on the first value."""
    random = np.random.default_rng(seed)
    labels = np.full(shape, values[0], np.uint8)
    for number in range(6):
        centre = tuple(int(random.integers(0, n)) for n in shape[::-1])
        cv2.circle(labels, centre, int(random.integers(3, 8)), int(values[1 + number % (len(values) - 1)]), -1)
    return labels


def picture_of(labels: NDArray[np.uint8], channels: int = 3, seed: int = 0) -> NDArray[np.uint8]:
    """Return an image on which the labels can be seen."""
    noise = np.random.default_rng(seed).integers(0, 20, (*labels.shape, channels))
    return (40 + 60 * np.minimum(labels, 3)[..., None] + noise).astype(np.uint8)


def write_pair(
    folder: Path, name: str, image: NDArray[Any], mask: NDArray[Any], *, suffix: str = ".png", **spacing: Any
) -> None:
    """Write an image and its mask into ``images`` and ``masks``."""
    for part, array in (("images", image), ("masks", mask)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        axes = "zyx"[-mask.ndim :] + ("c" if array.ndim > mask.ndim else "")
        write_image(folder / part / f"{name}{suffix}", array, axes=axes, **spacing)


def write_set(
    folder: Path, count: int = 4, shape: tuple[int, int] = (32, 32), values: Sequence[int] = (0, 1)
) -> tuple[Record, ...]:
    """Write images of discs with their masks and return the records."""
    for number in range(count):
        labels = discs(shape, number, values)
        write_pair(folder, f"tile_{number}", picture_of(labels, seed=number), labels)
    return find_records(folder)


def source_of(
    records: Sequence[Record],
    *,
    patch: PatchOptions = PATCH,
    labels: LabelMap | None = None,
    cache: Path | None = None,
    seed: int = 0,
    is_training: bool = True,
    needs: Sequence[str] = (),
    spacing_um: tuple[float, ...] | None = None,
    **data: Any,
) -> ExampleSource:
    """Return a source; what is not said is found or left off."""
    options = DataOptions(**data)
    return ExampleSource(
        records,
        patch,
        options,
        labels or find_labels(records, options),
        seed=seed,
        is_training=is_training,
        needs=needs,
        cache=cache,
        spacing_um=spacing_um,
    )
