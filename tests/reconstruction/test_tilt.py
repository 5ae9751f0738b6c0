"""A leaning axis: found from opposite views, and put upright."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.centre import find_centre
from vitsci_viz.reconstruction.tilt import (
    estimate_tilt,
    find_tilt,
    level_rows,
    levelled_line_integrals,
    tilt_margin,
)
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Scan


def scanned(**settings):
    return simulate_scan(ScanSettings(**{"views": 90, "rows": 48, "columns": 64, "centre": 33.4, **settings}))


@pytest.mark.parametrize("turn", [math.pi, 2 * math.pi])
@pytest.mark.parametrize("degrees", [-2.0, 0.5])
def test_tilt_and_centre_are_recovered_from_counts_with_noise_rings_and_dead_pixels(turn, degrees):
    made = scanned(tilt_rad=math.radians(degrees), turn_rad=turn, rings=0.03, dead_pixels=3, drift=0.1)
    found = find_tilt(made.scan)
    assert math.degrees(found.tilt_rad) == pytest.approx(degrees, abs=0.15)
    assert found.centre_px == pytest.approx(33.4, abs=0.1)
    known = replace(made.scan, geometry=replace(made.scan.geometry, tilt_rad=found.tilt_rad))
    best = find_centre(known)[0]
    assert best.centre_px == pytest.approx(33.4, abs=0.1)
    assert best.score > 0.9


def test_an_upright_axis_is_said_to_be_one():
    found = find_tilt(scanned(turn_rad=2 * math.pi).scan)
    assert abs(math.degrees(found.tilt_rad)) < 0.1
    assert not replace(found, tilt_rad=found.uncertainty_rad).is_significant
    assert replace(found, tilt_rad=3 * found.uncertainty_rad).is_significant


def test_put_upright_the_scan_is_that_of_an_upright_axis():
    leaning, upright = scanned(tilt_rad=0.03), scanned()
    scan = Scan.from_line_integrals(leaning.true_line_integrals(), angles_rad=leaning.settings.angles_rad)
    views, _ = levelled_line_integrals(scan, slice(16, 32), centre=33.4, tilt_rad=0.03)
    truth, before = upright.true_line_integrals()[:, 16:32], leaning.true_line_integrals()[:, 16:32]

    def off(found):
        # Blurred, as no interpolation brings back the edges that pixels do not resolve.
        return float(np.abs(ndimage.gaussian_filter(found - truth, (0, 2, 2))[:, 5:-5, 5:-5]).mean())

    assert off(views) < 0.2 * off(before)


def test_rows_are_turned_as_by_others():
    view = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(40, 50)), 2).astype(np.float32)
    tilt, middle = 0.05, np.array([19.5, 24.0])
    matrix = np.array([[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]])
    theirs = ndimage.affine_transform(view, matrix, middle - matrix @ middle, order=3)
    ours = level_rows(view[None], slice(0, 40), first=0, total=40, centre=24.0, tilt_rad=tilt)[0]
    assert np.abs(ours - theirs)[5:-5, 5:-5].max() < 0.02 * np.abs(view).max()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 39), st.integers(1, 20), st.floats(-0.1, 0.1), st.floats(0, 29), st.integers(1, 3))
def test_blocks_with_their_margins_and_threads_give_the_same_rows(start, height, tilt, centre, threads):
    views = np.random.default_rng(1).normal(size=(3, 40, 30)).astype(np.float32)
    whole = level_rows(views, slice(0, 40), first=0, total=40, centre=centre, tilt_rad=tilt)
    stop, margin = min(40, start + height), tilt_margin(40, 30, centre, tilt)
    first, last = max(0, start - margin), min(40, stop + margin)
    part = level_rows(
        views[:, first:last], slice(start, stop), first=first, total=40, centre=centre, tilt_rad=tilt, threads=threads
    )
    np.testing.assert_array_equal(part, whole[:, start:stop])


def test_without_a_tilt_rows_stay_as_they_are():
    views = np.random.default_rng(1).normal(size=(2, 6, 8)).astype(np.float32)
    np.testing.assert_array_equal(
        level_rows(views[:, 2:], slice(3, 5), first=2, total=6, centre=3.0, tilt_rad=0.0), views[:, 3:5]
    )


def test_what_cannot_be_told_or_turned_is_said():
    with pytest.raises(InputError, match="needs 16 rows or more, got 5"):
        estimate_tilt(np.zeros((1, 5, 32)), np.zeros((1, 5, 32)))
    with pytest.raises(InputError, match="4 bands of rows that show an object from both sides, got 0"):
        estimate_tilt(np.zeros((1, 32, 32)), np.zeros((1, 32, 32)))
    with pytest.raises(InputError, match="half a turn apart, and the scan covers less"):
        find_tilt(Scan.from_line_integrals(np.zeros((9, 20, 32)), angles_rad=np.linspace(0, 1, 9)))
    with pytest.raises(InputError, match="rows 2 to 19 must be at hand to turn rows 10 to 11, got 10 to 11"):
        level_rows(np.zeros((1, 1, 32)), slice(10, 11), first=10, total=40, centre=15.5, tilt_rad=0.3)
