"""Places and grids of trees against loops over leaves and cells."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import shapes, sides, sparse_tree
from tests.reference.laws import cells_of
from vitsci_viz.errors import InputError
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.places import grid_of, normalised, places_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import fit_length
from vitsci_viz.patching.tree import build_tree


@st.composite
def trees(draw):
    ndim = draw(st.integers(2, 3))
    finest = draw(sides(ndim))
    return sparse_tree(draw(shapes(ndim)), finest, draw(st.integers(0, 99))), finest


@given(drawn=trees(), data=st.data())
def test_the_grid_names_the_leaf_that_holds_each_cell(drawn, data):
    tree, finest = drawn
    kept = fit_length(tree, max(1, len(tree) - data.draw(st.integers(0, 3))), overflow="drop_random")
    grid = grid_of(kept, finest)
    assert grid.dtype == np.int64
    assert grid.shape == tuple(-(-n // m) for n, m in zip(tree.shape, finest, strict=True))
    leaves = cells_of(kept)
    for cell in itertools.product(*(range(n) for n in grid.shape)):
        pixel = [c * m for c, m in zip(cell, finest, strict=True)]
        holders = [
            row
            for row, leaf in enumerate(leaves)
            if all(o <= x < o + s for o, s, x in zip(leaf.origin, leaf.size, pixel, strict=True))
        ]
        assert grid[cell] == (holders[0] if holders else len(kept))


@given(drawn=trees())
def test_places_are_centres_in_units_and_halvings_down_to_the_token(drawn):
    tree, _ = drawn
    patch = (4,) * tree.ndim
    places = places_of(tree, patch, unit=24)
    assert places.dtype == np.float32
    for row, leaf in zip(places, cells_of(tree), strict=True):
        centre = [(o + s / 2) / 24 for o, s in zip(leaf.origin, leaf.size, strict=True)]
        np.testing.assert_allclose(row[:-1], centre, rtol=1e-6)
        side = np.prod(leaf.size) ** (1 / tree.ndim)  # the geometric mean where sides differ
        np.testing.assert_allclose(row[-1], np.log2(side / 4), atol=1e-5)


def test_uniform_tokens_of_their_own_size_have_size_zero_and_lie_on_a_grid():
    tree = build_tree(np.zeros((16, 32), np.uint8), PatchOptions(mode="uniform", patch_size=8))
    places = places_of(tree, 8, unit=32)
    assert (places[:, -1] == 0).all()
    assert sorted(set(places[:, 0])) == [0.125, 0.375]
    assert sorted(set(places[:, 1])) == [0.125, 0.375, 0.625, 0.875]


def test_neighbours_in_a_larger_image_are_as_far_apart_as_in_training():
    spec = ModelSpec(patch_size=(8, 8), image_size=(16, 32))
    small, large = (
        places_of(build_tree(np.zeros(shape, np.uint8), PatchOptions(mode="uniform", patch_size=8)), 8, unit=spec.unit)
        for shape in ((16, 32), (128, 128))
    )
    steps = [np.diff(np.unique(places[:, axis])) for places in (small, large) for axis in (0, 1)]
    assert {float(step) for each in steps for step in each} == {0.25}
    assert large[:, :2].max() > 1


def test_a_grid_finer_or_coarser_than_the_tree_is_refused_where_leaves_are_no_whole_cells():
    tree = build_tree(np.zeros((16, 16), np.uint8), PatchOptions(mode="uniform", patch_size=4))
    assert grid_of(tree, 2).shape == (8, 8)
    with pytest.raises(InputError, match=r"whole cells of \(8, 8\) pixels: the smallest leaf has \(4, 4\)"):
        grid_of(tree, 8)


def test_normalised_values_have_the_mean_and_deviation_taken_out_by_channel():
    values = np.random.default_rng(0).normal([3.0, -2.0], [2.0, 0.5], (1000, 2))
    found = normalised(values, values.mean(axis=0), values.std(axis=0))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-5)
