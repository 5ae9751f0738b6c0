"""Volumes: NIfTI against nibabel, NumPy files against NumPy, raw numbers by name and side file."""

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image

RANDOM = np.random.default_rng(9)
VOLUME = RANDOM.integers(0, 4000, (7, 8, 9)).astype(np.int16)


def save_nifti(path: Path, xyz: np.ndarray, *, zooms: tuple[float, ...] = (0.5, 0.75, 2.0), **header: Any) -> Path:
    file = nibabel.Nifti1Image(xyz, np.diag([*zooms[:3], 1.0]))
    file.header.set_xyzt_units(header.get("unit", "mm"))
    if "slope" in header:
        file.header.set_slope_inter(header["slope"], header["inter"])
    nibabel.save(file, path)
    return path


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_nifti_is_transposed_to_z_y_x_with_its_spacing(tmp_path: Path, suffix: str) -> None:
    image = read_image(save_nifti(tmp_path / f"brain{suffix}", VOLUME))
    assert (image.axes, image.shape, image.name) == ("zyx", (9, 8, 7), "brain")
    assert (image.spacing, image.unit) == ((2.0, 0.75, 0.5), "mm")
    assert image.data.dtype == np.int16
    np.testing.assert_array_equal(np.asarray(image), VOLUME.T)
    np.testing.assert_array_equal(image.data[2:5, ::2, -1], VOLUME.T[2:5, ::2, -1])


def test_nifti_units_are_kept(tmp_path: Path) -> None:
    assert read_image(save_nifti(tmp_path / "a.nii", VOLUME, unit="micron")).spacing_um == (2.0, 0.75, 0.5)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_scaled_nifti_equals_nibabel(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    file = nibabel.Nifti1Image(VOLUME, np.eye(4))
    file.header.set_slope_inter(0.5, -100)
    nibabel.save(file, path)
    image = read_image(path)
    theirs = np.asarray(nibabel.load(path).dataobj).T
    assert image.data.dtype == np.float32
    np.testing.assert_allclose(np.asarray(image), theirs, rtol=1e-6)
    np.testing.assert_allclose(image.data[3, 2:6], theirs[3, 2:6], rtol=1e-6)


def test_a_fourth_nifti_axis_is_the_channel(tmp_path: Path) -> None:
    xyzc = RANDOM.random((5, 6, 7, 2)).astype(np.float32)
    image = read_image(save_nifti(tmp_path / "a.nii", xyzc))
    assert (image.axes, image.channels) == ("zyxc", 2)
    np.testing.assert_array_equal(np.asarray(image), xyzc.transpose(2, 1, 0, 3))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_truncated_nifti_is_refused(tmp_path: Path, suffix: str) -> None:
    path = save_nifti(tmp_path / f"a{suffix}", RANDOM.integers(0, 9999, (32, 32, 32)).astype(np.int16))
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(InputError):
        np.asarray(read_image(path))


@pytest.mark.data
def test_real_nifti_equals_nibabel(data_dir: Path) -> None:
    for path in sorted(data_dir.glob("medical_3d/*.nii.gz")):
        file = nibabel.load(path)
        image = read_image(path)
        np.testing.assert_array_equal(np.asarray(image), np.asarray(file.dataobj).T)
        assert image.spacing == pytest.approx(file.header.get_zooms()[::-1])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(6, 7), (6, 7, 3), (6, 7, 8), (5, 6, 7, 2)])
@pytest.mark.parametrize("dtype", ["u1", ">i2", "<f4"])
def test_npy_is_mapped(tmp_path: Path, order: Any, shape: tuple[int, ...], dtype: str) -> None:
    array = np.asarray(RANDOM.random(shape) * 100).astype(dtype, order=order)
    np.save(tmp_path / "a.npy", array)
    image = read_image(tmp_path / "a.npy")
    assert image.data.shape == shape
    np.testing.assert_array_equal(np.asarray(image), array)


def test_npz_gives_its_array_and_spacing(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", image=VOLUME, mask=VOLUME > 0, spacing=np.array([2.0, 1.0, 1.0]), unit="um")
    image = read_image(tmp_path / "a.npz")
    assert image.spacing_um == (2.0, 1.0, 1.0)
    np.testing.assert_array_equal(np.asarray(image), VOLUME)


def test_npz_with_several_arrays_lists_them(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", first=VOLUME, second=VOLUME)
    with pytest.raises(InputError, match="first, second"):
        read_image(tmp_path / "a.npz")


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}, {}]], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="integers, floats or booleans"):
        read_image(tmp_path / "a.npy")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_truncated_numpy_files_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    (np.save if suffix == ".npy" else np.savez)(path, VOLUME)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError):
        np.asarray(read_image(path))


@pytest.mark.parametrize(("order", "dtype"), [("", "<u2"), ("_le", "<u2"), ("_be", ">u2")])
def test_raw_numbers_are_told_by_their_name(tmp_path: Path, order: str, dtype: str) -> None:
    path = tmp_path / f"rock_7x8x9_uint16{order}.raw"
    path.write_bytes(VOLUME.astype(dtype).tobytes())
    image = read_image(path)
    assert image.axes == "zyx"
    np.testing.assert_array_equal(np.asarray(image), VOLUME)


def test_a_side_file_goes_before_the_name(tmp_path: Path) -> None:
    path = tmp_path / "rock.raw"
    path.write_bytes(b"12345678" + VOLUME.tobytes())
    header = {"shape": [7, 8, 9], "dtype": "int16", "spacing": [2, 1, 1], "unit": "um", "axes": "zyx", "offset": 8}
    path.with_suffix(".json").write_text(json.dumps(header))
    image = read_image(path)
    assert image.spacing_um == (2.0, 1.0, 1.0)
    np.testing.assert_array_equal(np.asarray(image), VOLUME)


def test_raw_numbers_without_a_shape_say_how_to_tell_it(tmp_path: Path) -> None:
    path = tmp_path / "rock.raw"
    path.write_bytes(bytes(100))
    with pytest.raises(InputError, match="name_512x512x512_uint16"):
        read_image(path)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"shape": [7, 8, 9]}', '{"shape": [7, 8, 9], "dtype": "colour"}'])
def test_a_broken_side_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rock.raw"
    path.write_bytes(VOLUME.tobytes())
    path.with_suffix(".json").write_text(text)
    with pytest.raises(InputError, match=r"rock\.json"):
        read_image(path)


def test_too_few_raw_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rock_7x8x9_uint16.raw"
    path.write_bytes(VOLUME.tobytes()[:-1])
    with pytest.raises(InputError, match="must hold 1,008 bytes"):
        read_image(path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"shape": [-10, 10]}, "must have pixels"),
        ({"spacing": 0.5}, "could not be read"),
        ({"spacing": [0.5, 0]}, "positive along every axis"),
        ({"spacing": [0.5, 0.5], "unit": "furlong"}, "unit must be one of"),
    ],
)
def test_a_wrong_side_file_is_one_clear_error(tmp_path: Path, wrong: dict[str, object], said: str) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(100))
    (tmp_path / "a.json").write_text(json.dumps({"shape": [10, 10], "dtype": "uint8", **wrong}))
    with pytest.raises(InputError, match=said):
        read_image(tmp_path / "a.raw")


def test_a_spacing_that_is_no_number_is_one_clear_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", image=np.zeros((4, 4)), spacing=np.array("near"))
    with pytest.raises(InputError, match="could not be read"):
        read_image(tmp_path / "a.npz")
