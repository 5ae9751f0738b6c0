"""The centre of scans with noise and stripes, how sure it is, and what is refused."""

import math
import os
from pathlib import Path

import numpy as np
import pytest

from tests.reconstruction.turned import full, half, head, turned
from vitsci_viz.errors import Cancelled, InputError, OptionError
from vitsci_viz.reconstruction.centre import Measurement, centres_of, chosen_rows, find_centre, measure_row, rank
from vitsci_viz.reconstruction.options import CentreOptions
from vitsci_viz.simulation.ellipses import Ellipsoid, project_phantom, shepp_logan
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Scan, ScanGeometry


def rows(phantom, angles, columns, centre, count=2, **faults):
    parts = [turned(phantom, angles, columns, centre, seed=7 * seed, **faults) for seed in range(count)]
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("centre", [42.2, 47.5, 55.1])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_half_a_turn_with_noise_and_stripes_is_centred_to_a_tenth_of_a_pixel(centre, noise):
    best = centres_of(rows(head(96), half(90), 96, centre, noise=noise, stripes=2 * noise), half(90))[0]
    assert best.centre_px == pytest.approx(centre, abs=0.1)
    assert best.method == "agreement"
    assert best.score == 1
    assert best.uncertainty_px < 0.1


def test_every_method_is_a_candidate_and_they_agree():
    found = centres_of(rows(head(96), half(90), 96, 50.0, noise=0.01), half(90))
    assert {c.method for c in found} == {"agreement", "registration", "sinogram", "sharpness", "entropy"}
    assert all(c.centre_px == pytest.approx(50.0, abs=0.15) for c in found)


@pytest.mark.parametrize("centre", [14.3, 30.0, 50.4, 79.7])
def test_a_full_turn_is_centred_anywhere_on_the_detector(centre):
    wide = head(96, 1.8) if abs(centre - 47.5) > 20 else head(96)
    best = centres_of(rows(wide, full(120), 96, centre, noise=0.01, stripes=0.02), full(120))[0]
    assert best.centre_px == pytest.approx(centre, abs=0.1)


def test_an_object_wider_than_the_detector_is_centred():
    best = centres_of(rows(head(96, 1.6), half(120), 96, 50.3, noise=0.01), half(120))[0]
    assert best.centre_px == pytest.approx(50.3, abs=0.15)


@pytest.mark.parametrize(("centre", "turn"), [(41.0, np.pi), (33.7, np.pi), (13.2, 2 * np.pi)])
def test_counts_of_a_drifting_beam_with_rings_and_wrong_pixels_are_centred(centre, turn):
    made = simulate_scan(
        ScanSettings(
            views=120,
            rows=6,
            columns=80,
            centre=centre,
            turn_rad=turn,
            rings=0.03,
            drift=0.1,
            dead_pixels=3,
            zingers=0.2,
        )
    )
    best = find_centre(made.scan)[0]
    assert best.centre_px == pytest.approx(centre, abs=0.1)
    assert best.confidence > 0.8


def test_views_in_any_order_and_with_the_end_of_the_turn_give_the_same_centre():
    angles = np.linspace(0, np.pi, 91)
    views = rows(head(64), angles, 64, 33.3)
    order = np.random.default_rng(0).permutation(91)
    straight, mixed = centres_of(views, angles)[0], centres_of(views[order], angles[order])[0]
    assert straight.centre_px == pytest.approx(33.3, abs=0.1)
    assert mixed.centre_px == pytest.approx(straight.centre_px, abs=0.05)


def test_a_disc_in_the_middle_is_centred_by_registration_at_least():
    disc = [Ellipsoid(value=0.1, radii=(20, 20, np.inf))]
    assert centres_of(rows(disc, half(60), 64, 33.0), half(60))[0].centre_px == pytest.approx(33.0, abs=0.2)


def test_air_is_said():
    noise = np.random.default_rng(0).normal(size=(60, 2, 64)) * 0.01
    stripes = np.random.default_rng(1).normal(size=(1, 2, 64)) * 0.05
    with pytest.raises(InputError, match="nothing but air: line integrals vary by"):
        centres_of(noise + stripes, half(60))
    with pytest.raises(InputError, match="nothing but air"):
        centres_of(np.zeros((60, 1, 64)), half(60))


def test_rows_of_air_do_not_count():
    air = np.random.default_rng(0).normal(size=(90, 1, 64)).astype(np.float32) * 0.003
    views = np.concatenate([air, turned(head(64), half(90), 64, 33.0), air], axis=1)
    best = centres_of(views, half(90))[0]
    assert best.centre_px == pytest.approx(33.0, abs=0.1)
    assert best.score == 1


