"""The Pareto front against its definition, and a knee where a curve bends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.patching.pareto import knee, pareto_front, recommend

POINTS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([0.0, 0.5, 1.0, 2.0, np.inf, np.nan])), max_size=12)


@given(POINTS)
def test_the_front_is_what_nothing_beats(points):
    def is_beaten(cost, score):
        return any((c <= cost and s > score) or (c < cost and s >= score) for c, s in points)

    expected = [not np.isnan(score) and not is_beaten(cost, score) for cost, score in points]
    assert pareto_front([c for c, _ in points], [s for _, s in points]).tolist() == expected


@given(POINTS)
def test_the_knee_lies_on_the_front_and_is_finite(points):
    costs, scores = [c for c, _ in points], [s for _, s in points]
    best = knee(costs, scores)
    if best is not None:
        assert pareto_front(costs, scores)[best]
        assert np.isfinite(scores[best])


@pytest.mark.parametrize("order", [1, -1])
def test_the_knee_is_where_a_bent_curve_bends(order):
    cost = np.array([1, 2, 4, 8, 16, 32, 64])[::order]
    score = np.minimum(np.log2(cost) * 5, 15) + 0.1 * np.log2(cost)
    best = knee(cost, score)
    assert best is not None
    assert cost[best] == 8


def test_too_few_points_have_no_knee():
    assert knee([1, 2], [3.0, 4.0]) is None
    assert knee([1, 1, 1], [4.0, 4.0, 4.0]) is None
    assert knee([], []) is None


def test_nothing_is_recommended_where_nothing_fits_the_budget():
    assert recommend([300, 400], [0.9, 1.0], [8, 8], [False, False], budget=256) is None
    assert recommend([100], [np.nan], [8], [False], budget=256) is None
    assert recommend([100, 100], [1.0, 0.9], [8, 4], [True, True], budget=256) is None


def test_equal_scores_are_told_apart_by_the_side_of_a_token_then_by_score_then_by_tokens():
    tokens, score, side = [256, 250, 200, 256], [0.980, 0.983, 0.983, 0.984], [8, 8, 8, 16]
    trees = [False] * 4
    assert recommend(tokens, score, side, trees, budget=256) == 2
    assert recommend(tokens, score, side, trees, budget=256, tolerance=0.0) == 3


SPARSE, DENSE = 0.97, 0.92
"""Oracle Dice of trees of small tokens where detail is sparse and where it is everywhere."""


@pytest.mark.parametrize(("small", "best"), [(SPARSE, 0), (DENSE, 1)])
def test_smaller_tokens_are_worth_it_where_the_tree_wins_back_half_of_what_their_grid_loses(small, best):
    tokens, score, side = [64, 64, 64, 64], [small, 1.0, 0.9, 1.0], [16, 32, 16, 32]
    is_uniform = [False, False, True, True]
    score[1] = 0.999  # a tree of large tokens that is not the grid itself
    assert recommend(tokens, score, side, is_uniform, budget=64) == best


def test_a_tree_that_is_the_plain_grid_is_not_recommended():
    assert recommend([64, 64, 64], [1.0, 1.0, 0.6], [32, 32, 16], [True, False, False], budget=64) == 2
    assert recommend([64, 64], [1.0, 1.0], [32, 32], [True, False], budget=64) is None


def test_grids_beyond_the_budget_are_not_compared_with():
    tokens, score, side = [64, 64, 1024], [0.97, 1.0, 0.999], [16, 32, 16]
    assert recommend(tokens, score, side, [False, False, True], budget=64) == 1
    assert recommend([64, 64, 64], [0.97, 1.0, 0.94], side, [False, False, True], budget=64) == 0
