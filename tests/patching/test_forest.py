"""A forest is several trees of one image, from edge maps of different strength."""

import numpy as np
import pytest

from vitsci_viz.patching.forest import build_forest, forest_options
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree


def _picture():
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:128, :128]
    picture = random.normal(120, 5, (128, 128))
    for radius, step in ((50, 20), (30, 60), (12, -70)):
        picture[(rows - 64) ** 2 + (columns - 60) ** 2 < radius**2] += step
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_a_forest_has_as_many_different_settings_as_asked(count):
    settings = forest_options(PatchOptions(forest=count))
    assert len(settings) == count
    assert len(set(settings)) == count
    assert {options.forest for options in settings} == {1}


@pytest.mark.parametrize("options", [PatchOptions(forest=3, patch_size=4, split_value=8), PatchOptions.preset("shf")])
def test_each_tree_is_the_one_of_its_own_setting(options):
    image = _picture()
    trees = build_forest(image, options)
    for tree, setting in zip(trees, forest_options(options), strict=True):
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
