"""Quality of reconstructions: each score answers to what it is for, and to nothing else."""

import json
import math

import numpy as np
import pytest
from scipy import ndimage

from vitsci_viz.errors import InputError
from vitsci_viz.io.scans import read_scan
from vitsci_viz.reconstruction.fourier import fourier_reconstruction
from vitsci_viz.reconstruction.offset import widen
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.quality import assess
from vitsci_viz.reconstruction.quality_artefacts import ring_strength, streak_strength
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan

SIDE, VIEWS = 80, 120
ANGLES = np.arange(VIEWS) * math.pi / VIEWS


def noisy(noise: float, *, rings: float = 0.0, angles: np.ndarray = ANGLES, seed: int = 0) -> np.ndarray:
    """Line integrals of the head in three rows, with noise and with columns that read too much or too little."""
    random = np.random.default_rng(seed)
    lines = project_phantom(shepp_logan(0.45 * SIDE), angles, SIDE, z=np.zeros(3))
    stripes = rings * random.normal(size=(1, 3, SIDE))
    return lines + stripes + noise * random.normal(size=lines.shape)


def test_noise_coarsens_the_resolution_and_lowers_the_contrast():
    clean, worse, worst = (assess(noisy(noise), ANGLES) for noise in (0.001, 0.1, 0.3))
    assert clean.is_pixel_limited
    assert clean.resolution_px == 2
    assert 2 < worse.resolution_px < worst.resolution_px
    assert worse.resolution_seventh_px <= worse.resolution_px
    ratios = [quality.noise.contrast_to_noise or 0.0 for quality in (clean, worse, worst)]
    assert ratios == sorted(ratios, reverse=True)


def test_the_noise_told_is_that_of_the_reconstruction():
    clean = filtered_back_projection(noisy(0.0), ANGLES)
    found = filtered_back_projection(noisy(0.1), ANGLES)
    places = np.arange(SIDE) - (SIDE - 1) / 2
    where = np.hypot(places[:, None], places[None, :]) < SIDE / 2
    assert assess(noisy(0.1), ANGLES).noise.deviation == pytest.approx((found - clean)[:, where].std(), rel=0.1)


def test_ring_level_grows_with_rings_and_not_with_noise():
    levels = {
        rings: ring_strength(filtered_back_projection(noisy(0.01, rings=rings), ANGLES)).level
        for rings in (0.0, 0.01, 0.02, 0.04)
    }
    assert levels[0.0] < levels[0.01] / 4
    assert levels[0.04] == pytest.approx(2 * levels[0.02], rel=0.15)
    scores = [ring_strength(filtered_back_projection(noisy(noise), ANGLES)).score for noise in (0.01, 0.1)]
    ringed = ring_strength(filtered_back_projection(noisy(0.01, rings=0.04), ANGLES)).score
    assert ringed > 4 * max(scores)


def test_half_rings_are_found_from_where_the_scan_begins():
    turned = ANGLES + 1.0
    slices = filtered_back_projection(noisy(0.01, rings=0.03, angles=turned), turned)
    told, untold = ring_strength(slices, start_rad=1.0), ring_strength(slices)
    assert told.score > 1.15 * untold.score


def test_the_start_of_the_scan_reaches_the_score():
    scores = [assess(noisy(0.01, rings=0.03, angles=angles), angles).rings.score for angles in (ANGLES, ANGLES + 1.0)]
    assert scores[1] == pytest.approx(scores[0], rel=0.1)


def test_a_small_thing_on_the_axis_is_no_ring():
    places = np.arange(SIDE) - (SIDE - 1) / 2
    thing = 1.0 * (np.hypot(places[:, None], places[None, :]) < 2)
    assert ring_strength(thing[None]).level < 0.01


def test_noise_has_no_streaks_whatever_its_spectrum():
    white = np.random.default_rng(0).normal(size=(3, SIDE, SIDE))
    coloured = ndimage.gaussian_filter(white, (0, 1.5, 1.5))
    assert streak_strength(coloured) < 1.3 * streak_strength(white) < 0.2


def test_drawn_rings_have_the_level_they_were_drawn_with():
    places = np.arange(SIDE) - (SIDE - 1) / 2
    drawn = 0.3 * np.cos(2 * math.pi / 5 * np.hypot(places[:, None], places[None, :]))
    found = ring_strength(drawn[None])
    # Reading between pixels takes some.
    assert 0.75 < found.level / (0.3 / math.sqrt(2)) < 1.0
    assert ring_strength(drawn[None] * 10 + 5).score == pytest.approx(found.score)


def test_streaks_answer_to_too_few_views_and_to_a_bad_one():
    few = np.arange(15) * math.pi / 15
    many = streak_strength(filtered_back_projection(noisy(0.005), ANGLES))
    assert streak_strength(filtered_back_projection(noisy(0.005, angles=few), few)) > 3 * many
    spoilt = noisy(0.005)
    spoilt[40] += 0.2 * np.random.default_rng(1).normal(size=spoilt[40].shape)
    assert streak_strength(filtered_back_projection(spoilt, ANGLES)) > 1.3 * many


