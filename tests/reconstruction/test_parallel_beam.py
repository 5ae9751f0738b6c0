"""Filtered back-projection: a slow loop by hand, scikit-image's, exact phantoms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import iradon

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.beam_kernels import BEAMS, LANES
from vitsci_viz.reconstruction.parallel_beam import back_project, filtered_back_projection
from vitsci_viz.simulation.ellipses import draw_slice, pixel_places, project_phantom, shepp_logan

VIEWS = 90
ANGLES = np.arange(VIEWS) * math.pi / VIEWS


def by_hand(views, angles, centre, side):
    """Smear views back, pixel by pixel in double precision."""
    out = np.zeros((side, side, views.shape[2]))
    for row, y in enumerate(pixel_places(side)):
        for column, x in enumerate(pixel_places(side)):
            for view, angle in zip(views, angles, strict=False):
                t = x * math.cos(angle) + y * math.sin(angle) + centre
                if 0 <= t <= len(view) - 1:
                    index = min(int(t), len(view) - 2)
                    out[row, column] += view[index] + (t - index) * (view[index + 1] - view[index])
    return out


def inside(side: int) -> np.ndarray:
    places = pixel_places(side)
    return np.hypot(places[:, None], places[None, :]) < side / 2 - 1


@settings(max_examples=20, deadline=None)
@given(
    st.integers(2, 24), st.integers(1, 20), st.integers(1, 2), st.integers(1, 9), st.floats(0, 1), st.integers(0, 99)
)
def test_back_projection_is_the_sum_over_views_by_hand(columns, side, slices, views, place, seed):
    random = np.random.default_rng(seed)
    data = np.zeros((-(-views // BEAMS) * BEAMS, columns, slices * LANES), np.float32)
    data[:views] = random.normal(size=(views, columns, slices * LANES))
    angles, centre = random.uniform(0, 2 * math.pi, views), place * (columns - 1)
    found = back_project(data, angles, centre=centre, side=side)
    np.testing.assert_allclose(found, by_hand(data, angles, centre, side), atol=2e-4)


def test_slices_are_those_of_scikit_image():
    side = 65
    views = project_phantom(shepp_logan(side / 2), ANGLES, side)
    ours = filtered_back_projection(views, ANGLES)[0]
    # Their angles turn the other way, seen from rows that grow downwards.
    theirs = iradon(views[:, 0].T.astype(np.float64), theta=-np.rad2deg(ANGLES), filter_name="ramp", circle=True)
    assert np.abs(ours - theirs)[inside(side)].max() < 2e-3 * ours.max()


def test_the_mean_and_the_values_of_the_head_phantom_come_out():
    side = 128
    truth = draw_slice(shepp_logan(side / 2), side) * side / 2
    angles = np.arange(2 * VIEWS) * math.pi / (2 * VIEWS)
    found = filtered_back_projection(project_phantom(shepp_logan(side / 2), angles, side), angles)[0] * side / 2
    where = inside(side)
    assert found[where].mean() == pytest.approx(truth[where].mean(), rel=0.005)
    assert math.sqrt(np.mean((found - truth)[where] ** 2)) < 0.035
    assert found[64, 64] == pytest.approx(0.2, abs=0.02)


def test_a_full_turn_gives_the_slice_of_half_a_turn():
    phantom, twice = shepp_logan(24), np.concatenate([ANGLES, ANGLES + math.pi])
    half = filtered_back_projection(project_phantom(phantom, ANGLES, 48), ANGLES)
    full = filtered_back_projection(project_phantom(phantom, twice, 48), twice)
    np.testing.assert_allclose(full[0][inside(48)], half[0][inside(48)], atol=1e-5 * half.max())


def test_a_centre_off_the_middle_gives_the_same_slice():
    phantom, where = shepp_logan(16), inside(40)
    truth = draw_slice(phantom, 40)
    errors = {}
    for seen, said in ((31.5, 31.5), (34.25, 34.25), (34.25, 31.5)):
        views = project_phantom(phantom, ANGLES, 64, centre=seen)
        errors[seen, said] = np.std((filtered_back_projection(views, ANGLES, centre=said, side=40)[0] - truth)[where])
    assert errors[34.25, 34.25] < 1.25 * errors[31.5, 31.5]
    assert errors[34.25, 31.5] > 1.5 * errors[31.5, 31.5]


def test_rows_threads_and_slabs_change_nothing():
    random = np.random.default_rng(3)
    views = random.normal(size=(10, 70, 33)).astype(np.float32)
    angles = np.arange(10) * math.pi / 10
    whole = filtered_back_projection(views, angles)
    np.testing.assert_array_equal(filtered_back_projection(views, angles, threads=2), whole)
    parts = [filtered_back_projection(views[:, first : first + 35], angles) for first in (0, 35)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


def test_pixels_beyond_the_radius_are_left_out_and_the_others_stay():
    views = project_phantom(shepp_logan(24), ANGLES, 48)
    whole, round_ = (filtered_back_projection(views, ANGLES, radius=radius)[0] for radius in (math.inf, 24))
    places = pixel_places(48)
    inside = np.hypot(places[:, None], places[None, :]) <= 24
    np.testing.assert_array_equal(round_[inside], whole[inside])
    assert not round_[~inside].any()


def test_mistakes_are_said():
    with pytest.raises(InputError, match=r"\(angle, row, column\)"):
        filtered_back_projection(np.zeros((4, 5)), np.zeros(4))
    with pytest.raises(InputError, match="the centre must lie on the detector, 0 to 4 px, got 9"):
        filtered_back_projection(np.zeros((4, 1, 5)), np.zeros(4), centre=9)
    with pytest.raises(InputError, match="4 views, got angles"):
        filtered_back_projection(np.zeros((4, 1, 5)), np.zeros(3))
