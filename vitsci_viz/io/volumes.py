"""Volumes: NIfTI, NumPy files and raw numbers with a name or a side file that tells their shape."""

import json
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.axes import check_axes, check_pixels, guess_axes
from vitsci_viz.errors import InputError
from vitsci_viz.io.axes import arrange
from vitsci_viz.io.lazy import BoxLevel, reading
from vitsci_viz.io.levels import ArrayLevel, DecodedLevel, MappedLevel
from vitsci_viz.types import Image

_RAW_NAME = re.compile(r"_(\d+(?:x\d+)+)_((?:u?int|float)\d+)(?:_(be|le))?$")
_ZIP_HEADER_BYTES = 30
_NIFTI_UNITS = {"mm": "mm", "micron": "um", "meter": "m"}


def read_nifti(path: Path) -> Image:
    """Read a NIfTI volume lazily, transposed to z, y, x.

    NIfTI stores x fastest and indexes (x, y, z[, t]); only the order of the axes is reversed, nothing is flipped or
    resampled. ``.nii`` is read in windows; ``.nii.gz`` can only be decompressed whole, at the first slice. Values are
    scaled by the header's slope and intercept (float32 for stored integers up to 16 bits, else float64); without
    scaling they keep the stored type. A fourth axis becomes the channel.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Image
        Axes ``zyx``, ``yx`` (one slice) or ``zyxc``; spacing in z, y, x order from the voxel sizes.
    """
    import nibabel

    with reading(path):
        file: Any = nibabel.load(path)
        proxy = file.dataobj
        shape = tuple(int(n) for n in proxy.shape)
        letters = "xyzcs"[: len(shape)]
        check_pixels(shape, proxy.dtype, path)
        if len(shape) > 5 or len(shape) < 2:
            raise InputError(f"{path} must have 2 to 4 axes, got {shape}: save one part of it")
        zooms = dict(zip("xyz", (float(value) for value in file.header.get_zooms()[:3]), strict=False))
        unit = _NIFTI_UNITS.get(file.header.get_xyzt_units()[0], "mm")
    dtype = _nifti_dtype(proxy)
    name = path.name.removesuffix(".gz").removesuffix(".nii")
    values = _NiftiSlices(proxy, dtype)
    level: Any = ArrayLevel(values, path)
    if path.name.lower().endswith(".gz"):
        level = DecodedLevel(lambda: values[...], shape, dtype, path)
    levels, axes = arrange((level,), letters, path)
    spacing = tuple(zooms.get(letter, 0.0) for letter in axes.removesuffix("c"))
    if not all(value > 0 for value in spacing):
        return Image(levels=levels, axes=axes, name=name, path=path)
    return Image(levels=levels, axes=axes, spacing=spacing, unit=unit, name=name, path=path)


class _NiftiSlices:
    """The scaled values of a NIfTI file, sliced lazily and given one dtype."""

    def __init__(self, proxy: Any, dtype: np.dtype[Any]) -> None:
        self._proxy = proxy
        self.shape = proxy.shape
        self.dtype = dtype

    def __getitem__(self, key: Any) -> NDArray[Any]:
        return np.asarray(self._proxy[key], self.dtype)


def _nifti_dtype(proxy: Any) -> np.dtype[Any]:
    stored = np.dtype(proxy.dtype).newbyteorder("=")
    if (proxy.slope, proxy.inter) == (1.0, 0.0):
        return stored
    return np.dtype("f4") if stored.kind in "iu" and stored.itemsize <= 2 else np.dtype("f8")


def read_npy(path: Path) -> Image:
    """Map a ``.npy`` file; axes as `guess_axes` says."""
    with reading(path), path.open("rb") as file:
        shape, is_fortran, dtype = _npy_header(file)
        offset = file.tell()
    check_pixels(shape, dtype, path)
    axes = guess_axes(shape)
    if is_fortran:
        levels, axes = arrange((MappedLevel(path, offset, shape[::-1], dtype),), axes[::-1], path)
        return Image(levels=levels, axes=axes, name=path.stem, path=path)
    return Image(levels=(MappedLevel(path, offset, shape, dtype),), axes=axes, name=path.stem, path=path)


