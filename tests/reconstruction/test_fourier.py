"""Direct Fourier reconstruction: a sum of waves by hand, filtered back-projection, exact phantoms."""

import math
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitsci_viz.errors import InputError, MissingExtraError
from vitsci_viz.reconstruction import fourier
from vitsci_viz.reconstruction.filters import filter_response, padded_length
from vitsci_viz.reconstruction.fourier import fourier_reconstruction, transform_bytes
from vitsci_viz.reconstruction.geometry import view_weights
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.simulation.ellipses import draw_slice, pixel_places, project_phantom, shepp_logan

VIEWS = 90
ANGLES = np.arange(VIEWS) * math.pi / VIEWS


def inside(side: int) -> np.ndarray:
    places = pixel_places(side)
    return np.hypot(places[:, None], places[None, :]) < side / 2 - 1


def by_hand(lines, angles, centre, side):
    """Add up the filtered views at every pixel, read between pixels as sums of waves, in double precision."""
    columns = len(lines[0])
    reach = columns + max(0, math.ceil(side / math.sqrt(2) - min(centre, columns - 1 - centre)))
    length, out = padded_length(reach), np.zeros((side, side))
    waves = np.arange(length // 2 + 1)
    for line, angle, weight in zip(lines, angles, view_weights(angles), strict=True):
        spectrum = np.fft.rfft(line, length) * filter_response(reach) * np.sinc(waves / length) ** 2 * weight
        t = pixel_places(side)[None, :] * math.cos(angle) + pixel_places(side)[:, None] * math.sin(angle) + centre
        for wave, value in zip(waves, spectrum, strict=True):
            is_alone = wave == 0 or 2 * wave == length
            out += (1 if is_alone else 2) * (value * np.exp(2j * math.pi * wave * t / length)).real / length
    return out


@settings(max_examples=20)
@given(
    st.integers(2, 20), st.integers(1, 17), st.integers(1, 3), st.integers(1, 9), st.floats(0, 1), st.integers(0, 99)
)
def test_slices_are_the_sums_of_waves_by_hand(columns, side, rows, views, place, seed):
    random = np.random.default_rng(seed)
    lines, angles = random.normal(size=(views, rows, columns)), random.uniform(-7, 7, views)
    centre = place * (columns - 1)
    found = fourier_reconstruction(lines, angles, centre=centre, side=side)
    expected = np.stack([by_hand(lines[:, row], angles, centre, side) for row in range(rows)])
    np.testing.assert_allclose(found, expected, atol=2e-4 * np.abs(expected).max() + 1e-6)


@pytest.mark.parametrize("name", ["ram-lak", "shepp-logan", "hann"])
@pytest.mark.parametrize("side", [64, 65])
def test_slices_are_as_near_the_phantom_as_those_of_back_projection_and_near_those(side, name):
    phantom, where = shepp_logan(side / 2), inside(side)
    truth, lines = draw_slice(phantom, side), project_phantom(phantom, ANGLES, side)
    back = filtered_back_projection(lines, ANGLES, filter_name=name)[0]
    found = fourier_reconstruction(lines, ANGLES, filter_name=name)[0]
    error, other = (np.sqrt(np.mean((slices - truth)[where] ** 2)) for slices in (found, back))
    assert error < 1.12 * other
    assert np.sqrt(np.mean((found - back)[where] ** 2)) < 0.65 * other
    assert found[where].mean() == pytest.approx(truth[where].mean(), rel=0.005)


def test_a_centre_off_the_middle_gives_the_same_slice():
    phantom, where = shepp_logan(16), inside(40)
    truth = draw_slice(phantom, 40)
    errors = {}
    for seen, said in ((31.5, 31.5), (34.25, 34.25), (34.25, 31.5)):
        views = project_phantom(phantom, ANGLES, 64, centre=seen)
        errors[seen, said] = np.std((fourier_reconstruction(views, ANGLES, centre=said, side=40)[0] - truth)[where])
    assert errors[34.25, 34.25] < 1.25 * errors[31.5, 31.5]
    assert errors[34.25, 31.5] > 1.5 * errors[31.5, 31.5]


def test_a_full_turn_seen_by_half_a_detector_gives_the_whole_slice():
    # The axis near one end: each view sees half of the phantom, and the filter's tails belong to the other half.
    phantom, turn, where = shepp_logan(24), np.arange(2 * VIEWS) * math.pi / VIEWS, inside(48)
    whole = project_phantom(phantom, turn, 65)
    half = whole[..., 32:].copy()
    half[..., 0] /= 2
    both = 2 * fourier_reconstruction(half, turn, centre=0.0, side=48)[0]
    expected = fourier_reconstruction(whole, turn, side=48)[0]
    np.testing.assert_allclose(both[where], expected[where], atol=1e-3 * expected.max())


def test_rows_and_threads_change_no_more_than_rounding():
    random = np.random.default_rng(3)
    views = random.normal(size=(12, 5, 33)).astype(np.float32)
    angles = np.arange(12) * math.pi / 12
    whole = fourier_reconstruction(views, angles)
    for row in range(5):
        alone = fourier_reconstruction(views[:, row : row + 1], angles)[0]
        np.testing.assert_allclose(alone, whole[row], atol=2e-5 * np.abs(whole).max())
    threaded = fourier_reconstruction(views, angles, threads=2)
    np.testing.assert_allclose(threaded, whole, atol=2e-5 * np.abs(whole).max())


def test_pixels_beyond_a_radius_are_zero_and_others_as_they_were():
    lines = project_phantom(shepp_logan(16), ANGLES, 32)
    whole, disc = fourier_reconstruction(lines, ANGLES)[0], fourier_reconstruction(lines, ANGLES, radius=11)[0]
    places = pixel_places(32)
    is_near = np.hypot(places[:, None], places[None, :]) <= 11
    np.testing.assert_array_equal(disc, np.where(is_near, whole, 0))
    assert whole[~is_near].any()


def test_memory_is_planned(monkeypatch):
    monkeypatch.setattr(fourier, "BLOCK_BYTES", 2**16)
    lines, angles = np.ones((200, 2, 96), np.float32), np.arange(200) * math.pi / 200
    fourier_reconstruction(lines, angles)
    tracemalloc.start()
    slices = fourier_reconstruction(lines, angles)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - slices.nbytes < transform_bytes(200, 96, 96)
    assert transform_bytes(200, 96, 96, centre=80.0) > transform_bytes(200, 96, 96)


def test_mistakes_are_said():
    with pytest.raises(InputError, match=r"\(angle, row, column\)"):
        fourier_reconstruction(np.zeros((4, 5)), np.zeros(4))
    with pytest.raises(InputError, match="the centre must lie on the detector, 0 to 4 px, got 9"):
        fourier_reconstruction(np.zeros((4, 1, 5)), np.zeros(4), centre=9)
    with pytest.raises(InputError, match="4 views, got angles"):
        fourier_reconstruction(np.zeros((4, 1, 5)), np.zeros(3))


def test_an_absent_library_is_named_with_the_extra_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "finufft", None)
    with pytest.raises(MissingExtraError, match=r'needs finufft: pip install "vitsci-viz\[ct\]"'):
        fourier_reconstruction(np.zeros((4, 1, 5)), np.zeros(4))
