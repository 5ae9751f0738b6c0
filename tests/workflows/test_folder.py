"""Images of a folder and their masks find each other by stem."""

import pytest

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.workflows.folder import average_rows, find_pairs


def _touch(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_a_file_and_a_sample_stand_for_themselves(tmp_path):
    assert find_pairs("a.png", "m.png") == [("a.png", "m.png")]
    assert find_pairs("sample:ihc") == [("sample:ihc", None)]
    store = tmp_path / "volume.ome.zarr"
    store.mkdir()
    assert find_pairs(str(store)) == [(str(store), None)]


def test_pairs_have_equal_stems_whatever_the_endings(tmp_path):
    images = _touch(tmp_path / "images", "b.png", "a.nii.gz", "notes.txt", ".hidden.png")
    masks = _touch(tmp_path / "masks", "a.nii", "b.tif", "c.png")
    expected = [(str(images / "a.nii.gz"), str(masks / "a.nii")), (str(images / "b.png"), str(masks / "b.tif"))]
    assert find_pairs(str(tmp_path)) == expected
    assert find_pairs(str(images), str(masks)) == expected
    assert find_pairs(str(images)) == [(image, None) for image, _ in expected]


def test_what_does_not_pair_is_said(tmp_path):
    _touch(tmp_path / "images", "a.png", "b.png")
    masks = _touch(tmp_path / "masks", "a.png")
    with pytest.raises(MissingFileError, match="none for b"):
        find_pairs(str(tmp_path))
    with pytest.raises(InputError, match="must be a folder"):
        find_pairs(str(tmp_path), str(masks / "a.png"))
    with pytest.raises(InputError, match="must be a file"):
        find_pairs(str(masks / "a.png"), str(masks))
    _touch(tmp_path / "images", "a.tif")
    with pytest.raises(InputError, match="different stems"):
        find_pairs(str(tmp_path))
    with pytest.raises(InputError, match="holds no image"):
        find_pairs(str(_touch(tmp_path / "empty")))


def test_means_leave_out_what_an_image_does_not_have():
    row = dict.fromkeys(
        ("tokens", "psnr", "ssim", "attention_flops", "step_flops", "step_bytes", "mean_patch", "split_value"), 2.0
    )
    means = average_rows(["a", "b"], [[{**row, "oracle_dice": 0.5}], [{**row, "tokens": 4.0, "oracle_dice": None}]])
    assert (means[0]["tokens"], means[0]["oracle_dice"]) == (3.0, 0.5)
    assert [image["name"] for image in means[0]["images"]] == ["a", "b"]
