"""One door: arrays, images and files by suffix; mistakes get one clear line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vitsci_viz.io.reading as door
from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io import READERS, known_suffixes, read_image
from vitsci_viz.types import Image


def test_every_reader_can_be_imported() -> None:
    assert all(callable(door.resolve(target)) for target in READERS.values())


def test_an_array_is_not_copied() -> None:
    array = np.zeros((4, 5, 3), np.uint8)
    image = read_image(array, spacing=(0.5, 0.25), unit="um")
    assert image.data is array
    assert (image.axes, image.shape, image.channels) == ("yxc", (4, 5), 3)
    assert image.spacing_um == (0.5, 0.25)


def test_axes_of_an_array_can_be_given() -> None:
    assert read_image(np.zeros((6, 5, 3)), axes="zyx").shape == (6, 5, 3)


def test_an_image_passes_through_and_takes_a_spacing() -> None:
    image = Image(levels=(np.zeros((4, 5)),), axes="yx")
    assert read_image(image) is image
    assert read_image(image, spacing=2.0, unit="mm").spacing_um == (2000.0, 2000.0)


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.uint16, np.int16, np.float32, np.float64])
def test_numbers_of_any_kind_are_taken(dtype: Any) -> None:
    assert read_image(np.ones((3, 4), dtype)).data.dtype == dtype


@pytest.mark.parametrize("shape", [(1, 7), (7, 1), (1, 1)])
def test_images_of_one_pixel_width_are_taken(shape: tuple[int, int]) -> None:
    assert read_image(np.ones(shape)).shape == shape


@pytest.mark.parametrize("wrong", [None, 3, b"abc", [[1, 2], [3, 4]]])
def test_what_is_no_image_is_refused(wrong: Any) -> None:
    with pytest.raises(InputError, match="must be a path, an array or an Image"):
        read_image(wrong)


def test_wrong_spacings_and_units_are_refused() -> None:
    array = np.zeros((3, 4))
    for spacing in (0.0, -1.0, float("nan"), (1.0, 0.0)):
        with pytest.raises(InputError, match="spacing must be positive"):
            read_image(array, spacing=spacing)
    with pytest.raises(InputError, match="one value per spatial axis"):
        read_image(array, spacing=(1.0, 1.0, 1.0))
    with pytest.raises(InputError, match="unit must be one of"):
        read_image(array, spacing=1.0, unit="inch")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        read_image(tmp_path / "nothing.png")


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_image(tmp_path)


def test_an_unknown_suffix_names_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(InputError, match="known suffix") as caught:
        read_image(path)
    assert all(suffix in str(caught.value) for suffix in known_suffixes())


@pytest.mark.parametrize("suffix", [suffix for suffix in READERS if suffix != ".zarr"])
def test_an_empty_file_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="empty file"):
        read_image(path)


@pytest.mark.parametrize("suffix", READERS)
def test_a_file_of_another_kind_than_its_name_is_one_clear_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"wrong_9x9_uint8{suffix}"
    path.write_bytes(b"this is certainly no image of any kind")
    with pytest.raises(InputError) as caught:
        np.asarray(read_image(path))
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [suffix for suffix in READERS if suffix != ".zarr"])
def test_a_folder_with_the_suffix_of_a_file_is_one_clear_line(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"folder_9x9_uint8{suffix}"
    path.mkdir()
    with pytest.raises(InputError):
        read_image(path)


def test_suffixes_are_found_whatever_their_case() -> None:
    assert door.suffix_of("A/B.SVS") == ".svs"
    assert door.suffix_of("brain.nii.gz") == ".nii.gz"
    assert door.suffix_of("x.ome.tif") == ".tif"
    assert door.suffix_of("png") is None
