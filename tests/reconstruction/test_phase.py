"""Phase retrieval: the equation it solves, the known length, blocks of rows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import fft, ndimage

from vitsci_viz.reconstruction.phase import blur_length_px, margin_px, retrieve_transmission


def laplacian(image: np.ndarray) -> np.ndarray:
    return ndimage.laplace(image.astype(float), mode="nearest")


@given(st.floats(0.3, 4), st.integers(0, 99))
def test_the_answer_satisfies_the_transport_of_intensity(blur, seed):
    views = np.random.default_rng(seed).uniform(0.2, 1, (20, 2, 24)).astype(np.float32)
    found = retrieve_transmission(views, blur)
    inner = slice(2, -2)
    for view in range(2):
        back = found[:, view] - blur**2 * laplacian(found[:, view])
        np.testing.assert_allclose(back[inner, inner], views[inner, view, inner], atol=2e-4)


def test_waves_are_divided_by_paganin_s_factor():
    x = np.arange(256)
    blur, period = 3.0, 64
    wave = (1 + 0.1 * np.cos(2 * math.pi * x / period))[None, None].repeat(64, axis=0).astype(np.float32)
    found = retrieve_transmission(wave, blur)[32, 0, 100:164] - 1
    expected = 0.1 / (1 + (blur * 2 * math.pi / period) ** 2)
    assert np.abs(fft.rfft(found))[1] * 2 / period == pytest.approx(expected, rel=0.01)


def test_the_length_is_that_of_the_material():
    # sqrt(z delta / mu) with mu = 4 pi beta / wavelength, worked out in metres for 12.4 keV, that is 1 angstrom.
    metres = math.sqrt(0.1 * 1e-6 / (4 * math.pi * 1e-9 / 1e-10))
    found = blur_length_px(delta_beta=1000, energy_kev=12.398419843, distance_mm=100, pixel_mm=0.001)
    assert found == pytest.approx(metres / 1e-6, rel=1e-9)


@pytest.mark.parametrize("rows", [slice(0, 5), slice(11, 17), slice(35, 40), slice(3, 38)])
def test_blocks_with_margins_are_part_of_the_whole(rows):
    views = np.random.default_rng(0).uniform(0.1, 1, (40, 3, 30)).astype(np.float32)
    margin = margin_px(0.8)
    top, bottom = min(margin, rows.start), min(margin, 40 - rows.stop)
    part = retrieve_transmission(views[rows.start - top : rows.stop + bottom], 0.8, margin=(top, bottom))
    np.testing.assert_allclose(part, retrieve_transmission(views, 0.8)[rows], atol=2e-6)


def test_pieces_of_views_change_nothing(monkeypatch):
    views = np.random.default_rng(0).uniform(0.1, 1, (6, 5, 12)).astype(np.float32)
    whole = retrieve_transmission(views, 1.0)
    monkeypatch.setattr("vitsci_viz.reconstruction.phase.CHUNK_BYTES", 1)
    np.testing.assert_array_equal(retrieve_transmission(views, 1.0, threads=2), whole)


def test_no_distance_means_no_change_and_light_is_kept():
    views = np.random.default_rng(0).uniform(0.1, 1, (6, 5, 12)).astype(np.float32)
    np.testing.assert_array_equal(retrieve_transmission(views, 0.0), views)
    np.testing.assert_allclose(retrieve_transmission(np.ones_like(views), 5.0), 1, atol=1e-5)
    assert retrieve_transmission(views, 5.0).min() > 0
