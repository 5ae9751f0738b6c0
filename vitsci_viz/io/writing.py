"""Arrays to image files, with spacing where the format holds one."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError

_UNIT_SIGNS = {"um": "µm"}


def write_image(
    path: Path | str,
    array: NDArray[Any],
    *,
    axes: str,
    spacing: tuple[float, ...] | None = None,
    unit: str | None = None,
) -> Path:
    """Write an array as PNG or as a compressed TIFF (OME-TIFF when it has a spacing).

    Parameters
    ----------
    path : path
        Ends in ``.png`` (8 or 16 bits, ``yx`` or ``yxc``; holds no spacing), ``.tif`` or ``.tiff``.
    array : array
        Pixels.
    axes : str
        ``yx``, ``yxc``, ``zyx`` or ``zyxc``.
    spacing : tuple of float, optional
        One value per spatial axis.
    unit : str, optional
        nm, um, mm, cm or m.

    Returns
    -------
    Path

    Raises
    ------
    InputError
        The format cannot hold the array, or is not known.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in (".png", ".tif", ".tiff"):
        raise InputError(f"an image is written as .png, .tif or .tiff, got {path.name}")
    if suffix == ".png" and (axes not in ("yx", "yxc") or array.dtype not in (np.uint8, np.uint16)):
        raise InputError(f"a PNG holds 8 or 16 bits in y, x and channel, got {axes} {array.dtype}: write a .tif")
    with replacing(path) as temporary:
        if suffix == ".png":
            _write_png(temporary, array)
        else:
            _write_tiff(temporary, array, axes, spacing, unit)
    return path


def _write_png(path: Path, array: NDArray[Any]) -> None:
    import imagecodecs

    path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(array), level=9))


def _identity(array: NDArray[Any]) -> str:
    """Return an identifier made from the pixels, so that equal images are equal files."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, hashlib.sha256(array.tobytes()).hexdigest())}"


def _write_tiff(
    path: Path, array: NDArray[Any], axes: str, spacing: tuple[float, ...] | None, unit: str | None
) -> None:
    import tifffile

    letters = axes.upper().replace("C", "S" if array.shape[-1] in (3, 4) else "C")
    options: dict[str, Any] = {"photometric": "rgb" if letters.endswith("S") else "minisblack"}
    options |= {"compression": "deflate", "compressionargs": {"level": 9}, "predictor": array.dtype.kind in "ui"}
    metadata: dict[str, Any] = {"axes": letters}
    if spacing is not None:
        metadata |= {"Creator": "vitsci_viz", "UUID": _identity(array)}
        metadata |= physical_sizes(axes.removesuffix("c"), spacing, unit)
    tifffile.imwrite(path, array, ome=spacing is not None, metadata=metadata, **options)


def physical_sizes(spatial: str, spacing: tuple[float, ...], unit: str | None) -> dict[str, Any]:
    """Return a spacing in the words of OME.

    >>> physical_sizes("yx", (0.5, 0.25), "um")["PhysicalSizeX"]
    0.25
    """
    sizes: dict[str, Any] = {f"PhysicalSize{axis.upper()}": step for axis, step in zip(spatial, spacing, strict=True)}
    return sizes | {f"PhysicalSize{axis.upper()}Unit": _UNIT_SIGNS.get(unit or "", unit) for axis in spatial}
