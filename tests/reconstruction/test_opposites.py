"""Views half a turn apart: who is opposite whom, and where they mirror."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.registration import phase_cross_correlation

from tests.reconstruction.turned import full, half, head, turned
from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.opposites import opposite_pairs, paired_views, register, vertex


@given(st.integers(2, 60), st.floats(-7, 7))
def test_every_view_of_an_even_full_turn_has_its_opposite(pairs, start):
    found = opposite_pairs(start + full(2 * pairs))
    assert len(found) == 2 * pairs
    where = np.where(np.abs(found.share) < 0.5, found.first, found.second)
    np.testing.assert_array_equal(where, (found.view + pairs) % (2 * pairs))
    np.testing.assert_allclose(np.minimum(np.abs(found.share), np.abs(found.share - 1)), 0, atol=1e-5)


@given(st.integers(5, 40))
def test_an_odd_full_turn_mixes_the_two_views_beside_the_opposite(half_count):
    found = opposite_pairs(full(2 * half_count + 1))
    assert len(found) == 2 * half_count + 1
    np.testing.assert_allclose(found.share, 0.5, atol=1e-6)
    assert (np.abs(found.first - found.second) % (2 * half_count - 1) == 1).all()


def test_half_a_turn_with_its_end_has_its_first_view_again():
    found = opposite_pairs(np.linspace(0, math.pi, 19))
    assert 0 in found.view.tolist()
    at = found.view.tolist().index(0)
    assert found.first[at] == 18
    assert found.share[at] == 0


def test_less_than_half_a_turn_has_no_opposites():
    assert len(opposite_pairs(np.deg2rad(np.arange(0, 150, 2)))) == 0


def test_the_continued_view_is_nearer_the_opposite_than_the_last_one():
    angles = half(80)
    views = turned(head(64), np.append(angles, math.pi), 64, 31.5)
    pairs = opposite_pairs(angles)
    at = pairs.view.tolist().index(0)
    _, opposite = paired_views(views[:-1], pairs)
    error = np.abs(opposite[at, 0] - views[-1, 0]).mean()
    assert error < 0.5 * np.abs(views[-2, 0] - views[-1, 0]).mean()


@settings(max_examples=25, deadline=None)
@given(st.floats(20, 43), st.integers(0, 99))
def test_the_place_of_the_mirror_is_found_between_pixels(centre, seed):
    places, random = np.arange(64.0), np.random.default_rng(seed)
    where, widths, heights = random.uniform(-12, 12, 6), random.uniform(1.5, 4, 6), random.uniform(0.2, 1, 6)
    straight, mirror = (
        (heights * np.exp(-((places[:, None] - centre - sign * where) ** 2) / (2 * widths**2))).sum(axis=1)[None]
        for sign in (1, -1)
    )
    found = register(straight, mirror)
    assert found.centre_px == pytest.approx(centre, abs=0.03)
    assert found.correlation > 0.95


def test_the_place_is_that_of_phase_correlation_by_others():
    views = turned(head(96), np.array([0.0, math.pi]), 96, 52.3)[:, 0]
    shift, *_ = phase_cross_correlation(views[:1], views[1:, ::-1], upsample_factor=50)
    theirs = 47.5 + shift[1] / 2
    ours = register(views[:1], views[1:]).centre_px
    assert ours == pytest.approx(theirs, abs=0.1)
    assert ours == pytest.approx(52.3, abs=0.05)


@pytest.mark.parametrize("centre", [14.4, 63.25])
def test_a_small_overlap_is_found_at_either_side(centre):
    angles = full(120)
    views = turned(head(140), angles, 80, centre, noise=0.01)
    found = register(*(part[:, 0] for part in paired_views(views, opposite_pairs(angles))))
    assert found.centre_px == pytest.approx(centre, abs=0.1)
    assert found.overlap_px == pytest.approx(1 + 2 * min(centre, 79 - centre), abs=0.2)


def test_rows_that_cannot_be_registered_are_refused():
    with pytest.raises(InputError, match="one shape"):
        register(np.zeros((2, 30)), np.zeros((3, 30)))
    with pytest.raises(InputError, match="16 columns or more"):
        register(np.zeros((2, 12)), np.zeros((2, 12)))
    with pytest.raises(InputError, match="must be searched, 0 to 29 px, got 40 to 50"):
        register(np.zeros((2, 30)), np.zeros((2, 30)), search_px=(40, 50))


@given(st.floats(-1.4, 1.4))
def test_the_vertex_of_a_parabola_is_exact(place):
    grid = np.linspace(-2, 2, 9)
    assert vertex(grid, 3 - (grid - place) ** 2) == pytest.approx(place, abs=1e-6)
