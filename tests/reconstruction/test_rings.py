"""Ring removal: algotom's results, stripes gone, samples left."""

import functools
import sys

import numpy as np
import pytest
from algotom.prep import removal
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from tests.reconstruction.counted import angles
from vitsci_viz.errors import MissingExtraError, OptionError
from vitsci_viz.reconstruction.options import PreprocessOptions
from vitsci_viz.reconstruction.ring_kernels import running_median
from vitsci_viz.reconstruction.rings import METHODS, level_mean, remove_rings, sort_and_smooth
from vitsci_viz.simulation.ellipses import Ellipsoid, project_phantom

COLUMNS = 160
SAMPLE = (
    Ellipsoid(value=0.015, radii=(60, 25, np.inf), centre=(8, -5, 0)),
    Ellipsoid(value=0.02, radii=(9, 14, np.inf), centre=(-20, 6, 0)),
    Ellipsoid(value=-0.01, radii=(12, 7, np.inf), centre=(30, -9, 0)),
)
STRIPES = np.zeros(COLUMNS, np.float32)
STRIPES[[20, 45, 46, 71, 90, 91, 92, 120, 140]] = [0.1, -0.08, -0.1, 0.12, 0.1, 0.1, 0.08, -0.1, 0.1]


@functools.cache
def sinogram() -> np.ndarray:
    noise = 0.01 * np.random.default_rng(0).normal(size=(180, COLUMNS))
    return (project_phantom(SAMPLE, angles(180), COLUMNS)[:, 0] + noise).astype(np.float32)


def stripiness(values: np.ndarray) -> float:
    """Deviation of the mean view from the clean one: what makes rings."""
    return float(np.std((values - sinogram()).mean(axis=0)))


@pytest.mark.parametrize(
    ("method", "left"),
    [("mean", 0.45), ("sorting", 0.45), ("filtering", 0.45), ("fourier", 0.65), ("fitting", 0.65), ("wavelet", 0.8)],
)
def test_stripes_are_lowered_and_the_sample_stays(method, left):
    clean = sinogram()
    found = remove_rings(clean + STRIPES, PreprocessOptions(rings=method, ring_size=11))
    assert found.dtype == np.float32
    assert stripiness(found) < left * stripiness(clean + STRIPES)
    harmed = remove_rings(clean, PreprocessOptions(rings=method, ring_size=11))
    assert stripiness(harmed) < left * stripiness(clean + STRIPES)


@pytest.mark.parametrize("method", ["combined", "dead"])
def test_a_pixel_that_never_changes_is_filled(method):
    views = sinogram().copy()
    views[:, 75] = 0.5
    found = remove_rings(views, PreprocessOptions(rings=method))
    error = np.abs(found - sinogram())[:, 75].mean()
    assert error < 0.3 * np.abs(views - sinogram())[:, 75].mean()


@pytest.mark.parametrize(
    ("method", "function", "arguments"),
    [
        ("combined", removal.remove_all_stripe, {"snr": 2.5, "la_size": 41, "sm_size": 15}),
        ("large", removal.remove_large_stripe, {"snr": 2.5, "size": 41}),
        ("dead", removal.remove_dead_stripe, {"snr": 2.5, "size": 41}),
        ("filtering", removal.remove_stripe_based_filtering, {"size": 15}),
        ("normalization", removal.remove_stripe_based_normalization, {"sigma": 2}),
        ("regularization", removal.remove_stripe_based_regularization, {"alpha": 0.1}),
    ],
)
def test_methods_of_algotom_get_the_transmission_and_our_options(method, function, arguments):
    options = PreprocessOptions(rings=method, ring_size=15, large_ring_size=41, ring_ratio=2.5)
    expected = function(np.exp(-(sinogram() + STRIPES)), **arguments)
    np.testing.assert_allclose(np.exp(-remove_rings(sinogram() + STRIPES, options)), expected, atol=1e-5)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_gives_finite_line_integrals_and_leaves_what_it_was_given(method):
    given_sinogram = sinogram() + STRIPES
    before = given_sinogram.copy()
    found = remove_rings(given_sinogram, PreprocessOptions(rings=method))
    assert found.shape == before.shape
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(given_sinogram, before)
    assert np.array_equal(found, before) == (method == "none")


def test_sorting_is_algotom_s():
    views = sinogram() + STRIPES
    expected = removal.remove_stripe_based_sorting(views, size=21, dim=1)
    np.testing.assert_allclose(sort_and_smooth(views, 21), expected, atol=1e-6)


@given(st.integers(1, 30), st.integers(0, 20), st.integers(0, 99))
def test_the_running_median_is_scipy_s(size, more, seed):
    lines = np.random.default_rng(seed).integers(0, 9, (3, size + more)).astype(np.float32)
    out = np.empty_like(lines)
    running_median(lines, size, out)
    np.testing.assert_array_equal(out, ndimage.median_filter(lines, size=(1, size), mode="reflect"))


@given(st.integers(0, 99))
def test_sorting_gives_the_same_before_and_after_the_logarithm(seed):
    values = np.random.default_rng(seed).uniform(0, 4, (20, 40)).astype(np.float32)
    other = -np.log(sort_and_smooth(np.exp(-values), 5))
    np.testing.assert_allclose(sort_and_smooth(values, 5), other, atol=2e-5)


def test_a_constant_stripe_on_a_flat_sinogram_vanishes():
    views = np.ones((10, 50), np.float32)
    views[:, 17] += 0.5
    np.testing.assert_allclose(level_mean(views, 9), 1, atol=1e-6)
    np.testing.assert_allclose(sort_and_smooth(views, 9), 1, atol=1e-6)


def test_windows_must_fit_the_detector():
    with pytest.raises(OptionError, match="ring_size must be at most the detector's 10 columns, got 11"):
        remove_rings(np.zeros((5, 10), np.float32), PreprocessOptions(rings="sorting"))
    with pytest.raises(OptionError, match="large_ring_size must be at most the detector's 30 columns, got 51"):
        remove_rings(np.zeros((5, 30), np.float32), PreprocessOptions(rings="large"))
    remove_rings(np.zeros((5, 10), np.float32), PreprocessOptions(rings="none"))


def test_a_missing_algotom_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "algotom.prep.removal", None)
    with pytest.raises(MissingExtraError, match=r'needs algotom: pip install "vitsci-viz\[ct\]"'):
        remove_rings(sinogram(), PreprocessOptions(rings="combined"))
