"""A forest is several trees of one image, from edge maps of different strength."""

import numpy as np
import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.forest import build_forest, forest_options
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image


def _picture():
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:128, :128]
    picture = random.normal(120, 5, (128, 128))
    for radius, step in ((50, 20), (30, 60), (12, -70)):
        picture[(rows - 64) ** 2 + (columns - 60) ** 2 < radius**2] += step
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("blur", ["auto", 0, 1, 3, 9])
def test_a_forest_has_as_many_different_settings_as_asked(count, blur):
    settings = forest_options(_picture(), PatchOptions(forest=count, blur=blur))
    assert len(settings) == count
    assert len(set(settings)) == count
    assert {options.forest for options in settings} == {1}


@pytest.mark.parametrize("options", [PatchOptions(forest=3, patch_size=4, split_value=8), PatchOptions.preset("shf")])
def test_each_tree_is_the_one_of_its_own_setting(options):
    image = _picture()
    trees = build_forest(image, options)
    for tree, setting in zip(trees, forest_options(image, options), strict=True):
        alone = build_tree(image, setting)
        np.testing.assert_array_equal(tree.origin, alone.origin)
        np.testing.assert_array_equal(tree.score, alone.score)


def test_trees_see_edges_of_different_strength():
    trees = build_forest(_picture(), PatchOptions(forest=3, patch_size=4, split_value=8, thresholds=(100, 200)))
    assert len({tree.score.sum() for tree in trees}) == 3


def test_a_forest_of_one_is_the_tree():
    image, options = _picture(), PatchOptions(patch_size=4)
    (only,) = build_forest(image, options)
    np.testing.assert_array_equal(only.origin, build_tree(image, options).origin)


def test_nine_trees_are_the_published_grid_of_blurs_and_thresholds():
    settings = forest_options(_picture(), PatchOptions(forest=9, blur=3, thresholds=(100, 200)))
    assert {(each.blur, each.thresholds) for each in settings} == {
        (blur, pair) for blur in (1, 3, 5) for pair in ((50, 100), (100, 200), (150, 250))
    }


def test_the_first_tree_is_that_of_the_plain_setting():
    image = Image(levels=(_picture(),), axes="yx", spacing=(0.5, 0.5), unit="um")
    for change in ({}, {"physical": True, "blur": 3}, {"thresholds": (50, 90), "blur": 0}):
        options = PatchOptions(patch_size=4, split_value=4, forest=3, **change)
        first = build_forest(image, options)[0]
        plain = build_tree(image, options.replace(forest=1))
        np.testing.assert_array_equal(first.origin, plain.origin)
        np.testing.assert_array_equal(first.score, plain.score)


@pytest.mark.parametrize("detail", ["gradient", "variance"])
def test_a_forest_of_anything_but_edges_is_refused(detail):
    with pytest.raises(OptionError, match="edges"):
        build_forest(_picture(), PatchOptions(forest=3, detail=detail))


def test_automatic_thresholds_that_lie_close_together_still_make_a_forest():
    noise = np.random.default_rng(0).integers(120, 124, (96, 96)).astype(np.uint8)
    for options in forest_options(noise, PatchOptions(forest=9)):
        assert options.thresholds[0] <= options.thresholds[1]


def test_physical_forests_need_a_known_spacing():
    options = PatchOptions(forest=3, physical=True, split_value=10)
    with pytest.raises(OptionError, match="known spacing"):
        forest_options(np.zeros((32, 32), np.uint8), options)


def test_physical_split_values_become_pixels_in_every_tree():
    image = Image(levels=(np.zeros((32, 32), np.uint8),), axes="yx", spacing=(0.5, 0.25), unit="um")
    found = forest_options(image, PatchOptions(forest=3, physical=True, split_value=10))
    assert [each.split_value for each in found] == [80.0] * 3
