"""Masks are class indices; what is none is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io import masks, read_image, read_mask

LABELS = np.random.default_rng(4).integers(0, 5, (12, 14)).astype(np.uint8)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int64, np.float32, np.float64])
def test_class_indices_are_kept_whatever_their_type(dtype: Any) -> None:
    mask = np.asarray(read_mask(LABELS.astype(dtype)))
    assert mask.dtype.kind in "ui"
    np.testing.assert_array_equal(mask, LABELS)


@pytest.mark.parametrize("pair", [(0, 255), (0, 1), (3, 7), (False, True), (0.0, 1.0)])
def test_two_values_mean_background_and_foreground(pair: tuple[Any, Any]) -> None:
    is_front = LABELS > 2
    np.testing.assert_array_equal(np.asarray(read_mask(np.where(is_front, pair[1], pair[0]))), is_front)


@pytest.mark.parametrize("value", [0, 3])
def test_one_value_is_kept(value: int) -> None:
    assert (np.asarray(read_mask(np.full((4, 5), value, np.uint8))) == value).all()


@pytest.mark.parametrize("wrong", [np.full((3, 4), 0.5), np.array([[0, np.nan]]), np.array([[0, np.inf]])])
def test_fractions_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="must hold whole numbers"):
        read_mask(wrong)


def test_negative_indices_are_refused() -> None:
    with pytest.raises(InputError, match="class indices from 0"):
        read_mask(np.array([[-1, 0, 1]]))


def test_a_palette_picture_gives_its_indices(tmp_path: Path) -> None:
    picture = PIL.Image.fromarray(LABELS).convert("P")
    picture.putdata(LABELS.ravel().tolist())
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9, 200, 200, 200])
    picture.save(tmp_path / "a.png")
    mask = read_mask(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(mask), LABELS)
    assert (mask.name, mask.path) == ("a", tmp_path / "a.png")


def test_a_palette_tiff_gives_its_indices(tmp_path: Path) -> None:
    palette = np.random.default_rng(0).integers(0, 65_535, (3, 256)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "a.tif", LABELS, photometric="palette", colormap=palette)
    np.testing.assert_array_equal(np.asarray(read_mask(tmp_path / "a.tif")), LABELS)
    image = read_image(tmp_path / "a.tif")
    assert image.axes == "yxc"
    np.testing.assert_array_equal(image.data[2:9, ::-1], (palette.T >> 8)[LABELS[2:9, ::-1]])


def test_grey_saved_as_colours_is_taken_and_true_colours_are_refused(tmp_path: Path) -> None:
    grey = np.repeat(LABELS[..., None], 3, axis=-1)
    PIL.Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(np.asarray(read_mask(tmp_path / "grey.png")), LABELS)
    grey[0, 0] = 1, 2, 3
    PIL.Image.fromarray(grey).save(tmp_path / "colour.png")
    with pytest.raises(InputError, match="3 differing channels"):
        read_mask(tmp_path / "colour.png")


def test_label_volumes_keep_their_axes() -> None:
    volume = np.repeat(LABELS[None], 6, axis=0)
    assert read_mask(volume).axes == "zyx"


def test_a_missing_mask_is_said(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        read_mask(tmp_path / "nothing.png")


def test_large_masks_are_checked_window_by_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "WHOLE_CHECK_BYTES", 100)
    values = LABELS.astype(np.float32)
    values[8, 8] = 0.5
    tifffile.imwrite(tmp_path / "a.tif", values)
    mask = read_mask(tmp_path / "a.tif")
    np.testing.assert_array_equal(mask.data[:8], LABELS[:8])
    with pytest.raises(InputError, match="must hold whole numbers"):
        mask.data[8]


def test_whole_numbers_beyond_any_class_are_refused() -> None:
    with pytest.raises(InputError, match=r"below 2\^31, got 1e\+12"):
        read_mask(np.array([[0, 1e12]]))


def test_two_values_are_kept_where_a_mask_is_one_of_many():
    mask = np.array([[0, 2], [2, 0]], np.uint8)
    np.testing.assert_array_equal(np.asarray(read_mask(mask, keep_values=True)), mask)
    np.testing.assert_array_equal(np.asarray(read_mask(mask)), mask // 2)
