"""Overlay pictures: never too large, true proportions, every leaf where it is."""

import numpy as np
import pytest

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image
from vitsci_viz.workflows import overlay
from vitsci_viz.workflows.overlay import LONGEST_PX, overlay_picture, shrink


def _draw(array, axes, **options):
    image = Image(levels=(array,), axes=axes)
    return overlay_picture(image, build_tree(image, PatchOptions(**options)))


@pytest.mark.parametrize("shape", [(40, 9001), (5000, 4097), (4096, 10)])
def test_no_side_is_longer_than_the_limit(shape):
    drawn = _draw(np.zeros(shape, np.uint8), "yx")
    assert max(drawn.shape[:2]) <= LONGEST_PX
    assert drawn.shape[0] / drawn.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.2)


def test_a_small_image_is_enlarged_by_a_whole_factor(picture):
    drawn = _draw(picture, "yxc")
    assert drawn.shape == (150 * 5, 203 * 5, 3)


def test_leaves_are_drawn_where_they_are():
    array = np.full((1024, 1024), 128, np.uint8)
    array[700:, 700:] = np.random.default_rng(0).integers(0, 255, (324, 324), dtype=np.uint8)
    drawn = _draw(array, "yx", split_value=20, thresholds=(100, 200))
    is_grey = np.ptp(drawn.astype(int), axis=2) == 0
    assert is_grey[100:500, 100:500].all()
    assert is_grey[710:1010, 710:1010].mean() < 0.8


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_shrinking_averages_and_reads_band_by_band(monkeypatch, dtype):
    monkeypatch.setattr(overlay, "LONGEST_PX", 16)
    monkeypatch.setattr(overlay, "BAND_BYTES", 1)
    array = np.random.default_rng(0).integers(0, 255, (60, 64, 2)).astype(dtype)
    pixels, factor = shrink(Image(levels=(array,), axes="yxc"))
    assert (factor, pixels.shape) == (4, (15, 16, 2))
    expected = array.astype(float).reshape(15, 4, 16, 4, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(pixels, expected, atol=0.51 if dtype == np.uint8 else 1e-3)


def test_a_stored_level_is_used_where_its_step_fits(monkeypatch):
    monkeypatch.setattr(overlay, "LONGEST_PX", 16)
    fine, coarse = np.zeros((64, 64), np.uint8), np.full((32, 32), 9, np.uint8)
    pixels, factor = shrink(Image(levels=(fine, coarse), axes="yx"))
    assert factor == 4
    assert (pixels == 9).all()


def test_a_volume_shows_three_planes_in_true_proportions():
    array = np.zeros((20, 60, 40), np.uint8)
    array[10], array[:, 30], array[:, :, 20] = 60, 120, 180
    image = Image(levels=(array,), axes="zyx", spacing=(3.0, 1.0, 1.0), unit="um")
    drawn = overlay_picture(image, build_tree(image, PatchOptions(patch_size=4)))
    factor = -(-1024 // (60 + 60 + 40))
    assert drawn.shape == ((60 + 60) * factor + overlay.GAP_PX, (40 + 60) * factor + overlay.GAP_PX, 3)


def test_a_large_volume_stays_within_the_limit(monkeypatch):
    monkeypatch.setattr(overlay, "LONGEST_PX", 100)
    array = np.random.default_rng(0).integers(0, 255, (64, 64, 64), dtype=np.uint8)
    assert max(_draw(array, "zyx").shape) <= 100
