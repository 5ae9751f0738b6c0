"""One door to every image: a file by its suffix, an array, or an image."""

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from vitsci_viz.axes import check_axes, check_pixels, guess_axes
from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.types import Image

READERS: dict[str, str] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"), "vitsci_viz.io.pictures:read_picture"),
    **dict.fromkeys((".tif", ".tiff", ".btf", ".tf8", ".lsm"), "vitsci_viz.io.tiff:read_tiff"),
    **dict.fromkeys((".svs", ".ndpi", ".scn", ".bif"), "vitsci_viz.io.slides:read_slide"),
    **dict.fromkeys((".nii", ".nii.gz"), "vitsci_viz.io.volumes:read_nifti"),
    ".npy": "vitsci_viz.io.volumes:read_npy",
    ".npz": "vitsci_viz.io.volumes:read_npz",
    ".raw": "vitsci_viz.io.volumes:read_raw",
    ".zarr": "vitsci_viz.io.multiscale:read_ome_zarr",
}
"""Reader of each suffix as "module:function"; a longer suffix (``.nii.gz``) goes before a shorter one."""


FOLDERS = (".zarr",)
"""Suffixes of images that are folders."""


def read_image(
    source: Any,
    *,
    axes: str | None = None,
    spacing: tuple[float, ...] | float | None = None,
    unit: str | None = None,
) -> Image:
    """Open an image or a volume lazily.

    Parameters
    ----------
    source : path, array or Image
        A file by its suffix (see `READERS`), anything with ``shape``, ``dtype`` and slicing, or an image, which
        passes through.
    axes : str, optional
        ``yx``, ``yxc``, ``zyx`` or ``zyxc``; needed for arrays where the guess (see `axes.guess_axes`) is wrong:
        a 3-D array is ``yxc`` if its last axis has at most four entries, else ``zyx``.
    spacing : float or one per spatial axis, optional
        Replaces what the file says.
    unit : str, optional
        Unit of the spacing: nm, um, mm, cm or m.

    Returns
    -------
    Image
        Nothing is read before it is sliced; files that can only be decoded whole are decoded at the first slice.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A folder, an unknown suffix, a damaged file, no pixels, unsupported axes or types.

    Examples
    --------
    >>> import numpy as np
    >>> image = read_image(np.zeros((64, 48, 3), np.uint8), spacing=0.5, unit="um")
    >>> image.axes, image.shape, image.channels, image.spacing_um
    ('yxc', (64, 48), 3, (0.5, 0.5))
    """
    if isinstance(source, Image):
        image = source
    elif isinstance(source, str | Path):
        image = _read_file(Path(source).expanduser())
    else:
        image = _from_array(source, axes)
    if axes is not None and axes != image.axes:
        image = replace(image, axes=check_axes(axes, image.data.shape), spacing=None, unit=None)
    return _with_spacing(image, spacing, unit)


def known_suffixes() -> tuple[str, ...]:
    """Return the suffixes that can be read."""
    return tuple(sorted(READERS))


def suffix_of(path: Path | str) -> str | None:
    """Return the known suffix of a file name, or None.

    >>> suffix_of("a/brain.NII.GZ"), suffix_of("slide.svs"), suffix_of("notes.txt")
    ('.nii.gz', '.svs', None)
    """
    name = Path(path).name.lower()
    return max((suffix for suffix in READERS if name.endswith(suffix)), key=len, default=None)


def resolve(target: str) -> Callable[..., Any]:
    """Import what a "module:function" string names."""
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def check_file(path: Path) -> str:
    """Check that a path can be read as an image and return its suffix.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        A plain folder, an empty file or an unknown suffix.
    """
    suffix = suffix_of(path)
    if not path.exists():
        raise MissingFileError(f"{path} does not exist: check the name and the folder")
    if path.is_dir() and suffix not in FOLDERS:
        raise InputError(f"{path} is a folder, not an image: name one file in it")
    if suffix is None:
        raise InputError(f"{path.name} must end in a known suffix ({', '.join(known_suffixes())})")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is an empty file: it holds no image")
    return suffix


def _read_file(path: Path) -> Image:
    return resolve(READERS[check_file(path)])(path)


def _from_array(array: Any, axes: str | None) -> Image:
    if not all(hasattr(array, name) for name in ("shape", "dtype", "__getitem__")):
        raise InputError(
            f"an image must be a path, an array or an Image, got {type(array).__name__}: "
            "pass a file name or numpy.asarray(it)"
        )
    shape = tuple(int(n) for n in array.shape)
    check_pixels(shape, array.dtype, "the array")
    return Image(levels=(array,), axes=check_axes(axes, shape) if axes else guess_axes(shape))


def _with_spacing(image: Image, spacing: tuple[float, ...] | float | None, unit: str | None) -> Image:
    if spacing is None:
        return image if unit is None else replace(image, unit=unit)
    values = (float(spacing),) * image.ndim if isinstance(spacing, int | float) else tuple(float(v) for v in spacing)
    return replace(image, spacing=values, unit=unit if unit is not None else image.unit)
