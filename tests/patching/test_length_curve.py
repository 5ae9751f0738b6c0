"""The curve of sequence length against split value is every threshold tree at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import Case, as_image, cases
from tests.reference import trees
from vitsci_viz.patching.tree import detail_pyramid, length_curve, resolve_split_value, tree_from_pyramid

depths = st.sampled_from([None, 1, 2, 4])


def _pyramid(case: Case):
    blank = as_image(np.zeros(case.shape, np.uint8), len(case.shape))
    return detail_pyramid(blank, case.options(), detail=case.detail)


@given(case=cases(), max_depth=depths)
def test_curve_is_the_length_of_the_reference_tree_at_every_split_value(case, max_depth):
    curve = length_curve(_pyramid(case), max_depth=max_depth)
    between = np.sort(np.random.default_rng(0).uniform(0, case.detail.sum() + 1, 6))
    at = np.unique(np.concatenate([[0.0], curve.split_values[:12], between]))
    slow = [len(trees.threshold_tree(case.score, case.shape, case.min_size, v, max_depth)) for v in at]
    assert [curve.length_at(v) for v in at] == slow


@given(case=cases(), max_depth=depths)
def test_curve_is_the_length_of_the_fast_tree_at_every_one_of_its_values(case, max_depth):
    pyramid = _pyramid(case)
    curve = length_curve(pyramid, max_depth=max_depth)
    for value, length in zip(curve.split_values[:40], curve.lengths[:40], strict=True):
        options = case.options(split_value=value, max_depth=max_depth)
        assert len(tree_from_pyramid(pyramid, options)) == length == curve.length_at(value)


@given(case=cases())
def test_curve_rises_in_split_value_and_falls_in_length(case):
    curve = length_curve(_pyramid(case))
    assert curve.split_values.dtype == np.float64
    assert curve.lengths.dtype == np.int64
    assert (np.diff(curve.split_values) > 0).all()
    assert (np.diff(curve.lengths) <= 0).all()
    assert curve.lengths[-1] == 1
    assert curve.length_at(1e12) == 1


@given(case=cases(), length=st.integers(1, 300))
def test_split_value_for_a_length_is_the_smallest_that_fits(case, length):
    curve = length_curve(_pyramid(case))
    value = curve.split_value_for(length)
    assert value >= 0
    assert curve.length_at(value) <= length
    smaller = curve.split_values[curve.split_values < value]
    assert all(curve.length_at(v) > length for v in smaller)


@given(case=cases(kinds=("edges",)))
def test_knee_is_a_point_of_the_curve(case):
    curve = length_curve(_pyramid(case))
    value, length = curve.knee()
    assert value in curve.split_values
    assert curve.length_at(value) == length


@given(case=cases(kinds=("edges",)))
def test_balance_makes_no_difference_to_a_tree_that_the_curve_counts_as_balanced(case):
    pyramid = _pyramid(case)
    curve = length_curve(pyramid)
    for value in curve.split_values[:5]:
        balanced = tree_from_pyramid(pyramid, case.options(split_value=value, balance=True))
        assert len(balanced) >= curve.length_at(value)


def test_split_value_is_50_for_edges_and_a_tenth_of_the_tokens_otherwise():
    image = np.random.default_rng(0).integers(0, 256, (256, 256)).astype(np.uint8)
    options = Case(image, (8, 8)).options()
    assert resolve_split_value(options, detail_pyramid(image, options)) == pytest.approx(50)
    for detail in ("gradient", "variance"):
        chosen = options.replace(detail=detail)
        pyramid = detail_pyramid(image, chosen)
        value = resolve_split_value(chosen, pyramid)
        curve = length_curve(pyramid)
        assert curve.length_at(value) <= -(-1024 // 10) < curve.length_at(np.nextafter(value, 0) if value else 0)


def test_physical_split_value_is_per_square_micrometre():
    image = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    options = Case(image, (2, 2)).options(physical=True, split_value=20, blur=0)
    pyramid = detail_pyramid(image, options.replace(physical=False))
    half, whole = (resolve_split_value(options, pyramid, spacing_um=(side, side)) for side in (0.5, 1.0))
    assert (half, whole) == (pytest.approx(80), pytest.approx(20))