@pytest.mark.parametrize("scale", [0.01, 100.0])
def test_scores_do_not_depend_on_the_unit(scale):
    slices = filtered_back_projection(noisy(0.01, rings=0.01), ANGLES)
    assert ring_strength(scale * slices).score == pytest.approx(ring_strength(slices).score, rel=1e-4)
    assert streak_strength(scale * slices) == pytest.approx(streak_strength(slices), rel=1e-4)


def test_any_reconstruction_is_judged_alike_and_results_are_plain():
    lines = noisy(0.1)
    back = assess(lines, ANGLES, pixel_mm=0.02)
    direct = assess(lines, ANGLES, reconstruct=fourier_reconstruction)
    assert direct.resolution_px == pytest.approx(back.resolution_px, rel=0.15)
    assert back.resolution_mm == pytest.approx(0.02 * back.resolution_px)
    assert direct.resolution_mm is None
    results = json.loads(json.dumps(back.results()))
    assert results["resolution_px"] == back.resolution_px
    assert len(results["ring_correlation"]["correlation"]) == len(results["ring_correlation"]["half_bit"])


def test_noise_alone_resolves_nothing():
    lines = np.random.default_rng(0).normal(size=(VIEWS, 3, SIDE))
    assert assess(lines, ANGLES).resolution_px > SIDE / 4
    assert assess(np.zeros((VIEWS, 1, SIDE)), ANGLES).noise.contrast_to_noise is None


def test_too_few_views_for_halves_are_told_from_noise():
    many, few = np.arange(600) * math.pi / 600, np.arange(30) * math.pi / 30
    noisiest, fewest = (assess(noisy(noise, angles=a), a) for noise, a in ((0.7, many), (0.001, few)))
    assert noisiest.half_scan_period_px == 2, "300 views of 80 px"
    assert not noisiest.is_view_limited
    assert noisiest.resolution_px > 2.5
    assert fewest.half_scan_period_px == pytest.approx(math.pi * SIDE / 15)
    assert fewest.is_view_limited
    assert fewest.resolution_px > 2.5


def test_a_full_turn_has_no_more_directions_than_half_a_turn():
    twice = np.concatenate([ANGLES, ANGLES + math.pi])
    half, full = assess(noisy(0.01), ANGLES), assess(noisy(0.01, angles=twice), twice)
    expected = pytest.approx(math.pi * SIDE / (VIEWS / 2))
    assert full.half_scan_period_px == expected
    assert half.half_scan_period_px == expected


def test_opposite_views_that_nearly_coincide_are_one_direction():
    angles = np.linspace(0, 2 * math.pi, 2 * VIEWS + 1)
    uneven = angles + np.random.default_rng(5).normal(0, 1e-5, len(angles))
    period = assess(noisy(0.01, angles=angles), uneven).half_scan_period_px
    assert period == pytest.approx(math.pi * SIDE / (VIEWS / 2), rel=0.02)


def test_an_offset_scan_is_judged_like_the_wide_one_over_half_a_turn():
    turn = np.arange(2 * VIEWS) * math.pi / VIEWS
    wide = assess(noisy(0.1), ANGLES)
    seen = assess(*_widened(noisy(0.1, angles=turn)[..., 30:], turn, (SIDE - 1) / 2 - 30))
    assert seen.resolution_px == pytest.approx(wide.resolution_px, rel=0.2)
    assert seen.noise.deviation == pytest.approx(wide.noise.deviation, rel=0.1)
    assert seen.half_scan_period_px == pytest.approx(wide.half_scan_period_px)


def _widened(lines: np.ndarray, turn: np.ndarray, centre: float) -> tuple[np.ndarray, np.ndarray]:
    views, middle = widen(lines, turn, centre)
    assert middle == (views.shape[2] - 1) / 2
    return views, turn


@pytest.mark.data
def test_both_methods_make_the_same_slice_of_a_real_tooth(data_dir):
    scan = read_scan(data_dir / "ct_projections" / "tooth.h5")
    assert scan.flats is not None
    assert scan.darks is not None
    flat, dark = (np.asarray(frames[:], np.float32).mean(axis=0) for frames in (scan.flats, scan.darks))
    lines = -np.log(np.maximum((scan.projections[:] - dark) / (flat - dark), 1e-4))
    angles = scan.geometry.angles_rad
    back = filtered_back_projection(lines, angles, centre=296.0)
    direct = fourier_reconstruction(lines, angles, centre=296.0)
    places = np.arange(640) - 319.5
    where = np.hypot(places[:, None], places[None, :]) < 290
    assert np.sqrt(np.mean((direct - back)[:, where] ** 2)) < 0.02 * np.ptp(back[:, where])
    quality = assess(lines, angles, centre=296.0)
    assert quality.is_view_limited, "181 views of 640 px"
    assert quality.resolution_px < quality.half_scan_period_px


def test_mistakes_are_said():
    with pytest.raises(InputError, match="4 views or more"):
        assess(np.zeros((3, 2, 16)), np.zeros(3))
    with pytest.raises(InputError, match="must be finite"):
        assess(np.full((VIEWS, 1, SIDE), math.nan), ANGLES)
    with pytest.raises(InputError, match="squares of 16 pixels or more"):
        ring_strength(np.zeros((2, 8, 8)))
    with pytest.raises(InputError, match="squares of 16 pixels or more"):
        streak_strength(np.zeros((16, 16)))
