"""Resampled levels are what OpenCV makes of the whole image, and every window is that of the whole."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.io.resampling import ResampledLevel, resampling_taps

PIXELS = np.random.default_rng(0).integers(0, 256, (97, 130, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(48, 65), (40, 51), (97, 130), (31, 130)])
def test_coarser_levels_are_area_means_as_in_opencv(shape):
    level = ResampledLevel(PIXELS, shape)
    expected = cv2.resize(PIXELS, shape[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(np.asarray(level).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("shape", [(194, 260), (150, 200)])
def test_finer_levels_are_linear_as_in_opencv(shape):
    floats = PIXELS.astype(np.float32)
    expected = cv2.resize(floats, shape[::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(np.asarray(ResampledLevel(floats, shape)), expected, atol=0.05)


@given(data=st.data())
def test_every_window_is_that_of_the_whole(data):
    shape = data.draw(st.tuples(st.integers(20, 200), st.integers(20, 200)))
    level = ResampledLevel(PIXELS, shape)
    low = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    part = tuple(slice(a, data.draw(st.integers(a + 1, n))) for a, n in zip(low, shape, strict=True))
    np.testing.assert_array_equal(level[part], np.asarray(level)[part])


def test_volumes_are_resampled_along_every_axis():
    volume = np.random.default_rng(1).random((8, 12, 10))
    level = ResampledLevel(volume, (4, 6, 5))
    expected = volume.reshape(4, 2, 6, 2, 5, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(np.asarray(level), expected, rtol=1e-12)


@given(length=st.integers(1, 300), wanted=st.integers(1, 300))
def test_weights_of_every_pixel_sum_to_one(length, wanted):
    index, weight = resampling_taps(0, wanted, length, wanted)
    np.testing.assert_allclose(weight.sum(axis=1), 1, rtol=1e-9)
    assert index.min() >= 0
    assert index.max() < length
    if length >= wanted:  # what is coarser is made of every pixel in equal parts
        np.testing.assert_allclose(np.bincount(index.ravel(), weight.ravel(), minlength=length), wanted / length)
