"""TIFF and OME-TIFF: pages, stacks, pyramids, tiles; windows are read without the whole file."""

import logging
import math
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from vitsci_viz.axes import check_pixels
from vitsci_viz.errors import InputError
from vitsci_viz.io.axes import arrange
from vitsci_viz.io.lazy import reading
from vitsci_viz.io.levels import ArrayLevel, MappedLevel, OpaqueLevel, PaletteLevel
from vitsci_viz.io.tiff_tiles import TiledLevel
from vitsci_viz.types import UNITS_IN_UM, Image

_UNIT_NAMES = {
    "µm": "um",
    "μm": "um",
    "micron": "um",
    "microns": "um",
    "um": "um",
    "nm": "nm",
    "mm": "mm",
    "cm": "cm",
    "m": "m",
}
ONE_FILE: dict[str, Any] = {"_multifile": False}
"""An OME-TIFF may name other files as parts of it: they are never opened, as they may lie outside the data root."""
_CENTIMETRE = 3
_PALETTE = 3
logging.getLogger("tifffile").addHandler(logging.NullHandler())  # else its remarks go to stderr, beside our own line
_ASSOCIATED_ALPHA, _PLAIN_ALPHA = 1, 2


def read_tiff(path: Path, *, as_indices: bool = False) -> Image:
    """Read a TIFF, OME-TIFF or ImageJ TIFF lazily.

    The first series is taken, with its pyramid (OME sub-resolutions, SubIFDs, reduced pages). Several pages make a
    volume. Channels become the last axis. Alpha is composited on white, palettes become colours. Spacing comes from
    OME or ImageJ metadata, else from a resolution given per centimetre; one given per inch is a printing size and
    left out.

    Parameters
    ----------
    path : Path
        The file.
    as_indices : bool
        Keep the indices into a palette, as masks need.

    Returns
    -------
    Image

    Raises
    ------
    InputError
        The file is damaged or has more axes than z, y, x and the channel.
    """
    import tifffile

    with reading(path), tifffile.TiffFile(path, **ONE_FILE) as file:
        if not file.series:
            raise InputError(f"{path} must hold at least one picture, but its directory is empty")
        _check_whole(file, path)
        return image_from_series(file, file.series[0], path, as_indices=as_indices)


def _check_whole(file: Any, path: Path) -> None:
    """Refuse a file that ends before its last page: tifffile would give the pages that are left."""
    pages = len(file.pages)
    file.filehandle.seek(file.pages.next_page_offset)
    following = int.from_bytes(file.filehandle.read(file.tiff.offsetsize), "little" if file.byteorder == "<" else "big")
    if following >= file.filehandle.size:
        raise InputError(f"{path} is truncated: it ends after page {pages:,}, and names another one beyond its end")


def image_from_series(file: Any, series: Any, path: Path, *, as_indices: bool = False) -> Image:
    """Make a lazy image of one tifffile series and its pyramid."""
    check_pixels(series.shape, series.dtype, path)
    names_others = file.is_ome and series.kind != "ome" and "FileName=" in (file.ome_metadata or "")
    if names_others or any(page is None for page in series.pages):
        raise InputError(
            f"{path} holds only some pages of its image, the others lie in other files: save it as one file"
        )
    axes = series.axes.lower()
    raw = tuple(_level(file, series, index, path) for index in range(len(series.levels)))
    levels, ours = arrange(raw, axes, path)
    spacing, unit = _spacing(file, series, ours.removesuffix("c"))
    levels = _without_alpha(levels, ours, series.keyframe)
    if series.keyframe.photometric == _PALETTE and not ours.endswith("c") and not as_indices:
        levels, ours = _in_colours(levels, series.keyframe), f"{ours}c"
    return Image(levels=levels, axes=ours, spacing=spacing, unit=unit, name=_stem(path), path=path)


def _stem(path: Path) -> str:
    return path.name.removesuffix(path.suffix).removesuffix(".ome")


def _level(file: Any, series: Any, index: int, path: Path) -> Any:
    level = series.levels[index]
    if level.dataoffset is not None and not level.is_multifile:
        return MappedLevel(path, level.dataoffset, level.shape, file.byteorder + level.dtype.char)
    if TiledLevel.can_read(level):
        return TiledLevel(path, level)
    return _through_zarr(path, file.series.index(series), index)


