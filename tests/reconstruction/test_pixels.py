"""Pixels and samples that are wrong are found, others are left alone."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hn

from tests.reconstruction.counted import angles, exact
from vitsci_viz.reconstruction.pixel_kernels import fill_gaps
from vitsci_viz.reconstruction.pixels import (
    dead_pixels,
    fill_outliers,
    motion_px,
    noise_level,
    saturation_level,
    stuck_pixels,
)


def transmitted(noise: float = 0.01) -> np.ndarray:
    clean = np.exp(-exact(90, 1, 64)[:, 0])
    return (clean + noise * np.sqrt(clean) * np.random.default_rng(1).normal(size=clean.shape)).astype(np.float32)


def found(values: np.ndarray, deviations: float = 8) -> tuple[list[list[int]], int]:
    """Return which samples are filled and how many are said to be."""
    after = values.copy()
    count = fill_outliers(after, deviations, motion_px(angles(len(values)), values.shape[1]))
    return np.argwhere(after != values).tolist(), count


def test_pixels_far_below_their_row_s_flat_are_dead_and_a_slope_is_not():
    beam = np.linspace(1000, 200, 64, dtype=np.float32)[None].repeat(2, axis=0)
    assert not dead_pixels(beam, 0.1).any()
    beam[0, 20], beam[1, 33], beam[0, 40], beam[1, 63] = 0, 30, np.nan, -5
    assert np.flatnonzero(dead_pixels(beam, 0.1)).tolist() == [20, 33, 40, 63]
    assert np.flatnonzero(dead_pixels(beam, 0.0)).tolist() == [20, 40, 63]


def test_a_row_without_light_is_dead():
    assert dead_pixels(np.zeros((1, 40), np.float32), 0.0).all()


def test_a_pixel_that_does_not_follow_the_beam_is_stuck():
    values = transmitted()
    assert not stuck_pixels(values).any()
    values[:, 30] = 0.7
    assert np.flatnonzero(stuck_pixels(values)).tolist() == [30]


def test_air_beside_a_sample_without_noise_is_not_stuck():
    assert not stuck_pixels(transmitted(noise=0)).any()


@given(st.floats(0.001, 0.2))
def test_noise_is_measured_through_signal_and_outliers(sigma):
    places = np.linspace(0, 3, 400)
    values = np.sin(places)[None] + sigma * np.random.default_rng(2).normal(size=(50, 400))
    values[::9, ::31] += 3
    assert noise_level(values) == pytest.approx(sigma, rel=0.1)


def test_stray_photons_are_found_and_nothing_else():
    values = transmitted()
    assert found(values)[1] == 0
    hits = [(0, 5), (17, 30), (44, 31), (60, 0), (89, 63)]
    for view, column in hits:
        values[view, column] += 1
    places, count = found(values)
    assert places == [list(hit) for hit in hits]
    assert count == len(hits)
    assert found(values, 0)[1] == 0


def test_a_hit_two_columns_wide_is_found():
    values = transmitted()
    values[40, 30:32] += 1.5
    assert found(values)[0] == [[40, 30], [40, 31]]


def test_hits_beside_each_other_in_time_are_found_one_after_the_other():
    values = transmitted()
    values[40, 31] += 0.5
    values[41, 32] += 1.0
    assert found(values)[0] == [[40, 31], [41, 32]]
    values[60, 30] += 1.7
    values[61, 30] += 1.7
    assert found(values)[1] == 4


@pytest.mark.parametrize("columns", [64, 200])
def test_a_head_with_sharp_edges_has_no_outliers(columns):
    for noise in (0.0, 0.005):
        values = np.exp(-exact(60, 1, columns)[:, 0])
        values += noise * np.random.default_rng(0).normal(size=values.shape).astype(np.float32)
        assert found(values)[1] == 0


@pytest.mark.parametrize("views", [30, 90, 180])
def test_a_thin_crack_that_moves_is_no_outlier(views):
    values = np.full((views, 64), 0.3, np.float32)
    for view in range(views):
        values[view, round(31.5 + 28 * math.cos(math.pi * view / views))] = 1.0
    assert found(values)[1] == 0


def test_views_in_any_order_may_move_by_the_whole_detector():
    order = np.random.default_rng(0).permutation(180)
    assert motion_px(angles(180)[order], 64) > 40
    assert motion_px(angles(1800), 64) == 1
    assert motion_px(angles(1), 64) == 64


def test_darkness_is_quiet():
    noise = np.random.default_rng(3).normal(scale=0.004, size=(60, 64))
    values = np.where(np.arange(64) % 64 < 40, 0.0005, 1.0) + noise
    assert found(values.astype(np.float32))[1] == 0


@given(
    hn.arrays(np.bool_, st.tuples(st.integers(1, 6), st.integers(1, 12))),
    st.integers(0, 9),
)
def test_gaps_of_a_plane_are_filled_with_it(gaps, seed):
    slopes = np.random.default_rng(seed).uniform(-1, 1, 3)
    views, columns = np.indices(gaps.shape)
    plane = (slopes[0] + slopes[1] * columns + 0 * views).astype(np.float32)
    values = np.where(gaps, np.float32(np.nan), plane)
    lost = fill_gaps(values, gaps)
    assert lost == np.count_nonzero(gaps.all(axis=1))
    if gaps.all():
        assert np.isnan(values).all()
        return
    for view in np.flatnonzero(~gaps.all(axis=1)):
        good = np.flatnonzero(~gaps[view])
        np.testing.assert_allclose(
            values[view], np.interp(np.arange(columns.shape[1]), good, plane[view, good]), atol=1e-5
        )
    assert np.isfinite(values).all()


def test_a_lost_view_is_between_those_beside_it():
    values = np.array([[0, 10], [7, 7], [7, 7], [3, 40]], np.float32)
    gaps = np.array([[False, False], [True, True], [True, True], [False, False]])
    assert fill_gaps(values, gaps) == 2
    np.testing.assert_allclose(values, [[0, 10], [1, 20], [2, 30], [3, 40]])


def test_saturation_is_the_largest_count_of_a_type_or_what_is_said():
    assert saturation_level(np.dtype(np.int16)) == 32767
    assert saturation_level(np.dtype(np.uint16), 4095) == 4095
