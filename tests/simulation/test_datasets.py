"""Sets of generated images: true to their generators, grouped, equal for equal seeds, whole or not there."""

import csv
from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, OptionError
from vitsci_viz.io import read_image, read_mask
from vitsci_viz.simulation import options
from vitsci_viz.simulation.datasets import PARTS, SETS, angiograms, make_set, pathology_tiles, vessel_images
from vitsci_viz.simulation.pathology import CLASSES


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "table.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_options_name_every_set() -> None:
    assert tuple(SETS) == options.SETS


def test_a_set_is_images_and_masks_of_equal_stems_with_groups(tmp_path: Path) -> None:
    assert make_set("pathology_set", tmp_path, count=6, side=64) == tuple(tmp_path / part for part in PARTS)
    rows = rows_of(tmp_path)
    assert [row["group"] for row in rows] == ["slide001"] * 4 + ["slide002"] * 2
    for row in rows:
        image, mask = read_image(tmp_path / row["image"]), read_mask(tmp_path / row["mask"])
        assert Path(row["image"]).stem == Path(row["mask"]).stem
        assert image.shape == mask.shape == (64, 64)
        assert image.spacing_um == (0.5, 0.5)
        assert set(np.unique(np.asarray(mask))) <= set(CLASSES)


def test_every_tile_holds_nuclei_and_they_are_the_dark_pixels() -> None:
    for tile in pathology_tiles(8, 128):
        nuclei = tile.mask == 1
        assert nuclei.mean() >= 0.02
        assert tile.image[nuclei].mean() < tile.image[~nuclei].mean() - 30


def test_a_larger_set_begins_with_the_smaller_one_and_other_seeds_differ() -> None:
    small, large = list(pathology_tiles(5, 64)), list(pathology_tiles(7, 64))
    for one, other in zip(small, large, strict=False):
        assert (one.name, one.group) == (other.name, other.group)
        np.testing.assert_array_equal(one.image, other.image)
        np.testing.assert_array_equal(one.mask, other.mask)
    other = next(pathology_tiles(1, 64, seed=8))
    assert (other.image != small[0].image).any()


def test_no_two_images_of_a_set_are_equal() -> None:
    for images in (list(pathology_tiles(8, 64)), list(vessel_images(4, 64)), list(angiograms(3, 64))):
        assert len({item.image.tobytes() for item in images}) == len({item.name for item in images}) == len(images)


def test_vessels_are_thin_and_every_eye_is_a_group(tmp_path: Path) -> None:
    make_set("vessels_set", tmp_path, count=3, side=128)
    rows = rows_of(tmp_path)
    assert len({row["group"] for row in rows}) == 3
    for row in rows:
        mask = np.asarray(read_mask(tmp_path / row["mask"]))
        assert mask.shape == (128, 128)
        assert 0.02 < mask.mean() < 0.3


def test_a_set_of_angiograms_is_grey_and_every_patient_is_a_group(tmp_path: Path) -> None:
    make_set("angiograms_set", tmp_path, count=2, side=128)
    rows = rows_of(tmp_path)
    assert len({row["group"] for row in rows}) == 2
    assert [np.asarray(read_image(tmp_path / row["image"])).shape for row in rows] == [(128, 128)] * 2


def test_a_set_that_is_cancelled_leaves_the_old_one(tmp_path: Path) -> None:
    make_set("vessels_set", tmp_path, count=2, side=64)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def stop(stage: str, done: int, total: int) -> None:
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        make_set("vessels_set", tmp_path, count=3, side=64, seed=9, progress=stop)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == before
    assert {path.name for path in tmp_path.iterdir()} == set(PARTS)
    make_set("vessels_set", tmp_path, count=1, side=64, seed=9)
    assert len(rows_of(tmp_path)) == len(list((tmp_path / "images").iterdir())) == 1


def test_mistakes_are_said(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="did you mean 'pathology_set'"):
        make_set("pathology_sets", tmp_path)
    with pytest.raises(OptionError, match="32 to 1024 px, got 2048"):
        make_set("pathology_set", tmp_path, side=2048)
