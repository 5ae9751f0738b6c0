"""Fields are fixed by seed and place: any window of them is the same as part of a larger one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.simulation.lattice import Points, Window, fractal, hash_bits, jittered_points, noise, uniform


@given(st.integers(-300, 300), st.integers(-300, 300), st.sampled_from([3.2, 7.0, 21.0, 330.0]), st.integers(0, 9))
def test_a_window_of_noise_is_a_part_of_a_larger_one(top: int, left: int, spacing: float, seed: int) -> None:
    large = noise(Window(-320, -320, 700, 700), spacing, seed, 5)
    part = noise(Window(top, left, 40, 30), spacing, seed, 5)
    np.testing.assert_array_equal(part, large[top + 320 : top + 360, left + 320 : left + 350])


def test_noise_at_points_equals_noise_in_a_window() -> None:
    window = Window(-20, 35, 30, 40)
    rows, columns = np.meshgrid(window.rows.ravel(), window.columns.ravel(), indexing="ij")
    at_points = noise(Points(rows.ravel(), columns.ravel()), 11.0, 3, 8)
    np.testing.assert_allclose(at_points, noise(window, 11.0, 3, 8).ravel(), atol=1e-12)


def test_noise_is_smooth_centred_and_of_unit_range() -> None:
    field = noise(Window(0, 0, 800, 800), 8.0, 1, 2)
    assert abs(field.mean()) < 0.05
    assert 0.3 < field.std() < 0.8
    assert np.abs(np.diff(field, axis=0)).max() < 0.6


def test_seeds_and_salts_make_other_fields() -> None:
    window = Window(0, 0, 512, 512)
    fields = [fractal(window, 16.0, seed, salt) for seed in (0, 1) for salt in (0, 1)]
    correlations = np.corrcoef([field.ravel() for field in fields])
    assert np.abs(correlations - np.eye(4)).max() < 0.2


def test_hashes_are_what_they_were() -> None:
    bits = hash_bits(7, 3, np.arange(4), np.arange(4))
    assert bits.tolist() == hash_bits(7, 3, np.arange(4), np.arange(4)).tolist()
    assert len(set(bits.tolist())) == 4
    assert [f"{value:016x}" for value in bits[:2].tolist()] == EXPECTED


EXPECTED = ["b7f3313aad207bc0", "d23009ebc108837d"]
"""The first two numbers as first made: another value would remake every sample."""


def test_uniform_numbers_fill_the_unit_range() -> None:
    values = uniform(0, 0, np.arange(200)[:, None], np.arange(200)[None])
    counts, _ = np.histogram(values, bins=10, range=(0, 1))
    assert counts.sum() == values.size
    assert counts.min() > 0.9 * values.size / 10


def test_points_near_a_window_are_the_same_from_two_windows() -> None:
    first = set(zip(*(a.tolist() for a in jittered_points(Window(0, 0, 500, 500), 50.0, 1, 2)), strict=True))
    second = set(zip(*(a.tolist() for a in jittered_points(Window(250, 0, 500, 500), 50.0, 1, 2)), strict=True))
    inner = {point for point in first if 300 < point[2] < 450 and 0 < point[3] < 500}
    assert inner
    assert inner <= second


@pytest.mark.parametrize(("y", "x", "found"), [(5.0, 5.0, True), (-50.0, 5.0, False), (5.0, 90.0, False)])
def test_parts_of_a_window(y: float, x: float, found: bool) -> None:
    window = Window(0, 0, 20, 30)
    part = window.part(y, x, 4)
    assert (part is not None) == found
    assert part is None or window.crop(part) == Window(1, 1, 8, 8)
