"""OME-Zarr (versions 0.4 and 0.5), read through zarr arrays."""

import math
from pathlib import Path
from typing import Any

from vitsci_viz.axes import check_pixels, guess_axes
from vitsci_viz.errors import InputError
from vitsci_viz.io.axes import arrange
from vitsci_viz.io.lazy import reading
from vitsci_viz.io.levels import ArrayLevel
from vitsci_viz.types import UNITS_IN_UM, Image

_UNITS = {"nanometer": "nm", "micrometer": "um", "millimeter": "mm", "centimeter": "cm", "meter": "m"}


def read_ome_zarr(path: Path) -> Image:
    """Read the first multiscale image of an OME-Zarr folder lazily.

    Parameters
    ----------
    path : Path
        A folder (``.zarr``) with multiscales metadata, or with one plain array.

    Returns
    -------
    Image
        A level per data set; spacing and unit from the finest level's scale.

    Raises
    ------
    InputError
        The folder is no zarr group with multiscales, or has axes that an image cannot have.

    References
    ----------
    OME-NGFF specification 0.4 and 0.5, section multiscales.
    """
    import zarr

    with reading(path):
        root = zarr.open(path, mode="r")
        name = path.name.removesuffix(".zarr").removesuffix(".ome")
        if isinstance(root, zarr.Array):
            return _plain_array(root, path, name)
        multiscales = _multiscales(dict(root.attrs), path)
        axes = [axis if isinstance(axis, dict) else {"name": axis} for axis in multiscales.get("axes", [])]
        letters = "".join(axis["name"].lower() for axis in axes) or "tczyx"
        datasets = multiscales["datasets"]
        raw = tuple(ArrayLevel(root[dataset["path"]], path) for dataset in datasets)
        check_pixels(raw[0].shape, raw[0].dtype, path)
        levels, ours = arrange(raw, letters, path)
        spacing, unit = _spacing(axes, letters, ours.removesuffix("c"), multiscales)
    return Image(levels=levels, axes=ours, spacing=spacing, unit=unit, name=multiscales.get("name") or name, path=path)


def _plain_array(array: Any, path: Path, name: str) -> Image:
    check_pixels(array.shape, array.dtype, path)
    return Image(levels=(ArrayLevel(array, path),), axes=guess_axes(array.shape), name=name, path=path)


def _multiscales(attributes: dict[str, Any], path: Path) -> dict[str, Any]:
    found = attributes.get("ome", attributes).get("multiscales")
    if not found:
        raise InputError(
            f"{path} must be an OME-Zarr image with multiscales metadata: name the folder of one image in it"
        )
    return found[0]


def _spacing(
    axes: list[dict[str, Any]], letters: str, spatial: str, multiscales: dict[str, Any]
) -> tuple[tuple[float, ...] | None, str | None]:
    """Return the finest level's scale along the spatial axes, in one unit."""
    factors = [1.0] * len(letters)
    has_scale = False
    for place in (multiscales["datasets"][0], multiscales):
        for transform in place.get("coordinateTransformations", []):
            if transform.get("type") == "scale":
                factors = [a * float(b) for a, b in zip(factors, transform["scale"], strict=True)]
                has_scale = True
    named = {axis["name"].lower(): _UNITS.get(axis.get("unit", "")) for axis in axes}
    units = {letter: unit for letter, unit in named.items() if unit is not None}
    scale = dict(zip(letters, factors, strict=True))
    if not has_scale or not all(letter in units and 0 < scale[letter] < math.inf for letter in spatial):
        return None, None
    common = units[spatial[-1]]
    return tuple(scale[k] * UNITS_IN_UM[units[k]] / UNITS_IN_UM[common] for k in spatial), common
