"""Images and masks that belong together, and clear words where they do not."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.cases import discs, picture_of, write_pair, write_set
from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.training.records import find_records


def test_a_folder_gives_pairs_of_equal_stems(tmp_path: Path):
    write_set(tmp_path, count=3)
    write_pair(tmp_path, "volume", np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), suffix=".ome.tif")
    (tmp_path / "images" / "volume.ome.tif").rename(tmp_path / "images" / "volume.tif")
    (tmp_path / "images" / "notes.txt").write_text("not an image")
    found = find_records(str(tmp_path))
    assert [record.name for record in found] == ["tile_0", "tile_1", "tile_2", "volume"]
    assert all(record.mask.parent.name == "masks" and not record.group and not record.split for record in found)


def test_a_missing_mask_is_named(tmp_path: Path):
    write_set(tmp_path, count=3)
    (tmp_path / "masks" / "tile_1.png").unlink()
    with pytest.raises(MissingFileError, match=r"tile_1\.png of 3 images have none"):
        find_records(tmp_path)


def test_two_images_of_one_stem_are_refused(tmp_path: Path):
    write_set(tmp_path, count=1)
    write_pair(tmp_path, "tile_0", picture_of(discs((8, 8))), discs((8, 8)), suffix=".tif")
    with pytest.raises(InputError, match=r"tile_0\.png and tile_0\.tif"):
        find_records(tmp_path)


@pytest.mark.parametrize("present", ["images", "masks"])
def test_a_folder_without_images_or_masks_says_which(tmp_path: Path, present: str):
    (tmp_path / present).mkdir()
    absent = {"images", "masks"} - {present}
    with pytest.raises(MissingFileError, match=f"{absent.pop()} is missing"):
        find_records(tmp_path)


def test_no_images_no_folder_and_no_mask_are_said(tmp_path: Path):
    with pytest.raises(MissingFileError, match="does not exist"):
        find_records(tmp_path / "nowhere")
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    with pytest.raises(InputError, match="holds no image"):
        find_records(tmp_path)
    with pytest.raises(InputError, match="'ihc' has none"):
        find_records("sample:ihc")


def test_a_table_gives_groups_and_splits(tmp_path: Path):
    write_set(tmp_path, count=2)
    table = tmp_path / "data.csv"
    table.write_text(
        "image, mask, group, split\n"
        "images/tile_0.png,masks/tile_0.png,a,train\n"
        "images/tile_1.png,masks/tile_1.png,b,val\n"
    )
    assert [(record.name, record.group, record.split) for record in find_records(table)] == [
        ("tile_0", "a", "train"),
        ("tile_1", "b", "val"),
    ]


def test_a_table_beside_images_says_their_groups(tmp_path: Path):
    write_set(tmp_path, count=2)
    rows = "".join(f"images/tile_{n}.png,masks/tile_{n}.png,slide\n" for n in range(2))
    (tmp_path / "table.csv").write_text("\ufeffimage,mask,group\n" + rows, encoding="utf-8")
    assert [record.group for record in find_records(tmp_path)] == ["slide", "slide"]


def test_equal_stems_in_a_table_get_names_of_their_folders(tmp_path: Path):
    for slide in "ab":
        write_set(tmp_path / slide, count=1)
    rows = "".join(f"{slide}/images/tile_0.png,{slide}/masks/tile_0.png\n" for slide in "ab")
    (tmp_path / "table.csv").write_text("image,mask\n" + rows)
    names = [record.name for record in find_records(tmp_path / "table.csv")]
    assert names == ["a_images_tile_0", "b_images_tile_0"]


PAIR = "images/tile_0.png,masks/tile_0.png"
OTHER = "images/tile_1.png,masks/tile_1.png"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture,mask\na,b\n", "must have the columns image and mask .* got picture, mask"),
        ("image,mask\n", "no rows"),
        (f"image,mask\n{PAIR}\nimages/tile_1.png,\n", "line 3 .* must name its mask"),
        ("image,mask\nimages/tile_0.png,masks/gone.png\n", r"do not exist: .*gone\.png"),
        (f"image,mask\n{PAIR}\n{PAIR}\n", "every image once"),
        (f"image,mask,split\n{PAIR},training\n", "one of train, val, test, got 'training'"),
        (f"image,mask,group\n{PAIR},a\n{OTHER},\n", "a group or none: tile_1"),
        (f"image,mask,group,split\n{PAIR},a,train\n{OTHER},a,val\n", "'a' is in train and val"),
        ("image,mask\n\xff\xfe", "CSV in UTF-8"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str):
    write_set(tmp_path, count=2)
    (tmp_path / "data.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises((InputError, MissingFileError), match=said):
        find_records(tmp_path / "data.csv")


def test_a_sample_with_a_mask_is_one_record():
    (record,) = find_records("sample:pathology")
    assert (record.name, record.group) == ("pathology", "")
    assert record.image.exists()
    assert record.mask.exists()
