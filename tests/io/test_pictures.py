"""Pictures of every kind come out as what a viewer shows."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image
from vitsci_viz.io.pictures import read_indices

RANDOM = np.random.default_rng(3)
COLOURS = RANDOM.integers(0, 256, (13, 17, 3), dtype=np.uint8)


def save(path: Path, array: np.ndarray, **more: Any) -> Path:
    PIL.Image.fromarray(array).save(path, **more)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".gif"])
def test_lossless_pictures_are_exact(tmp_path: Path, suffix: str) -> None:
    path = save(tmp_path / f"a{suffix}", COLOURS // 64 * 64, **({"lossless": True} if suffix == ".webp" else {}))
    image = read_image(path)
    assert image.axes == "yxc"
    with PIL.Image.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(picture.convert("RGB")))


def test_jpeg_is_as_another_library_decodes_it(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", cv2.GaussianBlur(COLOURS, (0, 0), 2), quality=95)
    theirs = cv2.imread(str(path))[..., ::-1].astype(int)
    assert np.abs(np.asarray(read_image(path)).astype(int) - theirs).max() <= 3


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_png_keeps_its_depth(tmp_path: Path, dtype: Any, channels: int) -> None:
    array = RANDOM.integers(0, np.iinfo(dtype).max, (9, 11, channels), dtype=dtype)
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), array[..., ::-1] if channels == 3 else array[..., 0])
    image = read_image(path)
    assert image.data.dtype == dtype
    np.testing.assert_array_equal(np.asarray(image), array if channels == 3 else array[..., 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_alpha_is_composited_on_white(tmp_path: Path, dtype: Any) -> None:
    white = np.iinfo(dtype).max
    array = RANDOM.integers(0, white, (9, 11, 4), dtype=dtype)
    array[:4, ..., 3], array[4:8, ..., 3] = white, 0
    cv2.imwrite(str(tmp_path / "a.png"), array[..., [2, 1, 0, 3]])
    pixels = np.asarray(read_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(pixels[:4], array[:4, ..., :3])
    assert (pixels[4:8] == white).all()


def test_grey_with_alpha_is_grey(tmp_path: Path) -> None:
    array = np.stack([np.full((5, 6), 40, np.uint8), np.zeros((5, 6), np.uint8)], axis=-1)
    array[0, 0, 1] = 255
    image = read_image(save(tmp_path / "a.png", array))
    assert image.axes == "yx"
    assert np.asarray(image)[0, 0] == 40
    assert (np.asarray(image).ravel()[1:] == 255).all()


def test_a_palette_becomes_colours_and_stays_indices_for_masks(tmp_path: Path) -> None:
    indices = RANDOM.integers(0, 3, (7, 8), dtype=np.uint8)
    picture = PIL.Image.fromarray(indices).convert("P")
    picture.putdata(indices.ravel().tolist())
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(tmp_path / "a.png")
    colours = np.asarray(read_image(tmp_path / "a.png"))
    np.testing.assert_array_equal(colours, (np.eye(3) * 255).astype(np.uint8)[indices])
    np.testing.assert_array_equal(read_indices(tmp_path / "a.png"), indices)


def test_one_bit_pictures_are_black_and_white(tmp_path: Path) -> None:
    bits = RANDOM.random((6, 7)) < 0.5
    image = read_image(save(tmp_path / "a.png", bits))
    np.testing.assert_array_equal(np.asarray(image), bits * 255)
    np.testing.assert_array_equal(read_indices(tmp_path / "a.png"), bits)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_upright(tmp_path: Path, orientation: int) -> None:
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    path = save(tmp_path / "a.jpg", cv2.GaussianBlur(COLOURS, (0, 0), 2), quality=95, exif=exif)
    upright = cv2.imread(str(path), cv2.IMREAD_COLOR)[..., ::-1]
    image = read_image(path)
    assert image.shape == upright.shape[:2]
    assert np.abs(np.asarray(image).astype(int) - upright).max() <= 3


def test_cmyk_becomes_colours(tmp_path: Path) -> None:
    PIL.Image.fromarray(COLOURS).convert("CMYK").save(tmp_path / "a.jpg")
    image = read_image(tmp_path / "a.jpg")
    assert (image.axes, np.asarray(image).shape) == ("yxc", COLOURS.shape)


def test_opening_decodes_nothing(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", RANDOM.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:3000])
    image = read_image(path)
    assert image.shape == (64, 64)
    with pytest.raises(InputError, match="may be truncated"):
        image.data[0]


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.webp"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_truncated_picture_is_refused(tmp_path: Path, name: str, share: float) -> None:
    path = save(tmp_path / name, RANDOM.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    whole = path.read_bytes()
    path.write_bytes(whole[: max(1, int(len(whole) * share))])
    with pytest.raises(InputError):
        np.asarray(read_image(path))


def test_formats_that_start_programs_are_refused_whatever_their_name(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PIL.Image.fromarray(COLOURS).save(path, format="EPS")
    with pytest.raises(InputError, match="could not be read"):
        read_image(path)


def test_pillows_own_limit_on_pixels_is_left_as_it_was(tmp_path: Path) -> None:
    before = PIL.Image.MAX_IMAGE_PIXELS
    np.asarray(read_image(save(tmp_path / "a.png", COLOURS)))
    assert before == PIL.Image.MAX_IMAGE_PIXELS
