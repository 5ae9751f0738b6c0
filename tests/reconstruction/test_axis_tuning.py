"""One slice for every place of the axis: the same as the Fourier method makes it, at any place, at screen size too."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.reconstruction.axis_tuning import AxisTuner
from vitsci_viz.reconstruction.fourier import fourier_reconstruction
from vitsci_viz.simulation.ellipses import pixel_places, project_phantom, shepp_logan

SIDE = 64
ANGLES = np.arange(100) * math.pi / 100


def lines(centre: float, side: int = SIDE) -> np.ndarray:
    return project_phantom(shepp_logan(side / 2.6), ANGLES, side, centre=centre)[:, 0]


@given(st.floats(0.1, 0.9), st.integers(20, 40), st.booleans())
def test_slices_are_those_of_the_fourier_method_wherever_the_axis_is_moved(place, side, is_odd):
    side += int(is_odd)
    sinogram, tuner = lines(side / 2, side), AxisTuner(lines(side / 2, side), ANGLES, side=side)
    for centre in (side / 2, place * (side - 1), place * (side - 1) + 0.03):
        expected = fourier_reconstruction(sinogram[:, None], ANGLES, centre=centre)[0]
        np.testing.assert_allclose(tuner.slice(centre), expected, atol=4e-3 * np.abs(expected).max())


def test_a_preview_is_the_slice_with_larger_pixels():
    sinogram = lines(30.2)
    whole = AxisTuner(sinogram, ANGLES, side=SIDE, filter_name="hann").slice(30.2)
    small = AxisTuner(sinogram, ANGLES, side=SIDE, pixels=SIDE // 2, filter_name="hann").slice(30.2)
    means = whole.reshape(SIDE // 2, 2, SIDE // 2, 2).mean(axis=(1, 3))
    inside = np.hypot(*np.meshgrid(pixel_places(SIDE // 2), pixel_places(SIDE // 2))) < SIDE / 4 - 2
    assert np.sqrt(np.mean((small - means)[inside] ** 2)) < 0.03 * means.max()


def test_fewer_views_and_those_in_any_order_give_the_slice_too():
    order = np.random.default_rng(0).permutation(len(ANGLES))
    sinogram = lines(31.0)
    straight = AxisTuner(sinogram, ANGLES, side=SIDE).slice(31.0)
    shuffled = AxisTuner(sinogram[order], ANGLES[order], side=SIDE).slice(31.0)
    np.testing.assert_allclose(shuffled, straight, atol=1e-5)
    half = AxisTuner(sinogram[order], ANGLES[order], side=SIDE, every=2).slice(31.0)
    expected = fourier_reconstruction(sinogram[::2, None], ANGLES[::2], centre=31.0)[0]
    np.testing.assert_allclose(half, expected, atol=4e-3 * np.abs(expected).max())


def test_tables_are_kept_while_the_axis_moves_a_little():
    tuner = AxisTuner(lines(31.0), ANGLES, side=SIDE)
    tuner.slice(31.0)
    kept = tuner._table
    tuner.slice(31.7)
    assert tuner._table is kept


@pytest.mark.parametrize("centre", [-0.5, SIDE - 0.5, math.nan])
def test_an_axis_off_the_detector_is_refused(centre):
    with pytest.raises(InputError, match="detector, 0 to 63 px"):
        AxisTuner(lines(31.0), ANGLES, side=SIDE).slice(centre)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="sinogram"):
        AxisTuner(np.zeros((4, 2, 8)), ANGLES[:4], side=8)
    with pytest.raises(InputError, match="one angle"):
        AxisTuner(lines(31.0), ANGLES[:4], side=8)
    with pytest.raises(OptionError, match="1 to 8 pixels"):
        AxisTuner(lines(31.0), ANGLES, side=8, pixels=9)
