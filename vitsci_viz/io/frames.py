"""Stacks of frames: a picture a file, and frames picked out of a longer stack."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.types import Image, LevelArray


class FilesLevel(BoxLevel):
    """Pictures of equal size in files of their own, as one stack; a file is opened when its frame is read.

    Parameters
    ----------
    files : sequence of Path
        In the order of the frames.

    Raises
    ------
    InputError
        The first file is no grey picture; the others are checked when they are read.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        first = _frame(files[0])
        super().__init__((len(files), *first.shape), first.data.dtype, files[0].parent)
        self.files = tuple(files)

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the window of every frame."""
        (first, end), *window = box
        key = tuple(slice(*pair) for pair in window)
        out = np.empty([stop - start for start, stop in box], self.dtype)
        for number, file in enumerate(self.files[first:end]):
            frame = _frame(file)
            if frame.shape != self.shape[1:] or frame.data.dtype != self.dtype:
                raise InputError(
                    f"{file} must be a frame of {self.shape[1:]} {self.dtype} as {self.files[0].name} is, "
                    f"got {frame.shape} {frame.data.dtype}"
                )
            out[number] = frame.data[key]
        return out


def _frame(file: Path) -> Image:
    from vitsci_viz.io.reading import read_image

    image = read_image(file)
    if image.axes != "yx":
        raise InputError(f"{file} must be one grey picture, got the axes {image.axes}")
    return image


class PickedLevel(BoxLevel):
    """Some frames of a stack; frames that follow each other are read at once.

    Parameters
    ----------
    source : (n, row, column) level array
    frames : (m,) int
        Which ones, in order.
    """

    def __init__(self, source: LevelArray, frames: NDArray[np.integer]) -> None:
        super().__init__((len(frames), *source.shape[1:]), source.dtype, getattr(source, "path", "the array"))
        self.source = source
        self.frames = np.asarray(frames, np.int64)

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the window of every frame that was picked."""
        wanted = self.frames[slice(*box[0])]
        window = tuple(slice(*pair) for pair in box[1:])
        out = np.empty([stop - start for start, stop in box], self.dtype)
        runs = np.flatnonzero(np.diff(wanted, prepend=wanted[0] - 2) != 1)
        for start, stop in zip(runs, [*runs[1:], len(wanted)], strict=True):
            first = int(wanted[start])
            out[start:stop] = self.source[(slice(first, first + int(stop - start)), *window)]
        return out
