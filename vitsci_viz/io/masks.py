"""Label images: class indices from 0."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.io.lazy import Box, BoxLevel
from vitsci_viz.io.pictures import read_indices
from vitsci_viz.io.reading import READERS, check_file, read_image, suffix_of
from vitsci_viz.io.tiff import read_tiff
from vitsci_viz.types import Image

WHOLE_CHECK_BYTES = 256 * 2**20
"""Masks up to this size are looked through at once; of larger ones every window is checked when it is read."""
_ROWS = 256


def read_mask(source: Any, *, axes: str | None = None, keep_values: bool = False) -> Image:
    """Open a label image: integers, one per pixel, no channels.

    Palette pictures give their indices. Colour pictures are taken only when all channels are equal. Floats are taken
    only when every value is whole. A mask with exactly two values (0 and 255, say) means background and foreground
    and becomes 0 and 1; masks with one value or more than two keep their values. Masks larger than
    `WHOLE_CHECK_BYTES` are read lazily, keep their values, and are checked window by window.

    Parameters
    ----------
    source : path, array or Image
        Path, array or image.
    axes : str, optional
        ``yx`` or ``zyx``, for arrays.
    keep_values : bool
        Leave masks with two values as they are: one mask of many may by chance hold two of their values.

    Returns
    -------
    Image
        Axes ``yx`` or ``zyx``; an integer dtype.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        Not a label image: colours, fractions, negative numbers.

    Examples
    --------
    >>> np.unique(np.asarray(read_mask(np.array([[0, 255], [255, 0]], np.uint8))))
    array([0, 1], dtype=uint8)
    """
    image = _open(source, axes)
    if image.axes.endswith("c"):
        image = _one_channel(image)
    size_bytes = int(np.prod(image.shape)) * np.dtype(image.data.dtype).itemsize
    if size_bytes > WHOLE_CHECK_BYTES:
        return replace(image, levels=tuple(LabelLevel(level, image.name) for level in image.levels))
    labels = as_labels(np.asarray(image), image.name)
    labels = labels if keep_values else two_valued_to_binary(labels)
    return replace(image, levels=(labels,))


def as_labels(values: NDArray[Any], name: str) -> NDArray[Any]:
    """Check that values are class indices and give them an integer dtype.

    Raises
    ------
    InputError
        Fractions, NaNs or negative numbers.
    """
    if values.dtype == bool:
        return values.view(np.uint8)
    if values.dtype.kind == "f":
        if not np.all(np.isfinite(values)) or np.any(values != np.rint(values)):
            raise InputError(f"the mask {name} must hold whole numbers, got fractions or NaN: it looks like an image")
        if values.max() > np.iinfo(np.int32).max:
            raise InputError(f"the mask {name} must hold class indices below 2^31, got {values.max():g}")
        values = values.astype(np.int32)
    if values.dtype.kind == "i":
        if values.size and values.min() < 0:
            raise InputError(f"the mask {name} must hold class indices from 0, got {values.min()}")
        values = values.astype(np.uint8 if values.size and values.max() < 256 else np.dtype(f"u{values.itemsize}"))
    return values


def two_valued_to_binary(labels: NDArray[Any]) -> NDArray[Any]:
    """Turn a mask with exactly two values into 0 (the smaller) and 1."""
    low, high = labels.min(), labels.max()
    parts = (labels[start : start + _ROWS] for start in range(0, len(labels), _ROWS))
    is_two_valued = low != high and all(np.all((part == low) | (part == high)) for part in parts)
    return (labels == high).view(np.uint8) if is_two_valued else labels


class LabelLevel(BoxLevel):
    """A large label image, checked window by window."""

    def __init__(self, source: Any, name: str) -> None:
        dtype = np.dtype(source.dtype)
        whole = {"f": np.dtype(np.int32), "b": np.dtype(np.uint8), "i": np.dtype(f"u{dtype.itemsize}")}
        super().__init__(source.shape, whole.get(dtype.kind, dtype), name)
        self.source = source

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read the box and check its values."""
        return as_labels(np.asarray(self.source[tuple(slice(*pair) for pair in box)]), str(self.path))


def _open(source: Any, axes: str | None) -> Image:
    reader = READERS.get(suffix_of(source) or "", "") if isinstance(source, str | Path) else ""
    if not reader.endswith((":read_picture", ":read_tiff")):
        return read_image(source, axes=axes)
    path = Path(source).expanduser()
    check_file(path)
    if reader.endswith(":read_tiff"):
        return read_image(read_tiff(path, as_indices=True), axes=axes)
    return replace(read_image(read_indices(path)), name=path.stem, path=path)


def _one_channel(image: Image) -> Image:
    values = np.asarray(image)
    if not np.all(values == values[..., :1]):
        raise InputError(
            f"the mask {image.name} must have one label per pixel, got {image.channels} differing channels: "
            "save it as a grey or palette picture of class indices"
        )
    return replace(image, levels=(np.ascontiguousarray(values[..., 0]),), axes=image.spatial_axes)
