"""Previews are small palette pictures of a few validation images, with an index that names them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from vitsci_viz.errors import OutputError
from vitsci_viz.io import read_mask
from vitsci_viz.training.preview import COUNT, INDEX, LONGEST_SIDE, Previews, write_picture
from vitsci_viz.training.records import Record
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.training.validate import ImageScore


def score_of(name: str, labels: np.ndarray) -> ImageScore:
    return ImageScore(name=name, dice=np.array([1.0, 0.25]), labels=labels)


def records(count: int) -> list[Record]:
    return [Record(f"slide/{number}", Path(f"i{number}.tif"), Path(f"m{number}.tif")) for number in range(count)]


def test_a_picture_holds_the_class_indices(tmp_path: Path) -> None:
    labels = np.arange(64 * 48, dtype=np.uint32).reshape(64, 48).astype(np.uint8)
    write_picture(tmp_path / "previews" / "a.png", labels)
    with Picture.open(tmp_path / "previews" / "a.png") as picture:
        assert picture.mode == "P"
        np.testing.assert_array_equal(np.asarray(picture), labels)
        assert len({tuple(colour) for colour in np.array(picture.getpalette()).reshape(-1, 3)[:8]}) == 8
    write_picture(tmp_path / "previews" / "b.png", labels % 3)
    np.testing.assert_array_equal(np.asarray(read_mask(tmp_path / "previews" / "b.png")), labels % 3)


@pytest.mark.parametrize("shape", [(1025, 10), (3, 4000), (1024, 1024)])
def test_large_images_are_thinned(shape: tuple[int, int], tmp_path: Path) -> None:
    labels = np.zeros(shape, np.uint8)
    labels[:, ::2] = 1
    write_picture(tmp_path / "a.png", labels)
    with Picture.open(tmp_path / "a.png") as picture:
        step = -(-max(shape) // LONGEST_SIDE)
        assert max(picture.size) <= LONGEST_SIDE
        np.testing.assert_array_equal(np.asarray(picture), labels[::step, ::step])


def test_of_a_volume_the_middle_slice_is_shown(tmp_path: Path) -> None:
    labels = np.broadcast_to(np.arange(5, dtype=np.uint8)[:, None, None], (5, 6, 7))
    write_picture(tmp_path / "a.png", labels)
    with Picture.open(tmp_path / "a.png") as picture:
        assert picture.size == (7, 6)
        assert set(np.asarray(picture).ravel()) == {2}


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_at_most_four_images_are_shown_from_first_to_last(count: int, tmp_path: Path) -> None:
    previews = Previews(RunFolder(tmp_path), records(count))
    for _ in range(2):  # a second validation takes the place of the first
        for number in range(count):
            previews.keep(number, score_of(f"slide/{number}", np.full((4, 4), number, np.uint8)))
        previews.finish(step=7)
    rows = json.loads((tmp_path / "previews" / INDEX).read_text())
    assert len(rows) == min(count, COUNT)
    assert [rows[0]["name"], rows[-1]["name"]] == ["slide/0", f"slide/{count - 1}"]
    assert rows[0] == {
        "name": "slide/0", "file": "slide_0.png", "image": "i0.tif", "mask": "m0.tif", "dice": 0.25, "step": 7,
    }  # fmt: skip
    for row in rows:
        with Picture.open(tmp_path / "previews" / row["file"]) as picture:
            assert set(np.asarray(picture).ravel()) == {int(row["name"].partition("/")[2])}


def test_an_unknown_dice_is_null(tmp_path: Path) -> None:
    previews = Previews(RunFolder(tmp_path), records(1))
    previews.keep(0, ImageScore(name="a", dice=np.array([1.0, np.nan]), labels=np.zeros((2, 2), np.uint8)))
    previews.finish(step=1)
    assert json.loads((tmp_path / "previews" / INDEX).read_text())[0]["dice"] is None


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "previews").write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="could not write"):
        Previews(RunFolder(tmp_path), records(1)).keep(0, score_of("a", np.zeros((2, 2), np.uint8)))
