"""Branching tubes: rays through them, and how they end."""

import numpy as np
import pytest

from vitsci_viz.simulation.branches import Growth, depth_inside, grow_branches, path_length
from vitsci_viz.simulation.lattice import Window

WINDOW = Window(0, 0, 40, 60)
TUBE = [(20.0, -10.0, 20.0, 70.0, 5.0, 5.0)]
GROWTH = Growth(step=2.0, bend=0.4, fork=0.1, thinning=(0.95, 0.02), least_radius=0.8)


def test_a_ray_through_a_straight_tube_is_as_long_as_its_chord() -> None:
    rows = np.arange(40) - 20
    chord = 2 * np.sqrt(np.maximum(25 - rows**2, 0))
    np.testing.assert_allclose(path_length(TUBE, WINDOW), np.repeat(chord[:, None], 60, axis=1), atol=1e-9)


def test_pixels_are_inside_where_a_ray_has_length() -> None:
    segments = grow_branches([(20, 5, 0.0, 4.0)], (40, 60), GROWTH, seed=4)
    assert ((depth_inside(segments, WINDOW) > 0) == (path_length(segments, WINDOW) > 0)).all()


def test_a_tube_tapers_along_its_length() -> None:
    wide, thin = depth_inside([(20.0, 0.0, 20.0, 60.0, 6.0, 2.0)], WINDOW)[20, [0, 59]]
    assert wide == pytest.approx(6.0)
    assert thin == pytest.approx(2 + 4 / 60)


def test_branches_end_when_they_are_thin() -> None:
    segments = grow_branches([(200, 200, 0.0, 4.0)], (400, 400), GROWTH, seed=1)
    thinnest = min(segment[5] for segment in segments)
    assert 0.8 * 0.72 * 0.95 * 0.95 <= thinnest < 0.8
    assert max(segment[5] for segment in segments) < 4.0


def test_branches_that_leave_the_image_grow_no_further() -> None:
    segments = grow_branches([(20, 58, 0.0, 4.0)], (40, 60), GROWTH, seed=1)
    assert max(segment[3] for segment in segments) <= 60 + 2 * GROWTH.step
