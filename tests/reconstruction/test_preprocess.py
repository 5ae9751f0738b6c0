"""From counts to line integrals: exact, the same in any blocks, and what is wrong found and counted."""

import dataclasses
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reconstruction.counted import BEAM, angles, counted, exact
from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.params import fields_of
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.reconstruction.preprocess import (
    Corrections,
    line_integrals,
    row_margin,
    together,
    work_bytes,
)
from vitsci_viz.simulation.scan_sample import ScanSettings, simulate_scan
from vitsci_viz.types import Scan

EVERYTHING = slice(None)


def changed(scan: Scan, **arrays: np.ndarray) -> Scan:
    return dataclasses.replace(scan, **arrays)


def error(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.mean((found - truth) ** 2)))


def test_line_integrals_come_back_from_counts_without_noise():
    found, corrections = line_integrals(counted(exact(), seed=None), EVERYTHING)
    np.testing.assert_allclose(found, exact(), atol=2e-5)
    assert found.dtype == np.float32
    assert corrections == Corrections(samples=found.size)


def test_whole_numbers_and_noise_are_within_what_photons_allow():
    truth = exact()
    found, corrections = line_integrals(counted(truth, dtype=np.uint16), EVERYTHING)
    expected = np.sqrt(np.mean(np.exp(truth) / BEAM * (1 + 100 / (BEAM * np.exp(-truth)))))
    assert error(found, truth) < 1.3 * expected
    assert corrections.outliers == corrections.dead == corrections.stuck == 0


def test_flats_in_time_follow_a_beam_that_fades():
    scan = counted(exact(), drift=-0.3, seed=None)
    assert error(line_integrals(scan, EVERYTHING)[0], exact()) < 1e-4
    mean = line_integrals(scan, EVERYTHING, PreprocessOptions(flats_in_time="mean"))[0]
    assert error(mean, exact()) > 0.05


def test_air_follows_a_beam_that_flats_do_not_know_of():
    scan = counted(exact(), seed=None)
    flicker = np.random.default_rng(0).uniform(0.7, 1.1, (60, 1, 1)).astype(np.float32)
    slope = 1 + 0.1 * np.linspace(-1, 1, 64, dtype=np.float32)
    counts = (scan.projections[:] - 100) * flicker * slope + 100
    assert error(line_integrals(changed(scan, projections=counts), EVERYTHING)[0], exact()) > 0.1
    found, _ = line_integrals(changed(scan, projections=counts), EVERYTHING, PreprocessOptions(air=3))
    assert error(found, exact()) < 0.005


def test_air_stands_in_for_missing_flats():
    even = np.exp(-exact()) * BEAM + 100
    scan = changed(counted(exact()), projections=even, flats=None, flat_places=None)
    with pytest.raises(InputError, match="set air to the columns"):
        line_integrals(scan, EVERYTHING)
    found, _ = line_integrals(scan, EVERYTHING, PreprocessOptions(air=3))
    assert error(found, exact()) < 0.01


CASES = {
    "plain": PreprocessOptions(),
    "rings": PreprocessOptions(rings="sorting", ring_size=9),
    "hardening": PreprocessOptions(hardening=(1.0, 0.1), air=2),
}


@settings(max_examples=10)
@given(st.sampled_from(sorted(CASES)), st.integers(1, 5), st.integers(1, 3))
def test_any_blocks_and_threads_give_the_same_numbers(case, size, threads):
    scan = counted(exact(30, 6, 40), drift=0.1)
    scan.projections[5, 3, 10] = np.nan
    whole, found = line_integrals(scan, EVERYTHING, CASES[case])
    blocks = [line_integrals(scan, slice(i, min(i + size, 6)), CASES[case], threads=threads) for i in range(0, 6, size)]
    np.testing.assert_array_equal(np.concatenate([part for part, _ in blocks], axis=1), whole)
    assert together(corrections for _, corrections in blocks) == found


def test_blocks_agree_with_phase_retrieval_and_rows_are_counted_once():
    scan = counted(exact(20, 30, 40), pixel_mm=0.001)
    options = PreprocessOptions(phase="paganin", delta_beta=20, distance_mm=10, energy_kev=20)
    assert 2 < row_margin(scan, options) < 30
    whole, found = line_integrals(scan, EVERYTHING, options)
    blocks = [line_integrals(scan, slice(i, i + 6), options) for i in range(0, 30, 6)]
    np.testing.assert_allclose(np.concatenate([part for part, _ in blocks], axis=1), whole, atol=2e-5)
    assert together(corrections for _, corrections in blocks) == found
    assert found.samples == 20 * 30 * 40
    assert error(whole, line_integrals(scan, EVERYTHING)[0]) > 0.001


