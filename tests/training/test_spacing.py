"""Images of another pixel size are brought to that of the run, masks with them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.cases import discs, picture_of, source_of, write_pair
from vitsci_viz.io.reading import read_image
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.training import spacing as spacing_module
from vitsci_viz.training.records import find_records
from vitsci_viz.training.spacing import SampledLevel, at_spacing


def written(folder: Path, **um: float):
    """Write the same 32 x 32 scene at several pixel sizes, 0.5 um being 32 pixels."""
    scene = discs((32, 32), 1, values=(0, 1, 2))
    for name, side in um.items():
        times = round(0.5 / side)
        labels = np.kron(scene, np.ones((times, times), np.uint8))
        image = np.kron(picture_of(scene), np.ones((times, times, 1), np.uint8))
        write_pair(folder, name, image, labels, suffix=".tif", spacing=(side, side), unit="um")
    return scene, find_records(folder)


def test_a_finer_image_becomes_the_coarse_one(tmp_path: Path):
    scene, records = written(tmp_path, a=0.5, b=0.25)
    source = source_of(records, needs=("pixels",), flips=False)
    assert source.spacing_um == (0.5, 0.5)
    one, other = source.example(0), source.example(1)
    np.testing.assert_array_equal(other.pixels, one.pixels)
    np.testing.assert_array_equal(other.labels, scene)
    assert other.spacing_um == (0.5, 0.5)


def test_a_coarser_image_grows_with_its_mask(tmp_path: Path):
    scene, records = written(tmp_path, a=0.25, b=0.5)
    example = source_of(records, needs=("pixels",), flips=False).example(1)
    assert example.pixels.shape == (64, 64, 3)
    np.testing.assert_array_equal(example.labels, np.kron(scene, np.ones((2, 2), np.uint8)))


def test_it_is_said_once_which_images_are_resampled(tmp_path: Path):
    _, records = written(tmp_path, a=0.5, b=0.25, c=0.25)
    assert source_of(records).notes == ("2 of 3 images are resampled to 0.5 um per pixel, such as b from 0.25 um",)
    assert source_of(records[1:]).notes == ()


def test_images_of_unknown_pixel_size_are_said(tmp_path: Path):
    _, records = written(tmp_path, a=0.5)
    write_pair(tmp_path, "b", picture_of(discs((8, 8))), discs((8, 8)))
    source = source_of(find_records(tmp_path), needs=("pixels",))
    assert source.example(1).pixels.shape[:2] == (8, 8)
    assert source.notes == ("1 of 2 images have no known pixel size, such as b: taken as that of the others, 0.5 um",)
    assert source_of(records).notes == ()


def test_the_pixel_size_of_a_run_goes_before_that_of_the_first_image(tmp_path: Path):
    _, records = written(tmp_path, a=0.25)
    source = source_of(records, needs=("pixels",), spacing_um=(0.5, 0.5))
    assert source.example(0).pixels.shape == (32, 32, 3)


def test_crops_are_taken_at_the_pixel_size_of_the_run(tmp_path: Path):
    _, records = written(tmp_path, a=0.5, b=0.25)
    source = source_of(records, needs=("pixels",), crop=20, flips=False)
    whole = source_of(records, needs=("pixels",), flips=False).example(1)
    example = source.example(1)
    places = [
        (y, x)
        for y in range(13)
        for x in range(13)
        if np.array_equal(whole.pixels[y : y + 20, x : x + 20], example.pixels)
    ]
    assert any(np.array_equal(whole.labels[y : y + 20, x : x + 20], example.labels) for y, x in places)


def test_leaves_are_cubic_in_the_units_of_the_run(tmp_path: Path):
    labels = np.zeros((8, 32, 32), np.uint8)
    labels[2:6, 8:20, 8:20] = 1
    write_pair(tmp_path, "a", labels * 100, labels, suffix=".tif", spacing=(4.0, 1.0, 1.0), unit="um")
    patch = PatchOptions(mode="length", length=64, patch_size=4, min_size="cubic")
    source = source_of(find_records(tmp_path), patch=patch)
    assert source.sides.min_size == (1, 4, 4)


def test_a_level_of_the_right_size_is_taken_as_it_is():
    fine = np.arange(64, dtype=np.uint8).reshape(8, 8)
    image = replace(read_image(fine, spacing=0.25, unit="um"), levels=(fine, fine[::2, ::2], fine[::4, ::4]))
    found = at_spacing(image, (0.5, 0.5))
    np.testing.assert_array_equal(np.asarray(found), fine[::2, ::2])
    assert found.spacing_um == (0.5, 0.5)
    assert at_spacing(image, (0.2501, 0.2501)) is image


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.int16])
def test_means_are_kept_in_two_and_three_dimensions(dtype: type):
    random = np.random.default_rng(0)
    for shape in ((32, 24), (16, 12, 8)):
        pixels = random.integers(0, 200, shape).astype(dtype)
        found = at_spacing(read_image(pixels, spacing=0.5, unit="um"), (1.0,) * len(shape))
        assert (found.shape, found.data.dtype) == (tuple(n // 2 for n in shape), dtype)
        assert np.asarray(found).mean() == pytest.approx(pixels.mean(), abs=0.6)


def test_labels_are_those_at_the_centres():
    labels = np.arange(36, dtype=np.uint8).reshape(6, 6)
    level = SampledLevel(labels, (3, 2))
    np.testing.assert_array_equal(level[...], labels[[1, 3, 5]][:, [1, 4]])
    np.testing.assert_array_equal(level[1:, :1], labels[[3, 5]][:, [1]])


def test_a_large_image_is_resampled_as_it_is_read(monkeypatch: pytest.MonkeyPatch):
    pixels = np.random.default_rng(0).integers(0, 200, (40, 30, 3)).astype(np.uint8)
    image = read_image(pixels, spacing=0.5, unit="um")
    whole = np.asarray(at_spacing(image, (0.8, 0.8)))
    monkeypatch.setattr(spacing_module, "MOST_PIXELS", 10)
    lazy = at_spacing(image, (0.8, 0.8))
    assert not isinstance(lazy.data, np.ndarray)
    np.testing.assert_array_equal(lazy.data[3:11, 2:9], whole[3:11, 2:9])
