"""What may be patched: an array or an `Image`, seen one way."""

from typing import Any

import numpy as np

from vitsci_viz.axes import check_pixels, guess_axes
from vitsci_viz.errors import InputError
from vitsci_viz.types import Image


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
    """Read a window of the finest level as a C-contiguous array of a type that compiled loops take.

    The byte order becomes the machine's, bool becomes uint8 and float16 float32; no value changes.
    """
    array = np.ascontiguousarray(image.data[window])
    if array.dtype == bool:
        return array.view(np.uint8)
    dtype = np.dtype(np.float32) if array.dtype.itemsize < 4 and array.dtype.kind == "f" else array.dtype
    return array.astype(dtype.newbyteorder("="), copy=False)


def is_wide(dtype: Any) -> bool:
    """Tell whether a type holds numbers that float32 cannot.

    >>> is_wide(np.uint16), is_wide(np.int32), is_wide(np.float32)
    (False, True, False)
    """
    dtype = np.dtype(dtype)
    return dtype.itemsize > 4 or (dtype.itemsize == 4 and dtype.kind != "f")
