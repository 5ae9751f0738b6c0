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
    assert recommend([300, 400], [0.9, 1.0], [8, 8], budget=256) is None
    assert recommend([100], [np.nan], [8], budget=256) is None


def test_equal_scores_are_told_apart_by_the_side_of_a_token_then_by_score_then_by_tokens():
    tokens, score, side = [256, 250, 200, 256], [0.990, 0.993, 0.993, 0.994], [8, 8, 8, 16]
    assert recommend(tokens, score, side, budget=256) == 2
    assert recommend(tokens, score, side, budget=256, tolerance=0.0) == 3
