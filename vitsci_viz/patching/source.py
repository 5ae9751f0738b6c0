"""What may be patched: an array or an `Image`, seen one way."""

from typing import Any

import numpy as np

from vitsci_viz.errors import InputError
from vitsci_viz.types import Image

MAX_COLOURS = 4
"""A last axis of a bare 3-D array no longer than this is taken as channels."""


def guess_axes(shape: tuple[int, ...]) -> str:
    """Name the axes of a bare array.

    1-D is ``x``, 2-D ``yx``, 3-D with at most four entries along the last axis ``yxc``, any other 3-D ``zyx``,
    4-D ``zyxc``.

    Raises
    ------
    InputError
        More or fewer axes.

    Examples
    --------
    >>> guess_axes((100, 80, 3)), guess_axes((100, 80, 60))
    ('yxc', 'zyx')
    """
    if len(shape) == 3 and shape[-1] <= MAX_COLOURS:
        return "yxc"
    names = {1: "x", 2: "yx", 3: "zyx", 4: "zyxc"}
    if len(shape) not in names:
        raise InputError(f"an image must have 1 to 4 axes, got the shape {tuple(shape)}: take a slice of it")
    return names[len(shape)]


def check_pixels(shape: tuple[int, ...], dtype: Any, name: object) -> None:
    """Refuse arrays without pixels and types that are no numbers.

    Raises
    ------
    InputError
        An axis has length zero, or the dtype is complex, text or objects.
    """
    if 0 in shape:
        raise InputError(f"{name} must have pixels, but its shape is {tuple(shape)}: nothing to read")
    if np.dtype(dtype).kind not in "buif":
        raise InputError(f"{name} must hold integers, floats or booleans, got {np.dtype(dtype)}: convert it first")


def as_image(source: Any) -> Image:
    """Return an `Image` as it is, or wrap an array without copying it.

    Raises
    ------
    InputError
        Neither an array nor an Image, no pixels, or a type that is no number.
    """
    image = source
    if not isinstance(source, Image):
        if not all(hasattr(source, name) for name in ("shape", "dtype", "__getitem__")):
            raise InputError(
                f"an image must be an array or an Image, got {type(source).__name__}: open files with read_image"
            )
        shape = tuple(int(n) for n in source.shape)
        image = Image(levels=(source,), axes=guess_axes(shape))
    check_pixels(tuple(image.data.shape), image.data.dtype, image.name)
    return image


def read_window(image: Image, window: tuple[slice, ...]) -> np.ndarray[Any, Any]:
    """Read a window of the finest level as a C-contiguous array; bool becomes uint8."""
    array = np.ascontiguousarray(image.data[window])
    return array.view(np.uint8) if array.dtype == bool else array
