"""Balance: neighbours that share a face differ by at most one level, with no split more than that takes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import Case, assert_same_leaves, cases
from tests.reference import laws, trees


@given(case=cases(), split_value=st.sampled_from([0, 1, 2.5, 10, 60]))
def test_balanced_threshold_tree_is_the_closure_of_the_plain_one(case, split_value):
    plain = trees.threshold_tree(case.score, case.shape, case.min_size, split_value)
    tree = case.tree(split_value=split_value, balance=True)
    assert_same_leaves(tree, trees.balance(plain, case.shape, case.min_size), case.score)


@given(case=cases(), length=st.integers(1, 150))
def test_balanced_length_tree_keeps_its_budget(case, length):
    tree = case.tree(length=length, balance=True)
    assert len(tree) <= length
    laws.check_tiling(tree, case.min_size)
    laws.check_z_order(tree, case.min_size)
    laws.check_balanced(tree)


@given(case=cases(), length=st.integers(1, 60))
def test_balanced_length_tree_is_the_longest_plain_one_whose_closure_fits(case, length):
    longest = []
    for shorter in range(1, length + 1):
        plain = trees.length_tree(case.score, case.shape, case.min_size, shorter)
        closed = trees.balance(plain, case.shape, case.min_size)
        if len(closed) > length:
            break
        longest = closed
    assert_same_leaves(case.tree(length=length, balance=True), longest, case.score)


@given(case=cases(), length=st.integers(1, 150))
def test_a_length_tree_that_is_balanced_already_stays_as_it_is(case, length):
    plain = trees.length_tree(case.score, case.shape, case.min_size, length)
    if trees.balance(plain, case.shape, case.min_size) == plain:
        assert_same_leaves(case.tree(length=length, balance=True), plain, case.score)


@given(case=cases(), mode=st.sampled_from([{"split_value": 0}, {"length": 60}]), depth=st.integers(0, 4))
def test_balance_holds_under_a_depth_limit(case, mode, depth):
    tree = case.tree(**mode, max_depth=depth, balance=True)
    laws.check_balanced(tree)
    assert tree.level.max() <= depth


def test_one_deep_corner_grades_away_level_by_level():
    detail = np.zeros((64, 64), np.uint8)
    detail[31, 31] = 1
    case = Case(detail, (1, 1))
    plain, balanced = case.tree(split_value=0), case.tree(split_value=0, balance=True)
    assert len(balanced) > len(plain)
    laws.check_balanced(balanced)
    steps = np.abs(np.diff(trees.level_map(laws.cells_of(plain), (64, 64), (1, 1)), axis=0))
    assert steps.max() > 1