def read_npz(path: Path) -> Image:
    """Read the only array of a ``.npz`` file, or the one called ``image`` or ``volume``.

    Arrays ``spacing`` (one value per spatial axis) and ``unit`` beside it are understood.
    """
    with reading(path), zipfile.ZipFile(path) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        pictures = [name for name in names if name not in ("spacing", "unit", "mask")]
        wanted = next((name for name in ("image", "volume") if name in names), None)
        if wanted is None and len(pictures) != 1:
            raise InputError(
                f"{path} must hold one array, or one called 'image' or 'volume'; it holds: {', '.join(names)}"
            )
    level = npz_level(path, wanted or pictures[0])
    image = Image(levels=(level,), axes=guess_axes(level.shape), name=path.stem, path=path)
    if "spacing" not in names:
        return image
    with reading(path):
        unit = str(from_npz(path, "unit")) if "unit" in names else None
        values = tuple(float(v) for v in np.atleast_1d(from_npz(path, "spacing")))
    return Image(levels=(level,), axes=image.axes, spacing=values, unit=unit, name=path.stem, path=path)


def npz_level(path: Path, name: str) -> BoxLevel:
    """Return a lazy level of one array of an ``.npz`` file: mapped where it is stored as it is, else decoded whole."""
    with reading(path), zipfile.ZipFile(path) as archive:
        info = archive.getinfo(f"{name}.npy")
        with archive.open(info) as member:
            shape, is_fortran, dtype = _npy_header(member)
            header_bytes = member.tell()
        check_pixels(shape, dtype, f"{path}:{name}")
        if info.compress_type == zipfile.ZIP_STORED and not is_fortran and shape:
            return MappedLevel(path, _member_offset(path, info) + header_bytes, shape, dtype)
    return DecodedLevel(lambda: from_npz(path, name), shape, dtype, path)


def _member_offset(path: Path, info: zipfile.ZipInfo) -> int:
    """Return where the bytes of a member begin: behind its own header, whose name and extra vary in length."""
    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_ZIP_HEADER_BYTES)
    return info.header_offset + _ZIP_HEADER_BYTES + sum(struct.unpack("<HH", header[26:30]))


def _npy_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, Fortran order and dtype from a ``.npy`` header."""
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    return read_header[version](file)


def from_npz(path: Path, name: str) -> NDArray[Any]:
    """Read one array of an ``.npz`` file."""
    with np.load(path, allow_pickle=False) as archive:
        return archive[name]


def read_raw(path: Path) -> Image:
    """Map raw numbers whose shape and type stand in the name or in a JSON file beside them.

    The name ends in ``_<shape>_<type>[_be|_le].raw``, slowest axis first: ``rock_512x512x512_uint16.raw`` (z, y, x;
    little-endian unless ``_be``). A side file of the same name with ``.json`` goes before the name:
    ``{"shape": [512, 512, 512], "dtype": "uint16", "axes": "zyx", "spacing": [2, 2, 2], "unit": "um",
    "byte_order": "little", "offset": 0}``, of which only shape and dtype are needed.
    """
    side = path.with_suffix(".json")
    with reading(side if side.exists() else path):
        header = json.loads(side.read_text()) if side.exists() else _header_from_name(path)
        shape = tuple(int(n) for n in header["shape"])
        dtype = np.dtype(header["dtype"]).newbyteorder(">" if header.get("byte_order", "little") == "big" else "<")
        offset, spacing = int(header.get("offset", 0)), header.get("spacing")
        steps = None if spacing is None else tuple(float(v) for v in spacing)
    check_pixels(shape, dtype, path)
    level = MappedLevel(path, offset, shape, dtype)
    axes = check_axes(header["axes"], shape) if "axes" in header else guess_axes(shape)
    return Image(
        levels=(level,),
        axes=axes,
        spacing=steps,
        unit=header.get("unit"),
        name=path.stem,
        path=path,
    )


def _header_from_name(path: Path) -> dict[str, Any]:
    found = _RAW_NAME.search(path.stem)
    if found is None:
        raise InputError(
            f"{path.name} must tell its shape and type, as in name_512x512x512_uint16.raw, "
            f"or have a file {path.stem}.json beside it with shape and dtype"
        )
    shape, dtype, order = found.groups()
    return {
        "shape": [int(n) for n in shape.split("x")],
        "dtype": dtype,
        "byte_order": "big" if order == "be" else "little",
    }
