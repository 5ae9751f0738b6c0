"""Angles of a scan: what every view stands for."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.geometry import checked_angles, typical_gap, view_weights


@given(st.integers(2, 200), st.floats(-7, 7))
def test_even_views_over_half_a_turn_share_pi(count, start):
    weights = view_weights(start + np.arange(count) * math.pi / count)
    np.testing.assert_allclose(weights, math.pi / count, rtol=1e-6)


@given(st.lists(st.floats(0, math.pi * 0.999), min_size=3, max_size=30, unique=True))
def test_weights_are_positive_and_never_more_than_half_a_turn(angles):
    weights = view_weights(np.array(angles))
    assert (weights > 0).all()
    assert weights.sum() <= math.pi * (1 + 1e-9)


def test_uneven_views_stand_for_half_the_way_to_their_neighbours():
    weights = view_weights(np.deg2rad([0, 10, 30, 60, 100, 140]))
    np.testing.assert_allclose(np.rad2deg(weights), [25, 15, 25, 35, 40, 40])


def test_a_full_turn_sees_every_line_twice():
    angles = np.arange(12) * math.pi / 6
    np.testing.assert_allclose(view_weights(angles), math.pi / 12)
    assert view_weights(np.array([0.0, math.pi])).tolist() == pytest.approx([math.pi / 2] * 2)


@pytest.mark.parametrize(("degrees", "views"), [(360, 361), (360, 721), (720, 721), (1080, 1081)])
def test_opposite_views_that_nearly_coincide_do_not_lower_the_others(degrees, views):
    unevenness = np.random.default_rng(views).normal(0, 1e-3, views)
    weights = view_weights(np.deg2rad(np.linspace(0, degrees, views) + unevenness))
    assert weights.sum() == pytest.approx(math.pi)
    assert np.median(weights) == pytest.approx(math.pi / views, rel=0.02)


@pytest.mark.parametrize(
    "gaps", [[1.0] * 9, [1.0, 1e-6] * 4 + [1e-6, 1.0], [1e-6, 1e-6, 1e-6, 1.0] * 9, [1.0, 1.0, 99.0]]
)
def test_the_typical_gap_is_neither_that_of_coincident_views_nor_a_wedge(gaps):
    assert typical_gap(np.array(gaps)) == 1.0


def test_the_order_of_views_does_not_matter():
    angles = np.deg2rad([0, 10, 30, 60, 100, 140])
    order = np.array([3, 0, 5, 1, 4, 2])
    np.testing.assert_allclose(view_weights(angles[order]), view_weights(angles)[order])


def test_a_missing_wedge_is_not_shared_out():
    weights = view_weights(np.deg2rad(np.arange(0, 90, 1)))
    assert np.rad2deg(weights[0]) == pytest.approx(2.5)
    assert np.rad2deg(weights[40]) == pytest.approx(1.0)


def test_angles_must_fit_the_views():
    with pytest.raises(InputError, match=r"3 views, got angles \(2,\)"):
        checked_angles(np.zeros(2), 3)
    with pytest.raises(InputError, match="view 1 has none"):
        checked_angles(np.array([0.0, np.nan]), 2)
