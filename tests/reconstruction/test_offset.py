"""Offset scans: joined, they are the wide normal scan."""

import math

import numpy as np
import pytest
from algotom.prep.calculation import find_center_360
from hypothesis import given
from hypothesis import strategies as st

from tests.reconstruction.turned import full, half, head, turned
from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.centre import centres_of
from vitsci_viz.reconstruction.offset import is_full_turn, overlap_of, overlap_weights, widen
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection


@given(st.integers(20, 200), st.floats(0, 1))
def test_opposite_columns_add_up_to_two(columns, place):
    # A whole or half pixel puts every column on its mirror image.
    centre = round(2 * place * (columns - 1)) / 2
    weights = overlap_weights(columns, centre)
    mirror = 2 * centre - np.arange(columns)
    seen = (mirror >= 0) & (mirror <= columns - 1)
    np.testing.assert_allclose(weights[seen] + weights[mirror[seen].astype(int)], 2, atol=1e-12)
    np.testing.assert_allclose(weights[~seen], 2, atol=1e-12)


@given(st.integers(20, 200), st.floats(0, 1))
def test_the_wide_detector_holds_every_column_and_no_more_than_one_to_spare(columns, place):
    centre = place * (columns - 1)
    overlap = overlap_of(columns, centre)
    assert overlap.width_px - 1 < 2 * columns - overlap.overlap_px <= overlap.width_px + 1e-6
    wide, moved = widen(np.ones((8, 1, columns)), full(8), centre)
    assert wide.shape[2] == overlap.width_px
    assert abs(moved - (overlap.width_px - 1) / 2) <= 0.5 + 1e-9
    assert wide.sum() == pytest.approx(8 * overlap_weights(columns, centre).sum(), rel=1e-5)


def test_sides_are_told_apart():
    assert [overlap_of(100, centre).side for centre in (5.0, 49.5, 60.0, 94.0)] == ["left", "middle", "middle", "right"]


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_offset_scan_gives_the_slice_of_the_wide_normal_one(side):
    width, seen, views = 96, 58, 180
    angles = full(views)
    whole = turned(head(width, 0.95), angles, width, (width - 1) / 2)
    part = whole[..., width - seen :] if side == "left" else whole[..., :seen]
    centre = (width - 1) / 2 - (width - seen if side == "left" else 0)
    assert overlap_of(seen, centre).side == side
    expected = filtered_back_projection(whole[: views // 2], angles[: views // 2], side=width)
    wide, moved = widen(part, angles, centre)
    found = filtered_back_projection(wide, angles, centre=moved, side=width)
    inside = np.hypot(*np.indices((width, width)) - (width - 1) / 2) < width / 2 - 2
    assert np.abs(found - expected)[0][inside].max() < 1e-3 * expected.max()


@pytest.mark.parametrize("centre", [22.3, 130.1])
def test_centre_and_side_are_those_by_others(centre):
    views = turned(head(240, 0.95), full(180), 160, centre, noise=0.01)
    theirs, _, side, _ = find_center_360(views[:, 0], 20, ncore=1)
    ours = centres_of(views, full(180))[0].centre_px
    assert overlap_of(160, ours).side == ("left", "right")[int(side)]
    assert ours == pytest.approx(float(theirs), abs=0.5)
    assert ours == pytest.approx(centre, abs=0.1)


def test_a_beam_that_differs_between_opposite_views_leaves_no_sharp_ring():
    views, seen = 180, 58
    brighter = np.where(full(views) < math.pi, 0.1, 0.0)[:, None, None]
    wide, moved = widen(np.broadcast_to(brighter, (views, 1, seen)), full(views), 9.5)
    joined = wide[:90, 0] + wide[90:, 0, ::-1]
    assert np.abs(np.diff(joined[0, 2:-2])).max() < 0.2 / 10
    assert moved == pytest.approx(47.5)


def test_half_a_turn_is_no_offset_scan():
    assert not is_full_turn(half(90))
    assert not is_full_turn(np.linspace(0, math.pi, 90))
    assert is_full_turn(np.linspace(0, 2 * math.pi, 90))
    assert is_full_turn(np.linspace(0, 4 * math.pi, 181) + np.random.default_rng(1).normal(0, 1e-5, 181))
    assert is_full_turn(full(90)[np.random.default_rng(0).permutation(90)])
    with pytest.raises(InputError, match="must cover a full turn"):
        widen(np.zeros((90, 1, 20)), half(90), 3.0)
    with pytest.raises(InputError, match="0 to 19 px, got -1"):
        overlap_of(20, -1.0)
