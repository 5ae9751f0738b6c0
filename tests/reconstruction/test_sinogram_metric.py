"""The metric of a sinogram: lowest at the centre, where another library's is."""

import math

import numpy as np
import pytest
from algotom.prep.calculation import find_center_vo

from tests.reconstruction.turned import half, head, turned
from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.opposites import vertex
from vitsci_viz.reconstruction.sinogram_metric import half_turn, sinogram_metric

GRID = np.arange(40, 58, 0.25)


@pytest.mark.parametrize("centre", [44.0, 47.5, 52.3])
@pytest.mark.parametrize(("size", "within"), [(0.8, 0.1), (1.6, 0.35)])
def test_it_is_lowest_at_the_centre_of_small_objects_and_near_it_of_those_wider_than_the_detector(centre, size, within):
    curve = sinogram_metric(turned(head(96, size), half(90), 96, centre, noise=0.01)[:, 0], GRID)
    assert vertex(GRID, -curve) == pytest.approx(centre, abs=within)


def test_the_centre_is_that_of_the_metric_by_others():
    views = turned(head(96), half(180), 96, 50.6, noise=0.01)[:, 0]
    theirs = find_center_vo(views, ncore=1)
    ours = vertex(GRID, -sinogram_metric(views, GRID))
    assert ours == pytest.approx(float(theirs), abs=0.25)


@pytest.mark.parametrize(("columns", "views"), [(64, 60), (160, 200)])
def test_more_noise_than_jump_hides_no_centre(columns, views):
    centre = columns / 2 + 2.3
    grid = round(centre) + np.arange(-3, 3.1, 0.25)
    curve = sinogram_metric(turned(head(columns), half(views), columns, centre, noise=0.05)[:, 0], grid)
    assert vertex(grid, -curve) == pytest.approx(centre, abs=0.25)


def test_noise_favours_no_part_of_a_pixel():
    noise = np.random.default_rng(0).normal(size=(200, 96)).astype(np.float32)
    curve = sinogram_metric(noise, np.array([40.0, 40.25, 40.5, 40.75, 41.0]))
    assert np.ptp(curve) < 0.02 * curve.mean()


def test_the_first_half_turn_has_no_view_twice():
    angles = np.linspace(0, math.pi, 31)
    assert half_turn(angles).tolist() == list(range(30))
    assert half_turn(np.append(angles[:-1], angles[:-1] + math.pi)).tolist() == list(range(30))
    assert half_turn(angles[::-1]).tolist() == list(range(30, 0, -1))


def test_centres_off_the_detector_and_too_few_views_are_refused():
    with pytest.raises(InputError, match="0 to 31 px, got -1 to 5"):
        sinogram_metric(np.ones((20, 32), np.float32), np.array([-1.0, 5.0]))
    with pytest.raises(InputError, match="8 views or more, got 5"):
        sinogram_metric(np.ones((5, 32), np.float32), np.array([15.0]))