def _through_zarr(path: Path, series: int, level: int) -> ArrayLevel:
    """Read a layout that is neither whole tiles nor one piece; the file stays open as long as the level lives."""
    import tifffile
    import zarr

    file = tifffile.TiffFile(path, **ONE_FILE)
    array = zarr.open_array(file.series[series].aszarr(level=level), mode="r")
    wrapped = ArrayLevel(array, path)
    weakref.finalize(wrapped, file.close)
    return wrapped


def _without_alpha(levels: tuple[Any, ...], axes: str, page: Any) -> tuple[Any, ...]:
    """Composite the alpha channel of RGB pages on white; other extra samples stay channels."""
    kinds = tuple(int(kind) for kind in page.extrasamples or ())
    is_colour = page.photometric == 2 and axes.endswith("c") and levels[0].shape[-1] == 4
    if not is_colour or kinds not in ((_ASSOCIATED_ALPHA,), (_PLAIN_ALPHA,)):
        return levels
    return tuple(OpaqueLevel(level, premultiplied=kinds == (_ASSOCIATED_ALPHA,)) for level in levels)


def _in_colours(levels: tuple[Any, ...], page: Any) -> tuple[Any, ...]:
    """Look the colours of a palette up; TIFF keeps them in 16 bits, (3, n)."""
    palette = (np.asarray(page.colormap).T >> 8).astype(np.uint8)
    return tuple(PaletteLevel(level, palette) for level in levels)


def _spacing(file: Any, series: Any, spatial: str) -> tuple[tuple[float, ...] | None, str | None]:
    """Return the spacing of the spatial axes and its unit, or None twice."""
    if file.is_ome and file.ome_metadata:
        found = _ome_sizes(file.ome_metadata)
    elif file.is_imagej:
        found = _imagej_sizes(series.keyframe, file.imagej_metadata or {})
    else:
        found = _resolution_sizes(series.keyframe)
    if found is None:
        return None, None
    steps, unit = found
    values = tuple(steps.get(letter, 0.0) for letter in spatial)
    return (values, unit) if all(value > 0 and math.isfinite(value) for value in values) else (None, None)


def _ome_sizes(metadata: str) -> tuple[dict[str, float], str] | None:
    import xml.etree.ElementTree as ElementTree

    root = ElementTree.fromstring(metadata)
    pixels = next((node for node in root.iter() if node.tag.endswith("}Pixels")), None)
    if pixels is None:
        return None
    in_um = {}
    for letter in "ZYX":
        value = pixels.get(f"PhysicalSize{letter}")
        unit = _UNIT_NAMES.get(pixels.get(f"PhysicalSize{letter}Unit", "µm"))
        if value is not None and unit is not None:
            in_um[letter.lower()] = (float(value), unit)
    if not in_um:
        return None
    common = in_um["x"][1] if "x" in in_um else next(iter(in_um.values()))[1]
    return {k: v * UNITS_IN_UM[unit] / UNITS_IN_UM[common] for k, (v, unit) in in_um.items()}, common


def _imagej_sizes(page: Any, metadata: dict[str, Any]) -> tuple[dict[str, float], str] | None:
    unit = _UNIT_NAMES.get(str(metadata.get("unit", "")).replace("\\u00B5m", "um"))
    across = _per_unit(page)
    if unit is None or across is None:
        return None
    return {**across, "z": float(metadata.get("spacing", 0.0))}, unit


def _resolution_sizes(page: Any) -> tuple[dict[str, float], str] | None:
    across = _per_unit(page)
    if across is None or int(page.resolutionunit) != _CENTIMETRE:
        return None
    in_um = {axis: value * UNITS_IN_UM["cm"] for axis, value in across.items()}
    return in_um, "um"


def _per_unit(page: Any) -> dict[str, float] | None:
    """Return the length of a pixel in the unit of the resolution tags."""
    tags = page.tags
    if "XResolution" not in tags or "YResolution" not in tags:
        return None
    rates = {axis: tags[f"{axis.upper()}Resolution"].value for axis in "yx"}
    if any(not (numerator > 0 and denominator > 0) for numerator, denominator in rates.values()):
        return None
    return {axis: denominator / numerator for axis, (numerator, denominator) in rates.items()}