def test_unreadable_samples_and_shapes_are_refused():
    views = np.ones((20, 1, 32))
    views[3, 0, 4] = np.nan
    with pytest.raises(InputError, match="1 are not: correct dead pixels"):
        centres_of(views, half(20))
    with pytest.raises(InputError, match=r"\(angle, row, column\), got \(20, 32\)"):
        centres_of(np.ones((20, 32)), half(20))
    with pytest.raises(InputError, match="20 views, got angles"):
        centres_of(turned(head(32), half(20), 32, 15.0), half(19))


def measured(*places):
    return [Measurement(centre_px=place, method=method, row=row) for row, (method, place) in enumerate(places)]


def test_candidates_are_ranked_by_what_agrees_and_those_off_the_detector_do_not_count():
    found = rank(
        measured(
            ("registration", 30.1), ("registration", 30.0), ("sinogram", 30.2), ("entropy", 12.0), ("entropy", -4)
        ),
        64,
    )
    assert [c.method for c in found] == ["agreement", "registration", "sinogram", "entropy"]
    assert found[0].centre_px == pytest.approx(30.1)
    assert found[0].score == pytest.approx(3 / 4)
    assert found[-1].score == pytest.approx(1 / 4)
    with pytest.raises(InputError, match="no method found a centre on the detector"):
        rank(measured(("registration", -3.0), ("entropy", 64.0)), 64)


def test_a_scan_gives_the_centre_on_its_middle_row_whatever_its_known_tilt():
    tilt = 0.02
    parts = [turned(head(64), half(60), 64, 32.0 + np.tan(tilt) * (row - 19.5)) for row in range(40)]
    geometry = ScanGeometry(angles_rad=half(60), tilt_rad=tilt)
    scan = Scan(projections=np.concatenate(parts, axis=1), geometry=geometry, are_line_integrals=True)
    said = []
    best = find_centre(scan, options=CentreOptions(centre_rows=3), progress=lambda *what: said.append(what))[0]
    assert best.centre_px == pytest.approx(32.0, abs=0.1)
    assert said == [("centre", 0, 3), ("centre", 1, 3), ("centre", 2, 3), ("centre", 3, 3)]


def test_work_stops_when_asked():
    scan = Scan.from_line_integrals(turned(head(32), half(30), 32, 15.0), angles_rad=half(30))

    def stop(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        find_centre(scan, progress=stop)


def test_a_range_may_be_given_and_must_lie_on_the_detector():
    scan = Scan.from_line_integrals(turned(head(64), half(60), 64, 40.0), angles_rad=half(60))
    assert find_centre(scan, options=CentreOptions(centre_range=(36, 44)))[0].centre_px == pytest.approx(40, abs=0.1)
    with pytest.raises(OptionError, match="must lie on the detector, 0 to 63 px, got 60 to 70"):
        find_centre(scan, options=CentreOptions(centre_range=(60, 70)))
    with pytest.raises(OptionError, match="must rise"):
        CentreOptions(centre_range=(9, 3))


def test_rows_are_spread_evenly():
    assert chosen_rows(1, 5) == [0]
    assert chosen_rows(2048, 4) == [256, 768, 1280, 1792]


@pytest.mark.data
def test_all_methods_agree_on_the_tooth():
    from vitsci_viz.io.scans import read_scan

    found = find_centre(read_scan(Path(os.environ["VITSCI_VIZ_DATA"]) / "ct_projections" / "tooth.h5"))
    assert len(found) == 5
    assert found[0].score == 1
    assert all(c.centre_px == pytest.approx(295.9, abs=0.25) for c in found)


@pytest.mark.parametrize("views", [1, 2, 7])
def test_too_few_views_for_any_method_ask_for_the_centre(views: int):
    angles = np.arange(views) * math.pi / 8
    sinograms = project_phantom(shepp_logan(28), angles, 64, centre=33.0)
    with pytest.raises(InputError, match="give it with --centre"):
        centres_of(sinograms, angles)


def test_a_detector_too_narrow_to_register_is_measured_by_the_other_methods():
    angles = np.arange(40) * math.pi / 40
    found = measure_row(project_phantom(shepp_logan(6), angles, 15, centre=7.5)[:, 0], angles)
    assert "registration" not in found
    assert found["sinogram"] == pytest.approx(7.5, abs=0.5)
