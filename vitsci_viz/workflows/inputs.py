"""The image and the mask that a recipe names, cut to the level and the part that its options ask for."""

import math
from dataclasses import replace

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image, read_mask
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX
from vitsci_viz.workflows.region import take_level, take_roi

IN_MEMORY_BYTES = 2 * 2**30
"""Images up to this size are read once and kept; larger ones are read piece by piece, with the same result."""
SHARE_OF_BOUND = 0.25
"""Part of a memory bound that the pixels may take."""


def open_inputs(image: str, mask: str | None = None, *, progress: Progress = silent) -> tuple[Image, Image | None]:
    """Open an image and its mask; a sample brings its own mask.

    Parameters
    ----------
    image : str
        A path, or ``sample:NAME``.
    mask : str, optional
        A path.
    progress : callable
        Told while a sample is made; cancels by raising `Cancelled`.

    Raises
    ------
    MissingFileError, InputError
        A file is missing or not what it should be.
    """
    if image.startswith(SAMPLE_PREFIX):
        from vitsci_viz.io.samples import open_sample

        opened, own = open_sample(image.removeprefix(SAMPLE_PREFIX), progress=progress)
        return opened, read_mask(mask) if mask else own
    return read_image(image), read_mask(mask) if mask else None


def take_part(image: Image, mask: Image | None, *, level: int, roi: str | None) -> tuple[Image, Image | None]:
    """Cut image and mask to a level and a region of it.

    Raises
    ------
    InputError
        The mask has another shape than the image.
    OptionError
        The level or the region does not exist.
    """
    chosen = take_level(image, level)
    part = take_roi(chosen, roi)
    if mask is None:
        return part, None
    if mask.shape == image.shape and level:
        mask = sampled(mask, chosen.shape)
    if mask.shape == chosen.shape:
        mask = take_roi(mask, roi)
    if mask.shape != part.shape:
        raise InputError(
            f"the mask must have the image's shape: {mask.name} has {mask.shape}, {image.name} "
            f"{chosen.shape if roi is None else part.shape}; choose the mask that belongs to it"
        )
    return part, mask


def sampled(mask: Image, shape: tuple[int, ...]) -> Image:
    """Return a mask at another resolution: the class at the centre of every coarse pixel."""
    index = [
        np.minimum(((np.arange(n) + 0.5) * full / n).astype(np.int64), full - 1)
        for n, full in zip(shape, mask.shape, strict=True)
    ]
    return replace(mask, levels=(np.asarray(mask)[np.ix_(*index)],), spacing=None, unit=None)


def hold(image: Image, execution: ExecutionOptions) -> Image:
    """Read the finest level into memory where it fits; the result of a run is the same either way."""
    size = math.prod(image.data.shape) * np.dtype(image.data.dtype).itemsize
    bound = IN_MEMORY_BYTES if execution.memory is None else min(IN_MEMORY_BYTES, SHARE_OF_BOUND * execution.memory)
    return replace(image, levels=(np.asarray(image), *image.levels[1:])) if size <= bound else image
