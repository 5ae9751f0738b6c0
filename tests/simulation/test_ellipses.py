"""Phantoms of ellipses: line integrals against formulas by hand, masses, and another library's projector."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import radon

from vitsci_viz.errors import InputError
from vitsci_viz.simulation.ellipses import Ellipsoid, draw_slice, project_phantom, shepp_logan

ANGLES = np.linspace(0, math.pi, 7, endpoint=False)
bodies = st.builds(
    Ellipsoid,
    value=st.floats(0.1, 2),
    centre=st.tuples(st.floats(-8, 8), st.floats(-8, 8), st.just(0.0)),
    radii=st.tuples(st.floats(2, 9), st.floats(2, 9), st.just(math.inf)),
    turn_rad=st.floats(-3, 3),
)


def test_a_line_through_a_disc_is_as_long_as_its_chord():
    t = np.linspace(-6, 6, 25)
    found = Ellipsoid(value=2.0, radii=(5, 5, math.inf)).line_integrals(ANGLES, t, 0.0)
    chord = 2 * 2 * np.sqrt(np.maximum(25 - t**2, 0))
    np.testing.assert_allclose(found, np.repeat(chord[None], 7, axis=0), atol=1e-6)


@given(bodies)
def test_every_view_holds_the_whole_mass(body):
    t = np.linspace(-32, 32, 4001)
    mass = np.trapezoid(body.line_integrals(ANGLES, t, 0.0), t, axis=1)
    np.testing.assert_allclose(mass, body.value * math.pi * body.radii[0] * body.radii[1], rtol=2e-3)


@given(bodies, st.floats(-1, 1))
def test_a_body_turned_about_the_axis_is_seen_the_same_from_an_angle_turned_as_much(body, turn):
    x, y, z = body.centre
    cosine, sine = math.cos(turn), math.sin(turn)
    turned = Ellipsoid(
        value=body.value, radii=body.radii, turn_rad=body.turn_rad + turn,
        centre=(x * cosine - y * sine, x * sine + y * cosine, z),
    )  # fmt: skip
    t = np.linspace(-20, 20, 101)
    first, second = body.line_integrals(ANGLES, t, 0.0), turned.line_integrals(ANGLES + turn, t, 0.0)
    np.testing.assert_allclose(first**2, second**2, atol=1e-6)


def test_a_plane_cuts_a_ball_in_a_smaller_disc_and_passes_by_beyond_it():
    ball = Ellipsoid(value=1.0, radii=(5, 5, 5))
    assert ball.section(3.0) == (4.0, 4.0)
    assert ball.section(6.0) == (0.0, 0.0)
    assert not ball.line_integrals(ANGLES, np.zeros(1), 6.0).any()


@given(bodies)
def test_a_drawn_slice_has_the_mass_of_the_body(body):
    area = math.pi * body.radii[0] * body.radii[1]
    assert draw_slice([body], 40, samples=8).sum() == pytest.approx(body.value * area, rel=0.01)


def test_projections_are_those_of_a_projector_by_others():
    side = 65
    phantom = [Ellipsoid(value=1.0, centre=(9.0, -5.0, 0.0), radii=(12, 7, math.inf), turn_rad=0.4)]
    theirs = radon(draw_slice(phantom, side), theta=np.rad2deg(-ANGLES), circle=True).T
    ours = project_phantom(phantom, ANGLES, side)[:, 0]
    assert np.abs(ours - theirs).mean() < 0.02 * ours.mean()


def test_the_head_phantom_has_the_published_values_the_right_way_up():
    drawn = draw_slice(shepp_logan(64), 128) * 64
    assert drawn[2:8, 64].max() == pytest.approx(1.0)
    assert drawn[64, 64] == pytest.approx(0.2)
    upper, lower = 64 - round(0.35 * 64), 64 + round(0.605 * 64)
    assert drawn[upper, 64] == pytest.approx(0.3), "the large ball lies in the upper half"
    assert drawn[lower, 64] > 0.2, "the three small ones in the lower"


def test_the_round_head_ends_where_its_ellipsoid_does():
    views = project_phantom(shepp_logan(32, is_flat=False), ANGLES, 64, z=np.array([0.0, 20.0, 30.0]))
    assert views.shape == (7, 3, 64)
    assert views[:, 0].sum() > views[:, 1].sum() > 0
    assert not views[:, 2].any()


def test_an_ellipsoid_without_width_is_refused():
    with pytest.raises(InputError, match="semi-axes of an ellipsoid must be positive"):
        Ellipsoid(value=1.0, radii=(0.0, 1.0, 1.0))
