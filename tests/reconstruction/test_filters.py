"""Filters: equal to a convolution by hand, and what windows may do."""

import math

import numpy as np
import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.reconstruction.filters import WINDOWS, filter_response, filter_views, padded_length

COLUMNS = 40


def kernel_by_hand(n: int) -> float:
    return 0.25 if n == 0 else 0.0 if n % 2 == 0 else -1 / (math.pi * n) ** 2


def test_the_ramp_is_a_convolution_that_does_not_wrap_round():
    views = np.random.default_rng(0).normal(size=(3, COLUMNS, 2)).astype(np.float32)
    expected = np.zeros_like(views)
    for i in range(COLUMNS):
        for j in range(COLUMNS):
            expected[:, i] += kernel_by_hand(i - j) * views[:, j]
    filter_views(views, filter_response(COLUMNS), np.ones(3))
    np.testing.assert_allclose(views, expected, atol=2e-6)


def test_weights_multiply_views_and_no_filter_leaves_them():
    views = np.random.default_rng(0).normal(size=(3, COLUMNS, 2)).astype(np.float32)
    before = views.copy()
    filter_views(views, filter_response(COLUMNS, "none"), np.array([1.0, 2.0, 0.0]))
    np.testing.assert_allclose(views, before * np.array([1, 2, 0])[:, None, None], atol=1e-6)


def test_pieces_change_nothing(monkeypatch):
    views = np.random.default_rng(0).normal(size=(7, COLUMNS, 3)).astype(np.float32)
    whole, pieces = views.copy(), views.copy()
    filter_views(whole, filter_response(COLUMNS), np.ones(7))
    monkeypatch.setattr("vitsci_viz.reconstruction.filters.CHUNK_BYTES", 1)
    filter_views(pieces, filter_response(COLUMNS), np.ones(7))
    np.testing.assert_array_equal(pieces, whole)


@pytest.mark.parametrize("name", sorted(WINDOWS))
def test_windows_leave_low_frequencies_and_lower_high_ones(name):
    ramp, response = filter_response(COLUMNS), filter_response(COLUMNS, name)
    assert (response <= ramp + 1e-7).all()
    assert response[1] == pytest.approx(ramp[1], rel=0.01)
    ends = {"ram-lak": 1.0, "shepp-logan": 2 / math.pi, "cosine": 0.0, "hamming": 0.08, "hann": 0.0}
    assert response[-1] / ramp[-1] == pytest.approx(ends[name], abs=1e-6)


def test_rows_are_padded_to_twice_their_length():
    assert all(padded_length(n) >= 2 * n for n in range(2, 300))


def test_an_unknown_filter_names_those_there_are():
    with pytest.raises(OptionError, match="ram-lak, shepp-logan, cosine"):
        filter_response(8, "ramp")  # pyright: ignore[reportArgumentType]
