"""OME-Zarr of both versions, written by hand and by the reference library, equals its zarr arrays."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image

RANDOM = np.random.default_rng(2)
LEVELS = [RANDOM.integers(0, 255, (2, 4, 64 // 2**k, 48 // 2**k)).astype(np.uint16) for k in range(3)]
AXES = [
    {"name": "c", "type": "channel"},
    {"name": "z", "type": "space", "unit": "micrometer"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "nanometer"},
]


def multiscales(scale: list[float]) -> list[dict[str, Any]]:
    datasets = [
        {
            "path": str(k),
            "coordinateTransformations": [{"type": "scale", "scale": [*scale[:2], *(v * 2**k for v in scale[2:])]}],
        }
        for k in range(3)
    ]
    return [{"name": "cells", "axes": AXES, "datasets": datasets}]


@pytest.fixture(params=["0.4", "0.5"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "image.ome.zarr"
    is_old = request.param == "0.4"
    group = zarr.open_group(path, mode="w", zarr_format=2 if is_old else 3)
    for k, level in enumerate(LEVELS):
        group.create_array(str(k), data=level, chunks=(1, 2, 16, 16))
    found = multiscales([1, 2.0, 0.5, 500.0])
    group.attrs.update(
        {"multiscales": [{**found[0], "version": "0.4"}]}
        if is_old
        else {"ome": {"version": "0.5", "multiscales": found}}
    )
    return path


def test_levels_axes_and_spacing(folder: Path) -> None:
    image = read_image(folder)
    assert (image.axes, image.channels, image.name) == ("zyxc", 2, "cells")
    assert image.spacing_um == pytest.approx((2.0, 0.5, 0.5))
    for ours, level in zip(image.levels, LEVELS, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.moveaxis(level, 0, -1))
    np.testing.assert_array_equal(image.data[1, 5:20, ::3, 1], LEVELS[0][1, 1, 5:20, ::3])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library that writes the oracle
def test_what_the_reference_library_writes_is_read(tmp_path: Path) -> None:
    from ome_zarr.writer import write_image

    whole = RANDOM.integers(0, 255, (64, 64)).astype(np.uint8)
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w")
    write_image(whole, group, axes="yx")
    image = read_image(path)
    assert (image.axes, image.spacing) == ("yx", None)
    assert len(image.levels) > 1
    np.testing.assert_array_equal(np.asarray(image), whole)


def test_a_plain_zarr_array_is_read(tmp_path: Path) -> None:
    zarr.save_array(tmp_path / "a.zarr", LEVELS[0][0])
    np.testing.assert_array_equal(np.asarray(read_image(tmp_path / "a.zarr")), LEVELS[0][0])


def test_a_group_without_multiscales_is_refused(tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    with pytest.raises(InputError, match="multiscales"):
        read_image(tmp_path / "a.zarr")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zarr").mkdir()
    with pytest.raises(InputError):
        read_image(tmp_path / "a.zarr")


def test_a_missing_level_is_refused(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder / "1")
    with pytest.raises(InputError):
        read_image(folder)


def test_a_scale_of_zero_is_no_spacing(tmp_path: Path) -> None:
    path = tmp_path / "a.zarr"
    group = zarr.open_group(path, mode="w")
    group.create_array("0", data=LEVELS[0])
    found = multiscales([1, 0.0, 0.5, 500.0])[0]
    group.attrs.update({"ome": {"version": "0.5", "multiscales": [{**found, "datasets": found["datasets"][:1]}]}})
    assert read_image(path).spacing is None
