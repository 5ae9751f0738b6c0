"""The numbers shown beside a tree are those of its parts."""

import numpy as np
import pytest

from tests.patching.cases import as_image, sparse_tree
from vitsci_viz.patching.cost import step_cost
from vitsci_viz.patching.fidelity import ErrorTable, psnr
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import MaskTable, oracle_dice
from vitsci_viz.patching.readings import read_tree
from vitsci_viz.patching.sides import resolve_sides
from vitsci_viz.patching.tree import detail_pyramid, tree_from_pyramid

OPTIONS = PatchOptions(patch_size=8, min_size=4, split_value=10)


def _read(options=OPTIONS, **tables):
    image = as_image(np.random.default_rng(0).integers(0, 256, (90, 70, 3)).astype(np.uint8), 2)
    pyramid = detail_pyramid(image, options)
    tree = tree_from_pyramid(pyramid, options)
    return image, tree, read_tree(tree, options, pyramid, image=image, sides=resolve_sides(options, 2), **tables)


def test_tokens_and_cost_are_compared_with_the_grid_of_the_finest_leaf():
    _, tree, readings = _read()
    ours, grid = step_cost(len(tree), 8 * 8 * 3), step_cost(23 * 18, 8 * 8 * 3)
    assert (readings.tokens, readings.uniform_tokens) == (len(tree), 23 * 18)
    assert readings.saving == pytest.approx(23 * 18 / len(tree))
    assert readings.share == pytest.approx(1 / readings.saving)
    assert readings.mean_patch == pytest.approx(np.mean(tree.size))
    assert readings.attention_ratio == pytest.approx((23 * 18 / len(tree)) ** 2)
    assert readings.step_ratio == pytest.approx(grid.step_flops / ours.step_flops)
    assert (readings.step_bytes, readings.uniform_step_bytes) == (ours.step_bytes, grid.step_bytes)


def test_what_is_kept_is_read_where_tables_are_given():
    image, tree, bare = _read()
    assert (bare.psnr, bare.oracle_dice) == (None, None)
    mask = (np.asarray(image)[..., 0] > 128).astype(np.uint8)
    _, _, full = _read(errors=ErrorTable(image), masks=MaskTable(mask))
    assert full.psnr == pytest.approx(psnr(image, tree, 8))
    assert full.oracle_dice == oracle_dice(mask, tree, 8)


def test_the_split_value_is_that_of_threshold_trees_only():
    assert _read()[2].split_value == 10
    assert _read(OPTIONS.replace(split_value=None))[2].split_value == 50
    assert _read(OPTIONS.replace(mode="length", length=50))[2].split_value is None


def test_a_uniform_tree_saves_nothing():
    readings = _read(OPTIONS.replace(mode="uniform"))[2]
    assert (readings.saving, readings.attention_ratio, readings.step_ratio) == (1, 1, 1)


def test_volumes_are_read_alike():
    volume = as_image(np.random.default_rng(0).integers(0, 256, (20, 18, 9)).astype(np.uint8), 3)
    options = PatchOptions(patch_size=4, length=30)
    tree = sparse_tree((20, 18, 9), (4, 4, 4))
    readings = read_tree(tree, options, detail_pyramid(volume, options), image=volume, sides=resolve_sides(options, 3))
    assert readings.uniform_tokens == 5 * 5 * 3
