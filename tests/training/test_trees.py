"""Trees as training cuts them: as the patching does, at random, or not at all."""

import numpy as np

from tests.training.cases import PATCH, discs, picture_of
from vitsci_viz.io.reading import read_image
from vitsci_viz.patching.forest import build_forest
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.training.trees import cut_image, one_leaf, random_options


def test_without_tissue_they_are_those_of_the_forest():
    image = read_image(picture_of(discs((40, 56))))
    options = PATCH.replace(forest=3)
    for found, expected in zip(cut_image(image, options), build_forest(image, options), strict=True):
        np.testing.assert_array_equal(found.origin, expected.origin)


def test_random_trees_draw_what_the_published_code_draws():
    random = np.random.default_rng(0)
    drawn = [random_options(PatchOptions(forest=3, length=99), random) for _ in range(2000)]
    assert {options.blur for options in drawn} == {0, 1, 3, 5}
    assert {options.thresholds for options in drawn} == {(float(low), low + 50.0) for low in range(50, 100)}
    assert {(options.forest, options.length, options.mode) for options in drawn} == {(1, 99, "length")}


def test_one_leaf_covers_the_image():
    for shape, sides in (((20, 30), (4, 4)), ((5, 9, 3), (1, 2, 2)), ((8, 8), (8, 8))):
        tree = one_leaf(shape, sides)
        assert len(tree) == 1
        assert (tree.size[0] >= shape).all()
        assert not tree.origin.any()
