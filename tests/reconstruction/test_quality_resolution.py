"""Fourier ring and shell correlation: formulas, laws, noise whose resolution is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.quality_resolution import (
    ShellCorrelation,
    half_bit_threshold,
    highest_frequency,
    interleaved_halves,
    shell_correlation,
)


def by_hand(first, second):
    """Correlate ring by ring with loops over coefficients, pictures being zero at their ends."""
    a, b = np.fft.fft2(first), np.fft.fft2(second)
    side = len(first)
    sums = np.zeros((side, 3))
    for i, fy in enumerate(np.fft.fftfreq(side)):
        for j, fx in enumerate(np.fft.fftfreq(side)):
            ring = round(float(np.hypot(fx, fy)) * side)
            if np.hypot(fx, fy) <= 0.5:
                products = [(a[i, j] * np.conj(b[i, j])).real, abs(a[i, j]) ** 2, abs(b[i, j]) ** 2]
                sums[ring] += products
    used = sums[1 : side // 2 + 1]
    return used[:, 0] / np.sqrt(used[:, 1] * used[:, 2])


def test_rings_are_those_by_hand(monkeypatch):
    monkeypatch.setattr("vitsci_viz.reconstruction.quality_resolution.window", lambda _, shape: np.ones(shape))
    random = np.random.default_rng(0)
    first = random.normal(size=(20, 20))
    second = first + random.normal(size=(20, 20))
    curve = shell_correlation(first, second)
    np.testing.assert_allclose(curve.correlations, by_hand(first, second), atol=1e-12)
    assert (np.diff(curve.frequencies) > 0).all()
    assert curve.frequencies[0] == pytest.approx(1.1 / 20, rel=0.2)
    assert curve.frequencies[-1] == pytest.approx(0.5, abs=0.02)


@given(st.integers(0, 50), st.floats(0.1, 10), st.floats(-5, 5), st.sampled_from([(16, 16), (17, 20), (9, 10, 12)]))
def test_a_picture_agrees_with_itself_whatever_its_scale_and_base(seed, scale, base, shape):
    picture = np.random.default_rng(seed).normal(size=shape)
    assert shell_correlation(picture, scale * picture + base).correlations == pytest.approx(1.0)
    assert shell_correlation(picture, -picture).correlations == pytest.approx(-1.0)


def test_correlation_has_no_order_and_is_never_more_than_one():
    random = np.random.default_rng(1)
    first, second = random.normal(size=(2, 3, 32, 32))
    there, back = shell_correlation(first, second, ndim=2), shell_correlation(second, first, ndim=2)
    np.testing.assert_allclose(there.correlations, back.correlations)
    assert (np.abs(there.correlations) <= 1).all()
    assert there.coefficients.sum() == 3 * shell_correlation(first[0], second[0]).coefficients.sum()


@pytest.mark.parametrize(("signal", "expected"), [(1.0, 0.5), (0.5, 0.2), (2.0, 0.8)])
def test_white_signal_in_white_noise_correlates_by_its_share_of_the_power(signal, expected):
    random = np.random.default_rng(2)
    truth, one, other = random.normal(size=(3, 256, 256))
    curve = shell_correlation(signal * truth + one, signal * truth + other)
    assert curve.correlations[20:].mean() == pytest.approx(expected, abs=0.02)


def test_half_a_bit_is_half_a_bit_in_the_limit_of_many_coefficients():
    limit = half_bit_threshold(np.array([10**14]))[0]
    of_half = limit / (1 - limit)
    assert np.log2(1 + 2 * of_half) == pytest.approx(0.5, abs=1e-3), "the whole has twice the ratio of a half"


@pytest.mark.parametrize("cut", [0.1, 0.2, 0.3])
def test_the_resolution_is_where_the_common_signal_ends(cut):
    random = np.random.default_rng(3)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(192), np.fft.fftfreq(192)))
    truth = np.fft.ifft2(np.fft.fft2(random.normal(size=(192, 192))) * (frequency < cut)).real
    one, other = truth + 0.3 * random.normal(size=(2, 192, 192))
    curve = shell_correlation(one, other)
    for threshold in (half_bit_threshold(curve.coefficients), 1 / 7):
        assert highest_frequency(curve, threshold) == pytest.approx(cut, abs=0.021), "fading out mixes 4 rings"


def test_blur_coarsens_and_noise_coarsens_the_resolution():
    random = np.random.default_rng(4)
    truth = ndimage.gaussian_filter(random.normal(size=(128, 128)), 1.0)

    def found(sigma, noise):
        blurred = ndimage.gaussian_filter(truth, sigma)
        curve = shell_correlation(*(blurred + noise * random.normal(size=(2, 128, 128))))
        return highest_frequency(curve, half_bit_threshold(curve.coefficients)) or 0.5

    assert found(1.0, 0.02) < found(0.5, 0.02)
    assert found(0.5, 0.1) < found(0.5, 0.02)


def curve_of(values):
    count = len(values)
    return ShellCorrelation(
        frequencies=np.arange(1, count + 1) / (2 * count),
        correlations=np.array(values, float),
        coefficients=np.full(count, 10**6),
    )


def test_a_crossing_lies_between_rings_and_a_single_dip_is_none():
    assert highest_frequency(curve_of([1, 1, 1, 0.75, 0.25, 0, 0, 0, 0, 0]), 0.5) == pytest.approx(4.5 / 20)
    assert highest_frequency(curve_of([1, 0.2, 1, 0.75, 0.25, 0, 0, 0, 0, 0]), 0.5) == pytest.approx(4.5 / 20)
    assert highest_frequency(curve_of([1, 1, 1, 1, 0.75, 0.25]), 0.5) == pytest.approx(5.5 / 12)
    assert highest_frequency(curve_of([1, 1, 1, 1, 1, 1]), 0.5) is None
    assert highest_frequency(curve_of([0, 0, 0, 0, 0, 0]), 0.5) == pytest.approx(1 / 12)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=30))
def test_a_crossing_is_a_frequency_of_the_curve(values):
    curve = curve_of(values)
    found = highest_frequency(curve, 0.5)
    assert found is None or curve.frequencies[0] <= found <= 0.5
    assert (found is None) == (
        values[-1] >= 0.5 and not any(max(values[i : i + 3]) < 0.5 for i in range(len(values) - 2))
    )


@given(st.lists(st.floats(-7, 7), min_size=2, max_size=40))
def test_halves_share_out_all_views_evenly(angles):
    first, second = interleaved_halves(np.array(angles))
    assert sorted([*first, *second]) == list(range(len(angles)))
    assert len(first) - len(second) in (0, 1)


@pytest.mark.parametrize("views", [24, 26, 25])
def test_each_half_of_a_full_turn_has_views_from_all_around(views):
    angles = np.random.default_rng(0).permutation(views) * 2 * np.pi / views
    for half in interleaved_halves(angles):
        gaps = np.diff(np.sort(angles[half]), append=np.sort(angles[half])[0] + 2 * np.pi)
        assert gaps.max() <= (2.001 + views % 2) * 2 * np.pi / views


def test_pictures_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"one shape with 2 or 3 axes of 8 pixels or more"):
        shell_correlation(np.zeros((16, 16)), np.zeros((16, 17)))
    with pytest.raises(InputError, match="8 pixels or more"):
        shell_correlation(np.zeros((16, 7)), np.zeros((16, 7)))
