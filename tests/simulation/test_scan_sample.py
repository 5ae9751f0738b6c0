"""Simulated scans: counts that give the exact line integrals back, and faults where they were asked for."""

import math
from dataclasses import replace

import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.core_phantom import core_phantom
from vitsci_viz.simulation.ellipses import Ellipsoid, draw_slice, pixel_places, project_phantom
from vitsci_viz.simulation.scan_sample import FULL, MadeScan, ScanSettings, detector_views, simulate_scan

SMALL = ScanSettings(views=24, rows=4, columns=48, centre=24.6)
QUIET = replace(SMALL, has_noise=False, photons=30_000)


def transmission(made: MadeScan) -> np.ndarray:
    """Views over flats interpolated in time, as a textbook has it."""
    scan = made.scan
    views, flats, darks = (np.asarray(part, np.float64) for part in (scan.projections, scan.flats, scan.darks))
    dark = darks.mean(axis=0)
    before, after = (flats[scan.flat_places == place].mean(axis=0) - dark for place in np.unique(scan.flat_places))
    share = ((np.arange(scan.views) + 0.5) / scan.views)[:, None, None]
    return (views - dark) / (before * (1 - share) + after * share)


@pytest.mark.parametrize("drift", [0.0, 0.3])
def test_counts_without_noise_give_the_line_integrals_back_within_their_rounding(drift):
    made = simulate_scan(replace(QUIET, drift=drift))
    np.testing.assert_allclose(-np.log(transmission(made)), made.true_line_integrals(), atol=2e-3)


def test_noise_is_that_of_counted_photons():
    made = simulate_scan(replace(SMALL, views=200, photons=5_000, flats=400))
    wrong = transmission(made) / np.exp(-made.true_line_integrals()) - 1
    flat = np.asarray(made.scan.flats, np.float64).mean(axis=0) - 100
    expected = 1 / np.sqrt(flat * np.exp(-made.true_line_integrals()))
    assert np.std(wrong / expected) == pytest.approx(1, abs=0.03)
    assert abs(np.mean(wrong / expected)) < 0.03


def test_a_tilted_axis_moves_with_the_row_as_its_geometry_says():
    tilt = math.radians(4)
    made = replace(QUIET, rows=33, tilt_rad=tilt)
    rod = (Ellipsoid(value=1.0, radii=(15, 15, math.inf)),)
    views = detector_views(rod, made, made.angles_rad)
    places = (views * np.arange(made.columns)).sum(axis=2) / views.sum(axis=2)
    expected = made.axis + math.tan(tilt) * pixel_places(made.rows)
    np.testing.assert_allclose(places, np.broadcast_to(expected, places.shape), atol=0.08)


def test_without_a_tilt_the_detector_sees_what_the_phantom_projects():
    ball = (Ellipsoid(value=0.1, centre=(5, -3, 1), radii=(8, 6, 4)),)
    expected = project_phantom(ball, QUIET.angles_rad, QUIET.columns, centre=QUIET.axis, z=pixel_places(QUIET.rows))
    np.testing.assert_allclose(detector_views(ball, QUIET, QUIET.angles_rad), expected, atol=1e-6)


def test_a_tilt_is_a_turn_of_the_detector_about_the_axis():
    tilt = 0.3
    ball = (Ellipsoid(value=1.0, centre=(0, 0, 6), radii=(5, 5, 5)),)
    made = replace(QUIET, rows=41, columns=41, centre=20.0, tilt_rad=tilt, views=1)
    view = detector_views(ball, made, made.angles_rad)[0]
    weight = view / view.sum()
    across, down = (weight.sum(axis=axis) @ pixel_places(41) for axis in (0, 1))
    assert (across, down) == pytest.approx((6 * math.sin(tilt), 6 * math.cos(tilt)), abs=0.02)


def test_slices_come_back_from_the_counts():
    made = simulate_scan(replace(QUIET, views=120, columns=64, centre=30.3, rows=2))
    found = filtered_back_projection(made.true_line_integrals(), made.settings.angles_rad, centre=30.3)
    inside = np.hypot(*np.meshgrid(pixel_places(64), pixel_places(64))) < 20
    wrong = (found - made.true_slices() * made.settings.pixel_mm)[:, inside]
    assert np.abs(wrong.mean()) < 5e-4
    assert wrong.std() < 0.25 * made.phantom[0].value


def test_faults_are_where_they_are_said_to_be():
    made = simulate_scan(replace(SMALL, dead_pixels=3, stuck_pixels=2))
    views = np.asarray(made.scan.projections)
    assert ((views == 0).all(axis=0).sum(), (views == FULL).all(axis=0).sum()) == (3, 2)
    np.testing.assert_array_equal((views == 0).all(axis=0) | (views == FULL).all(axis=0), made.is_bad)
    assert ((np.asarray(made.scan.flats) == 0) == (views == 0).all(axis=0)).all()


def test_rings_touch_some_columns_of_the_views_and_none_of_the_flats():
    plain, ringed = simulate_scan(replace(QUIET, columns=96)), simulate_scan(replace(QUIET, columns=96, rings=0.05))
    np.testing.assert_array_equal(plain.scan.flats, ringed.scan.flats)
    share = transmission(ringed) / transmission(plain) - 1
    is_ring = np.abs(share.mean(axis=(0, 1))) > 0.01
    assert 1 <= is_ring.sum() <= 15
    np.testing.assert_allclose(np.abs(share.mean(axis=(0, 1)))[is_ring], 0.05, atol=2e-3)


def test_specks_are_as_many_as_asked_for():
    plain, specked = simulate_scan(SMALL), simulate_scan(replace(SMALL, zingers=3.0))
    difference = np.asarray(specked.scan.projections, np.int64) - np.asarray(plain.scan.projections)
    assert (difference > SMALL.photons / 2).sum() == pytest.approx(3 * SMALL.views, rel=0.35)


def test_equal_seeds_count_alike_and_others_do_not():
    first, again, other = (simulate_scan(replace(SMALL, seed=seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.scan.projections, again.scan.projections)
    assert (np.asarray(first.scan.projections) != np.asarray(other.scan.projections)).any()


def test_the_scan_does_not_know_what_has_to_be_found():
    made = simulate_scan(replace(SMALL, tilt_rad=0.01))
    assert (made.scan.geometry.centre, made.scan.geometry.tilt_rad) == (None, 0.0)
    assert (made.true_geometry().centre, made.true_geometry().tilt_rad) == (24.6, 0.01)


def test_a_core_holds_stones_and_empty_voids_that_do_not_touch():
    bodies = core_phantom(48, 16, seed=3)
    mortar = bodies[0].value
    slices = np.stack([draw_slice(bodies, 96, z, samples=1) for z in pixel_places(32)])
    assert slices.min() == pytest.approx(0, abs=1e-12)
    assert mortar * 1.2 < slices.max() <= mortar * 1.6 + 1e-12
    middle = np.hypot(*np.meshgrid(pixel_places(96), pixel_places(96))) < 36
    assert 0.005 < (slices[:, middle] < mortar / 2).mean() < 0.3


def test_a_scan_can_be_stopped():
    def stop(stage: str, done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        simulate_scan(SMALL, progress=stop)


@pytest.mark.parametrize("wrong", [{"views": 0}, {"flats": -1}, {"photons": 1e6}])
def test_settings_that_no_detector_has_are_refused(wrong):
    with pytest.raises(InputError, match="got"):
        ScanSettings(**wrong)