@pytest.mark.parametrize(
    "options",
    [
        PreprocessOptions(),
        PreprocessOptions(rings="sorting", hardening=(1.0, 0.1)),
        PreprocessOptions(phase="paganin", delta_beta=20, distance_mm=10),
    ],
)
def test_no_more_memory_is_taken_than_was_said(options):
    scan = counted(exact(200, 40, 128), dtype=np.uint16, pixel_mm=0.001)
    line_integrals(scan, slice(0, 1), options)
    tracemalloc.start()
    try:
        line_integrals(scan, slice(10, 26), options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Arrays in memory are sliced without a copy: a file's block would come on top.
    said = work_bytes(scan, 16, options) - 16 * 200 * 128 * 2
    assert 0.4 * said < peak < said


def test_phase_retrieval_needs_the_pixel_s_size():
    with pytest.raises(InputError, match="needs the size of a pixel"):
        line_integrals(counted(exact()), EVERYTHING, PreprocessOptions(phase="paganin"))


def test_a_scan_of_line_integrals_is_taken_as_it_is():
    truth = exact()
    damaged = truth.copy()
    damaged[4, 1, 20] = np.nan
    scan = Scan.from_line_integrals(damaged, angles_rad=angles(60))
    found, corrections = line_integrals(scan, slice(1, 3))
    assert corrections == Corrections(samples=found.size, not_finite=1)
    truth[4, 1, 20] = (truth[4, 1, 19] + truth[4, 1, 21]) / 2
    np.testing.assert_allclose(found, truth[:, 1:3], atol=1e-6)
    assert np.isnan(damaged[4, 1, 20])


def test_what_is_wrong_is_found_counted_and_mended():
    scan = counted(exact(90, 3, 64), dtype=np.uint16)
    clean, _ = line_integrals(scan, EVERYTHING)
    counts, flats = scan.projections[:].copy(), scan.flats[:].copy()  # pyright: ignore[reportOptionalSubscript]
    flats[:, 0, 30] = 100
    counts[:, 1, 40] = 9000
    counts[10, 1, 22] = 65535
    counts[50, 2, 33] += 30000
    counts[70] = 0
    found, corrections = line_integrals(changed(scan, projections=counts, flats=flats), EVERYTHING)
    assert corrections == Corrections(samples=90 * 3 * 64, saturated=1, outliers=1, lost_views=3, dead=1, stuck=1)
    assert np.isfinite(found).all()
    assert error(found, clean) < 0.02
    untouched = np.ones(found.shape, bool)
    untouched[:, 0, 30] = untouched[:, 1, 40] = untouched[10, 1, 22] = untouched[50, 2, 33] = untouched[70] = False
    np.testing.assert_array_equal(found[untouched], clean[untouched])


def test_a_scan_with_every_fault_is_nearly_as_good_as_one_without():
    def deviation(**faults: float) -> tuple[float, Corrections]:
        made = simulate_scan(ScanSettings(views=180, rows=4, columns=128, photons=20_000, **faults))  # type: ignore[arg-type]
        found, corrections = line_integrals(made.scan, EVERYTHING)
        return error(found, made.true_line_integrals()), corrections

    clean, nothing = deviation()
    faulty, found = deviation(drift=0.1, dead_pixels=6, stuck_pixels=6, zingers=2.0)
    assert nothing == Corrections(samples=nothing.samples)
    assert faulty < 1.2 * clean
    assert found.dead == 12
    assert 300 < found.outliers < 420


def test_a_pixel_without_light_never_becomes_infinite():
    truth = exact()
    truth[:, :, 30:34] += 30
    scan = counted(truth)
    found, corrections = line_integrals(scan, EVERYTHING, PreprocessOptions(floor=1e-3))
    assert found.max() == pytest.approx(-np.log(1e-3), rel=1e-6)
    assert corrections.below_floor > 0


def test_rows_beside_the_beam_are_empty_and_said():
    scan = counted(exact())
    counts, flats = scan.projections[:].copy(), scan.flats[:].copy()  # pyright: ignore[reportOptionalSubscript]
    counts[:, 2], flats[:, 2] = 100, 100
    scan = changed(scan, projections=counts, flats=flats, darks=np.full((2, 4, 64), 100.0))
    found, corrections = line_integrals(scan, EVERYTHING)
    assert not found[:, 2].any()
    assert corrections.dark_rows == 1
    assert corrections.sentences()[0] == "1 rows without light or readable samples: their slices are empty"


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_nothing_that_is_no_number_comes_out(wrong):
    scan = counted(exact())
    counts = scan.projections[:].copy()
    counts[:, 1], counts[7, 2], counts[9, 3, 5:20] = wrong, wrong, wrong
    found, corrections = line_integrals(changed(scan, projections=counts), EVERYTHING)
    assert np.isfinite(found).all()
    assert (corrections.not_finite, corrections.lost_views, corrections.dark_rows) == (60 * 64 + 64 + 15, 1, 1)


@pytest.mark.parametrize("dtype", [">u2", "<i4", ">f4", "f8", "u1"])
def test_counts_of_any_type_are_read(dtype):
    plain = counted(exact(), beam=100.0, dark=3.0, dtype=np.uint8)
    frames = {name: getattr(plain, name).astype(dtype) for name in ("projections", "flats", "darks")}
    found, _ = line_integrals(changed(plain, **frames), EVERYTHING)
    np.testing.assert_array_equal(found, line_integrals(plain, EVERYTHING)[0])


def test_an_opaque_sample_is_no_lost_view():
    truth = exact() * 0 + 40
    found, corrections = line_integrals(counted(truth, seed=None, dark=0), EVERYTHING)
    assert corrections.lost_views == 0
    np.testing.assert_allclose(found, -np.log(1e-4), rtol=1e-6)


@pytest.mark.parametrize("rows", [slice(4, 9), slice(2, 2), slice(0, 4, 2)])
def test_rows_must_be_a_part_of_the_detector(rows):
    with pytest.raises(InputError, match="a part of the detector's 4 rows"):
        line_integrals(counted(exact()), rows)


def test_air_must_fit_the_detector():
    with pytest.raises(OptionError, match="must fit the detector's 64 twice, got 40"):
        line_integrals(counted(exact()), EVERYTHING, PreprocessOptions(air=40))


OTHERS = {
    "flats_in_time": "mean",
    "floor": 0.4,
    "air": 3,
    "saturation": 15000.0,
    "dead": 0.8,
    "outliers": 0.0,
    "rings": "mean",
    "ring_size": 5,
    "large_ring_size": 15,
    "ring_ratio": 50.0,
    "phase": "paganin",
    "delta_beta": 500.0,
    "energy_kev": 8.0,
    "distance_mm": 900.0,
    "pixel_mm": 0.002,
    "hardening": (1.0, 0.1),
}
CONTEXT = {
    "ring_size": {"rings": "sorting"},
    "large_ring_size": {"rings": "dead"},
    "ring_ratio": {"rings": "dead"},
    **{name: {"phase": "paganin"} for name in ("delta_beta", "energy_kev", "distance_mm", "pixel_mm")},
}


def test_every_option_but_padding_is_tried():
    assert {field.name for field in fields_of(PreprocessOptions)} == {*OTHERS, "padding"}


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_every_option_changes_the_answer(name):
    scan = counted(exact(60, 2, 64), drift=0.1, pixel_mm=0.001)
    counts, flats = scan.projections[:].copy(), scan.flats[:].copy()  # pyright: ignore[reportOptionalSubscript]
    counts[20, 0, 30] += 30000
    flats[:, 0, 20] *= 0.75
    flats[:, 0, 40] *= 1.2
    scan = changed(scan, projections=counts, flats=flats)
    before = PreprocessOptions(**CONTEXT.get(name, {}))
    after = before.replace(**{name: OTHERS[name]})
    rows = slice(0, 1)
    assert not np.array_equal(line_integrals(scan, rows, before)[0], line_integrals(scan, rows, after)[0])


def test_impossible_options_are_refused():
    with pytest.raises(OptionError, match="hardening must have a coefficient that is not zero"):
        PreprocessOptions(hardening=(0.0, 0.0))
    with pytest.raises(OptionError, match="saturation must be auto or a positive number"):
        PreprocessOptions(saturation=-1)


@pytest.mark.data
def test_the_tooth_is_its_textbook_logarithm(data_dir):
    import h5py

    with h5py.File(data_dir / "ct_projections" / "tooth.h5") as file:
        counts, flats, darks = (file[f"exchange/{name}"][...] for name in ("data", "data_white", "data_dark"))
    scan = changed(
        counted(exact(len(counts), *counts.shape[1:])), projections=counts, flats=flats, darks=darks, flat_places=None
    )
    found, corrections = line_integrals(scan, EVERYTHING)
    dark = darks.mean(axis=0)
    np.testing.assert_allclose(found, -np.log((counts - dark) / (flats.mean(axis=0) - dark)), atol=2e-3)
    assert corrections == Corrections(samples=counts.size)
