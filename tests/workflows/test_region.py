"""Levels and regions are lazy, and a region of an image patches like the image cut by hand."""

import numpy as np
import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image
from vitsci_viz.workflows.region import take_level, take_roi


class CountingLevel:
    """A level array that adds up the pixels that were read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.read = array, array.shape, array.dtype, 0

    def __getitem__(self, key):
        found = self.array[key]
        self.read += found.size
        return found


def _pyramid():
    fine = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
    return Image(levels=(fine, fine[::2, ::2], fine[::4, ::4]), axes="yx", spacing=(0.5, 0.25), unit="um")


def test_a_region_reads_its_own_pixels_alone():
    level = CountingLevel(np.zeros((1000, 1000), np.uint8))
    part = take_roi(Image(levels=(level,), axes="yx"), "100:110,:5")
    assert part.shape == (10, 5)
    assert level.read == 0
    assert np.asarray(part).shape == (10, 5)
    assert level.read == 50


def test_a_region_holds_the_pixels_of_its_slices(picture):
    part = take_roi(Image(levels=(picture,), axes="yxc"), "20:90,33:")
    np.testing.assert_array_equal(np.asarray(part), picture[20:90, 33:])
    np.testing.assert_array_equal(part.data[5:9, -3:, 1], picture[25:29, -3:, 1])


def test_the_tree_of_a_region_is_that_of_the_cut_image(picture):
    part = take_roi(Image(levels=(picture,), axes="yxc"), "20:90,33:180")
    ours, theirs = build_tree(part), build_tree(np.ascontiguousarray(picture[20:90, 33:180]))
    np.testing.assert_array_equal(ours.origin, theirs.origin)
    np.testing.assert_array_equal(ours.score, theirs.score)


def test_a_coarser_level_carries_its_own_spacing():
    coarse = take_level(_pyramid(), 2)
    assert coarse.shape == (16, 12)
    assert coarse.spacing == (2.0, 1.0)
    assert len(coarse.levels) == 1


def test_no_region_and_the_finest_level_change_nothing():
    image = _pyramid()
    assert take_roi(take_level(image, 0), None) is image


@pytest.mark.parametrize("roi", ["0:65,0:10", "0:10", "0:5,0:5,0:5", "60:,48:"])
def test_a_region_outside_the_image_is_refused(roi):
    with pytest.raises(OptionError, match="roi must"):
        take_roi(_pyramid(), roi)


def test_a_level_that_does_not_exist_is_refused():
    with pytest.raises(OptionError, match="levels 0 to 2"):
        take_level(_pyramid(), 3)
