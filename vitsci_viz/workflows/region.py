"""The part of an image that a run works on: one level of its pyramid, one window of that."""

from dataclasses import replace
from typing import Any

import numpy as np

from vitsci_viz.errors import OptionError
from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.types import Image
from vitsci_viz.workflows.options import parse_roi


class WindowLevel(BoxLevel):
    """A window of another level array; nothing is read before it is sliced.

    Parameters
    ----------
    source : level array
    start : tuple of int
        First pixel along each windowed axis.
    shape : tuple of int
        Shape of the window, axes that are not windowed included.
    """

    def __init__(self, source: Any, start: tuple[int, ...], shape: tuple[int, ...]) -> None:
        super().__init__(shape, source.dtype, getattr(source, "path", "the array"))
        self.source = source
        self._start = start + (0,) * (len(shape) - len(start))

    def read_box(self, box: Box) -> np.ndarray[Any, Any]:
        """Read the box from where it lies in the source."""
        shifted = zip(box, self._start, strict=True)
        return np.asarray(self.source[tuple(slice(first + offset, end + offset) for (first, end), offset in shifted)])


def take_level(image: Image, level: int) -> Image:
    """Return one resolution of an image, with its coarser ones, as an image of its own.

    Raises
    ------
    OptionError
        The image has no such level.
    """
    if level >= len(image.levels):
        many = "only level 0" if len(image.levels) == 1 else f"levels 0 to {len(image.levels) - 1}"
        raise OptionError(f"level must be one of the image's own: {image.name} has {many}, got {level}")
    if level == 0:
        return image
    shape = image.levels[level].shape[: image.ndim]
    spacing = None
    if image.spacing is not None:
        spacing = tuple(s * full / n for s, full, n in zip(image.spacing, image.shape, shape, strict=True))
    return replace(image, levels=image.levels[level:], spacing=spacing)


def take_roi(image: Image, roi: str | None) -> Image:
    """Return a window of an image's finest level, still lazy.

    Parameters
    ----------
    image : Image
        Whose finest level is windowed.
    roi : str, optional
        ``y0:y1,x0:x1`` (z first for a volume); None returns the image itself.

    Raises
    ------
    OptionError
        The window has another number of axes, or reaches beyond the image.
    """
    if roi is None:
        return image
    slices = parse_roi(roi)
    if len(slices) != image.ndim:
        axes = ", ".join(image.spatial_axes)
        raise OptionError(f"roi must have one start:stop per axis ({axes}), got {roi!r}")
    start = tuple(part.start or 0 for part in slices)
    stop = tuple(length if part.stop is None else part.stop for part, length in zip(slices, image.shape, strict=True))
    for axis, first, end, length in zip(image.spatial_axes, start, stop, image.shape, strict=True):
        if not 0 <= first < end <= length:
            raise OptionError(f"roi must lie inside the image: {axis} runs from 0 to {length}, got {first}:{end}")
    shape = tuple(end - first for first, end in zip(start, stop, strict=True)) + tuple(image.data.shape[image.ndim :])
    return replace(image, levels=(WindowLevel(image.data, start, shape),))
