"""Loops over the circle of trial slices: what NumPy gives with a mask."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vitsci_viz.reconstruction.trial_kernels import histograms_inside, range_inside, sums_inside
from vitsci_viz.reconstruction.trials import in_circle, trial_slices

BINS = 16


@settings(max_examples=20)
@given(st.integers(1, 20), st.floats(0, 15), st.integers(0, 99))
def test_pixels_inside_the_circle_count_and_no_others(side, radius, seed):
    slices = np.random.default_rng(seed).normal(size=(3, side, side)).astype(np.float32)
    inside = [each[in_circle(side, radius)] for each in slices]
    expected = [(each.sum(), np.abs(each).sum()) for each in inside]
    np.testing.assert_allclose(sums_inside(slices, radius), expected, atol=1e-4)
    if not inside[0].size:
        return
    low, high = range_inside(slices, radius)
    assert (low, high) == (np.min(inside), np.max(inside))
    counts = histograms_inside(slices, radius, low - 1.0, high + 1.0, BINS)
    np.testing.assert_allclose(counts.sum(axis=1), inside[0].size)
    # A value lies between two bins, so that the mean of the bins is that of the values.
    places = np.linspace(low - 1.0, high + 1.0, BINS)
    np.testing.assert_allclose(counts @ places, [each.sum() for each in inside], atol=1e-4)


def test_a_value_on_a_bin_counts_for_it_alone():
    slices = np.full((1, 3, 3), 2.0, np.float32)
    assert histograms_inside(slices, 5.0, 0.0, 4.0, 5)[0].tolist() == [0, 0, 9, 0, 0]
    assert histograms_inside(slices, 5.0, 0.0, 2.0, 5)[0].tolist() == [0, 0, 0, 0, 9]


def test_trials_in_a_circle_are_those_of_the_square():
    random, angles = np.random.default_rng(0), np.arange(20) * np.pi / 20
    views, centres = random.normal(size=(20, 33)), np.array([15.0, 16.3])
    whole, disc = (trial_slices(views, angles, centres, radius=radius) for radius in (np.inf, 9.0))
    inside = in_circle(33, 9.0)
    np.testing.assert_allclose(disc[:, inside], whole[:, inside], atol=1e-5 * np.abs(whole).max())
    assert not disc[:, ~inside].any()
