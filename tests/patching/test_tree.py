"""Trees: the laws, and equality with the slow reference in one, two and three dimensions."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import Case, as_image, assert_same_leaves, cases, images, shapes, sides
from tests.reference import laws, trees
from tests.reference.cells import Cell, root, variance_score
from vitsci_viz.errors import InputError, OptionError, VitsciVizError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree, detail_pyramid, tree_from_pyramid

modes = st.sampled_from(
    [{"split_value": 0.0}, {"split_value": 3.0}, {"length": 5}, {"length": 40}, {"mode": "uniform"}]
)
depths = st.sampled_from([None, 0, 1, 2, 5])


@given(case=cases(), mode=modes, max_depth=depths, balance=st.booleans())
def test_leaves_tile_the_domain_in_z_order(case, mode, max_depth, balance):
    if mode.get("mode") == "uniform":
        max_depth = None
    tree = case.tree(**mode, max_depth=max_depth, balance=balance)
    laws.check_tiling(tree, case.min_size)
    laws.check_z_order(tree, case.min_size)
    assert tree.shape == case.shape
    assert (tree.origin.dtype, tree.size.dtype, tree.level.dtype) == (np.int64, np.int64, np.int16)
    assert tree.score.dtype == np.float64
    if max_depth is not None:
        assert tree.level.max() <= max_depth


@given(case=cases(), split_value=st.sampled_from([0, 0.125, 1, 2, 2.5, 7, 30, 500]), max_depth=depths)
def test_threshold_tree_is_the_reference(case, split_value, max_depth):
    tree = case.tree(split_value=split_value, max_depth=max_depth)
    slow = trees.threshold_tree(case.score, case.shape, case.min_size, split_value, max_depth)
    assert_same_leaves(tree, slow, case.score)


@given(case=cases(), length=st.integers(1, 120), max_depth=depths)
def test_length_tree_is_the_reference(case, length, max_depth):
    tree = case.tree(length=length, max_depth=max_depth)
    slow = trees.length_tree(case.score, case.shape, case.min_size, length, max_depth)
    assert_same_leaves(tree, slow, case.score)


@given(case=cases())
def test_uniform_tree_is_the_grid_of_the_finest_leaf(case):
    tree = case.tree(mode="uniform")
    assert_same_leaves(tree, trees.uniform_tree(case.shape, case.min_size), case.score)
    assert len(tree) == np.prod([-(-n // m) for n, m in zip(case.shape, case.min_size, strict=True)])


@given(case=cases(), split_value=st.sampled_from([0, 1, 2.5, 10]))
def test_no_leaf_should_have_been_split_and_no_parent_should_not(case, split_value):
    tree = case.tree(split_value=split_value)
    for leaf in laws.cells_of(tree):
        assert leaf.size == case.min_size or case.score(leaf) <= split_value
        if leaf.level:
            assert case.score(_parent(leaf)) > split_value


def _parent(leaf: Cell) -> Cell:
    size = tuple(2 * s for s in leaf.size)
    return Cell(tuple(o // s * s for o, s in zip(leaf.origin, size, strict=True)), size, leaf.level - 1)


@given(case=cases(), length=st.integers(1, 200))
def test_length_tree_falls_short_of_its_budget_only_when_detail_or_size_runs_out(case, length):
    tree = case.tree(length=length)
    assert len(tree) <= length
    is_exhausted = all(leaf.size == case.min_size or case.score(leaf) == 0 for leaf in laws.cells_of(tree))
    assert is_exhausted or len(tree) >= length - (2 ** len(case.shape) - 2)


@given(case=cases(), length=st.integers(1, 200))
def test_every_split_of_a_length_tree_scored_at_least_as_high_as_any_leaf_left(case, length):
    tree = case.tree(length=length)
    leaves = laws.cells_of(tree)
    splittable = [case.score(leaf) for leaf in leaves if leaf.size != case.min_size]
    ancestors = set()
    for leaf in leaves:
        while leaf.level:
            leaf = _parent(leaf)
            ancestors.add(leaf)
    assert not ancestors or not splittable or min(map(case.score, ancestors)) >= max(splittable)


def test_ties_of_a_length_tree_go_by_z_order():
    case = Case(np.ones((16, 16), np.uint8), (2, 2))
    tree = case.tree(length=10)
    assert sorted(tree.level.tolist()) == [1, 1, *[2] * 8]
    np.testing.assert_array_equal(tree.origin[tree.level == 1], [[8, 0], [8, 8]])


@given(ndim=st.integers(1, 3), data=st.data())
def test_length_of_all_finest_cells_is_the_uniform_grid_where_every_cell_has_detail(ndim, data):
    case = Case(np.ones(data.draw(shapes(ndim)), np.uint8), data.draw(sides(ndim)))
    uniform = case.tree(mode="uniform")
    budget = case.tree(length=len(uniform))
    np.testing.assert_array_equal(budget.origin, uniform.origin)
    np.testing.assert_array_equal(budget.size, uniform.size)


def test_a_length_tree_goes_on_with_the_next_best_leaf_when_one_spot_is_exhausted():
    detail = np.zeros((64, 64), np.uint8)
    detail[:4, :4] = 1
    detail[40:, 40:] = np.random.default_rng(0).random((24, 24)) < 0.01
    tree = Case(detail, (4, 4)).tree(length=64)
    assert (tree.size[(tree.origin >= 40).all(axis=1)] == 4).any()


@given(drawn=images(dtypes=("uint8", "uint16")), data=st.data())
def test_variance_tree_is_the_reference(drawn, data):
    image, ndim = drawn
    min_size = data.draw(sides(ndim))
    score = variance_score(image, ndim)
    shape = image.shape[:ndim]
    top = score(root(shape, min_size))
    split_value = data.draw(st.sampled_from([0.0, 0.013, 0.11, 0.37])) * top + 1 / 3
    options = PatchOptions(patch_size=min_size, detail="variance", split_value=split_value)
    tree = build_tree(as_image(image, ndim), options)
    assert_same_leaves(tree, trees.threshold_tree(score, shape, min_size, split_value), score)


@given(seed=st.integers(0, 1000), length=st.integers(1, 80), channels=st.sampled_from([0, 3]))
def test_variance_length_tree_is_the_reference_where_sums_are_exact(seed, length, channels):
    shape = (32, 16) + ((channels,) if channels else ())
    image = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    score = variance_score(image, 2)
    tree = build_tree(as_image(image, 2), PatchOptions(patch_size=2, detail="variance", length=length))
    assert_same_leaves(tree, trees.length_tree(score, (32, 16), (2, 2), length), score)


@given(seed=st.integers(0, 1000), offset=st.sampled_from([0.0, 1e4, -300.0]))
def test_variance_of_floats_does_not_depend_on_their_offset(seed, offset):
    pixels = np.random.default_rng(seed).integers(0, 64, (17, 23)).astype(np.float32)
    options = PatchOptions(patch_size=2, detail="variance", split_value=500.5)
    plain, shifted = (build_tree(as_image(array, 2), options) for array in (pixels, pixels + np.float32(offset)))
    np.testing.assert_array_equal(plain.origin, shifted.origin)
    np.testing.assert_allclose(plain.score, shifted.score, rtol=1e-6, atol=1e-3)


@given(case=cases(kinds=("edges",)))
def test_detail_map_may_be_boolean_integer_or_float(case):
    blank = as_image(np.zeros(case.shape, np.uint8), len(case.shape))
    made = [
        build_tree(blank, case.options(split_value=2), detail=case.detail.astype(dtype))
        for dtype in (bool, np.uint8, np.int32, np.float32, np.float64)
    ]
    for tree in made[1:]:
        np.testing.assert_array_equal(tree.origin, made[0].origin)
        np.testing.assert_array_equal(tree.score, made[0].score)


@given(case=cases(), mode=modes)
def test_building_in_two_steps_is_building_in_one(case, mode):
    options = case.options(**mode)
    blank = as_image(np.zeros(case.shape, np.uint8), len(case.shape))
    tree = tree_from_pyramid(detail_pyramid(blank, options, detail=case.detail), options)
    whole = case.tree(**mode)
    np.testing.assert_array_equal(tree.origin, whole.origin)
    np.testing.assert_array_equal(tree.score, whole.score)


def test_plain_arrays_are_understood_without_naming_their_axes():
    random = np.random.default_rng(0)
    grey, colour = (random.integers(0, 256, shape).astype(np.uint8) for shape in ((40, 30), (40, 30, 3)))
    volume = random.integers(0, 256, (20, 30, 24)).astype(np.uint8)
    assert build_tree(grey, PatchOptions()).shape == (40, 30)
    assert build_tree(colour, PatchOptions()).shape == (40, 30)
    assert build_tree(volume, PatchOptions()).shape == (20, 30, 24)


def test_splits_that_gain_no_leaf_are_made_in_turn_when_the_budget_is_spent():
    # At the border a cell may have one child only: splitting it costs nothing.
    detail = np.zeros((8, 5), np.uint8)
    detail[[1, 3, 5, 5, 6], [3, 1, 0, 2, 4]] = 1
    case = Case(detail, (4, 1))
    slow = trees.length_tree(case.score, case.shape, case.min_size, 9)
    assert len(slow) == 9
    assert_same_leaves(case.tree(length=9), slow, case.score)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (1, 1, 1), (1, 33, 1)])
@pytest.mark.parametrize("detail", [None, "gradient", "variance"])
def test_one_pixel_wide_images_have_a_tree(shape, detail):
    image = as_image(np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8), len(shape))
    tree = build_tree(image, PatchOptions(patch_size=2, detail=detail))
    laws.check_tiling(tree, (2,) * len(shape))


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
@pytest.mark.parametrize("mode", [{}, {"length": 100}])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_constant_image_is_one_leaf(detail, mode, dtype):
    image = np.full((50, 70), 7, dtype)
    assert len(build_tree(image, PatchOptions(detail=detail, **mode))) == 1


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0,), (0, 4, 4)])
def test_an_empty_image_is_refused(shape):
    with pytest.raises(InputError, match=re.escape(str(shape))):
        build_tree(np.zeros(shape, np.uint8), PatchOptions())


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
def test_nans_are_refused_with_their_count_and_place(detail):
    image = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    image[12, 7] = image[13, 9] = image[29, 39] = np.nan
    with pytest.raises(InputError, match=r"3\b.*\b12, ?7\b"):
        build_tree(image, PatchOptions(detail=detail))


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
def test_an_image_of_nothing_but_nans_is_refused(detail):
    with pytest.raises(InputError, match=r"1,200 of 1,200"):
        build_tree(np.full((30, 40), np.nan, np.float32), PatchOptions(detail=detail))


def test_infinities_are_refused():
    image = np.random.default_rng(0).random((30, 40)).astype(np.float32)
    image[3, 4] = np.inf
    with pytest.raises(InputError, match=r"\b3, ?4\b"):
        build_tree(image, PatchOptions())


def test_nans_in_the_detail_map_are_refused():
    detail = np.zeros((30, 40))
    detail[5, 6] = np.nan
    with pytest.raises(InputError, match=r"\b5, ?6\b"):
        build_tree(np.zeros((30, 40), np.uint8), PatchOptions(), detail=detail)


def test_negative_detail_is_refused():
    detail = np.zeros((30, 40))
    detail[5, 6] = -1
    with pytest.raises(InputError, match="negative"):
        build_tree(np.zeros((30, 40), np.uint8), PatchOptions(), detail=detail)


def test_detail_of_another_shape_is_refused_with_both_shapes():
    with pytest.raises(InputError, match=r"30.*40.*40.*30"):
        build_tree(np.zeros((30, 40), np.uint8), PatchOptions(), detail=np.zeros((40, 30)))


def test_a_detail_map_with_variance_is_refused():
    with pytest.raises(VitsciVizError, match="variance"):
        build_tree(np.zeros((8, 8), np.uint8), PatchOptions(detail="variance"), detail=np.zeros((8, 8)))


def test_edges_of_a_volume_are_refused():
    with pytest.raises(VitsciVizError, match="gradient"):
        build_tree(as_image(np.zeros((8, 8, 8), np.uint8), 3), PatchOptions(detail="edges"))


@pytest.mark.parametrize("options", [{"patch_size": (8, 8, 8)}, {"patch_size": 8, "min_size": (4, 4, 4)}])
def test_sides_for_another_number_of_axes_are_refused(options):
    with pytest.raises(OptionError, match=r"axes|axis"):
        build_tree(np.zeros((40, 40), np.uint8), PatchOptions(**options))


def test_a_channel_that_does_not_exist_is_refused():
    with pytest.raises(VitsciVizError, match="channel"):
        build_tree(np.zeros((40, 40, 3), np.uint8), PatchOptions(channel=3))


@given(case=cases(), mode=modes, balance=st.booleans())
def test_detail_of_the_leaves_adds_up_to_the_detail_of_the_image(case, mode, balance):
    assert case.tree(**mode, balance=balance).score.sum() == case.detail.sum()
