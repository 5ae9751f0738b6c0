"""Targets of tokens: the same pixels as the tokens, counted once each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import shapes, sides, sparse_tree
from tests.reference import laws
from tests.reference import tokens as slow
from vitsci_viz.training.examples import covered_pixels, token_targets, with_leaves
from vitsci_viz.training.labels import IGNORED

CLASSES = 3


@st.composite
def labelled(draw: st.DrawFn, ignored: bool = False):
    """Draw labels with a tree over them and the sides of a token."""
    ndim = draw(st.sampled_from([2, 3]))
    shape = draw(shapes(ndim))
    random = np.random.default_rng(draw(st.integers(0, 9999)))
    labels = random.integers(0, CLASSES, shape).astype(np.uint8)
    if ignored:
        labels[random.random(shape) < draw(st.sampled_from([0.1, 0.6, 1.0]))] = IGNORED
    tree = sparse_tree(shape, draw(sides(ndim)), draw(st.integers(0, 99)))
    return labels, tree, draw(sides(ndim))


@given(drawn=labelled())
def test_fractions_are_those_of_the_pixels_behind_each_cell(drawn):
    labels, tree, patch = drawn
    fractions, _ = token_targets(labels, tree, patch, CLASSES)
    np.testing.assert_allclose(fractions, slow.class_fractions(labels, laws.cells_of(tree), patch, CLASSES), atol=1e-6)


@given(drawn=labelled())
def test_areas_sum_to_the_pixels(drawn):
    labels, tree, patch = drawn
    fractions, area = token_targets(labels, tree, patch, CLASSES)
    assert area.sum(dtype=float) == pytest.approx(labels.size, rel=1e-6)
    per_class = (fractions * area[..., None]).sum(axis=tuple(range(area.ndim)), dtype=float)
    np.testing.assert_allclose(per_class, np.bincount(labels.ravel(), minlength=CLASSES), rtol=1e-5, atol=1e-4)
    np.testing.assert_array_equal(area, covered_pixels(tree, patch))


@given(drawn=labelled(ignored=True))
def test_ignored_pixels_have_no_area_and_no_class(drawn):
    labels, tree, patch = drawn
    fractions, area = token_targets(labels, tree, patch, CLASSES)
    known = labels[labels != IGNORED]
    assert area.sum(dtype=float) == pytest.approx(len(known), rel=1e-6, abs=1e-6)
    per_class = (fractions * area[..., None]).sum(axis=tuple(range(area.ndim)), dtype=float)
    np.testing.assert_allclose(per_class, np.bincount(known, minlength=CLASSES), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(fractions.sum(axis=-1)[area > 0], 1, atol=1e-5)
    assert (fractions[area == 0] == 0).all()


def test_kept_leaves_take_their_targets_and_cells_along(records):
    from tests.training.cases import source_of

    example = source_of(records, needs=("grid", "pixels"), flips=False).example(0)
    rows = np.arange(0, len(example.tree), 3)
    fewer = with_leaves(example, rows)
    np.testing.assert_array_equal(fewer.tokens, example.tokens[rows])
    np.testing.assert_array_equal(fewer.area, example.area[rows])
    for row in (0, len(rows) - 1):
        np.testing.assert_array_equal(fewer.grid == row, example.grid == rows[row])
    assert (fewer.grid == len(rows)).sum() == (~np.isin(example.grid, rows)).sum()
