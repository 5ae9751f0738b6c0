import numpy as np
import pytest

from vitsci_viz.patching.contrast import contrast_of, to_rgb


def test_wide_types_span_the_grey_scale():
    values = np.linspace(-3, 900, 10_000, dtype=np.float32).reshape(100, 100, 1)
    shown = to_rgb(values, contrast_of(values))
    assert (shown.min(), shown.max()) == (0, 255)
    flat = np.full((5, 5, 1), 7.0, np.float32)
    assert np.unique(to_rgb(flat, contrast_of(flat))).tolist() == [0]


@pytest.mark.parametrize(("channels", "shown"), [(1, [0, 0, 0]), (3, [0, 1, 2]), (4, [0, 1, 2])])
def test_eight_bit_channels_are_shown_as_they_are(channels, shown):
    values = np.arange(channels, dtype=np.uint8).reshape(1, 1, channels)
    assert to_rgb(values, contrast_of(values))[0, 0].tolist() == shown


def test_every_band_of_a_cube_leaves_a_trace():
    bands = np.eye(20, dtype=np.float32).reshape(1, 20, 20)
    shown = to_rgb(bands, contrast_of(bands))[0]
    assert (shown.max(axis=1) > 100).all()


def test_bands_of_a_cube_are_scaled_one_by_one():
    ramp = np.linspace(0, 1, 1000, dtype=np.float32)[:, None]
    found = contrast_of(ramp * np.array([1, 10, 100, 1000, 10000], np.float32))
    assert np.allclose(found.high, 0.999 * np.array([1, 10, 100, 1000, 10000]), rtol=1e-3)
