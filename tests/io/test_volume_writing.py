"""Volumes written slab by slab: whole in the end, gone on with after a stop, never half there."""

from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.io import read_image
from vitsci_viz.io.multiscale_writing import MultiscaleFacts
from vitsci_viz.io.volume_report import read_volume_report
from vitsci_viz.io.volume_writing import SlabFile, partial_folder

SHAPE = (70, 40, 600)
VALUES = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
PLACES = ["volume.ome.zarr", "volume.tif"]


def facts(dtype: str = "float32") -> MultiscaleFacts:
    return MultiscaleFacts(name="v", shape=SHAPE, dtype=dtype, spacing=(0.5, 0.25, 0.25), unit="mm")


def test_a_volume_in_slabs_of_any_order_is_the_volume(tmp_path: Path):
    for name in PLACES:
        file = SlabFile(tmp_path / name, facts(), key="a")
        for rows in (slice(50, 70), slice(0, 20), slice(20, 50)):
            file.write(rows, VALUES[rows])
        assert not (tmp_path / name).exists(), "nothing lies there before it is whole"
        assert file.finish({"about": 1}) == tmp_path / name
        image = read_image(tmp_path / name)
        np.testing.assert_array_equal(np.asarray(image), VALUES)
        assert image.axes == "zyx"
        assert image.spacing_um == pytest.approx((500, 250, 250))
        assert read_volume_report(tmp_path / name) == {"about": 1}
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*PLACES, "volume.report.json"])


def test_the_pyramid_holds_means(tmp_path: Path):
    file = SlabFile(tmp_path / "v.ome.zarr", facts(), key="a")
    file.write(slice(0, 70), VALUES)
    file.finish({})
    levels = read_image(tmp_path / "v.ome.zarr").levels
    assert [level.shape for level in levels] == [(70, 40, 600), (35, 20, 300)]
    blocks = VALUES.reshape(35, 2, 20, 2, 300, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(np.asarray(levels[1][...]), blocks, atol=1e-6)


@pytest.mark.parametrize("name", PLACES)
def test_what_was_done_before_a_stop_is_not_done_again(tmp_path: Path, name: str):
    first = SlabFile(tmp_path / name, facts(), key="a")
    first.write(slice(0, 30), VALUES[:30])
    first.write(slice(60, 70), VALUES[60:])
    del first  # as a process that is killed leaves it
    again = SlabFile(tmp_path / name, facts(), key="a", resume=True)
    missing = again.missing(16)
    assert [(each.start, each.stop) for each in missing] == [(30, 46), (46, 60)]
    for rows in missing:
        again.write(rows, VALUES[rows])
    assert again.missing(16) == []
    again.finish({})
    np.testing.assert_array_equal(np.asarray(read_image(tmp_path / name)), VALUES)


def test_slabs_of_another_recipe_are_not_mixed_in(tmp_path: Path):
    place = tmp_path / "v.ome.zarr"
    with pytest.raises(OutputError, match="no interrupted run to go on with"):
        SlabFile(place, facts(), key="a", resume=True)
    SlabFile(place, facts(), key="a").write(slice(0, 9), VALUES[:9])
    with pytest.raises(OutputError, match="of another recipe: repeat its options"):
        SlabFile(place, facts(), key="b", resume=True)
    assert SlabFile(place, facts(), key="b").done == []


def test_whole_numbers_stay_whole(tmp_path: Path):
    values = (1000 * np.abs(VALUES)).astype(np.uint16)
    file = SlabFile(tmp_path / "v.ome.zarr", facts("uint16"), key="a")
    file.write(slice(0, 70), values)
    file.finish({})
    image = read_image(tmp_path / "v.ome.zarr")
    assert image.data.dtype == np.uint16
    np.testing.assert_array_equal(np.asarray(image), values)


def test_an_existing_volume_is_replaced_only_when_the_new_one_is_whole(tmp_path: Path):
    place = tmp_path / "v.tif"
    place.write_text("old")
    file = SlabFile(place, facts(), key="a")
    file.write(slice(0, 70), VALUES)
    assert place.read_text() == "old"
    file.finish({})
    np.testing.assert_array_equal(np.asarray(read_image(place)), VALUES)
    assert not partial_folder(place).exists()


def test_other_endings_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"\.ome\.zarr or \.tif, got v\.npz"):
        SlabFile(tmp_path / "v.npz", facts(), key="a")
