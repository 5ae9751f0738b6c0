import numpy as np
import pytest

from tests.views.session.cases import blobs
from vitsci_viz.patching.contrast import to_rgb
from vitsci_viz.types import Image
from vitsci_viz.views.session.contrast import find_contrast
from vitsci_viz.views.session.display import DisplayPyramid


def contrast_of(array, axes):
    return find_contrast(DisplayPyramid(Image(levels=(array,), axes=axes)))


@pytest.mark.parametrize("channels", [0, 3])
def test_eight_bit_images_are_shown_as_they_are(channels):
    array = blobs((40, 50), channels=channels)
    pixels = array if channels else array[..., None]
    shown = to_rgb(pixels, contrast_of(array, "yxc" if channels else "yx"))
    assert np.array_equal(shown, np.broadcast_to(pixels, (40, 50, 3)))


def test_an_alpha_channel_is_left_out():
    array = np.concatenate([blobs((8, 9), channels=3), np.full((8, 9, 1), 3, np.uint8)], axis=-1)
    assert np.array_equal(to_rgb(array, contrast_of(array, "yxc")), array[..., :3])


def test_a_hot_pixel_does_not_darken_a_sixteen_bit_image():
    array = blobs((200, 300)).astype(np.uint16) * 10
    array[3, 4] = 65535
    shown = to_rgb(array[..., None], contrast_of(array, "yx"))
    assert shown.min() == 0
    assert np.percentile(shown, 99.8) > 240


@pytest.mark.parametrize("value", [0.0, -3.5, 1e30])
def test_a_constant_image_has_a_contrast(value):
    array = np.full((20, 20), value, np.float32)
    shown = to_rgb(array[..., None], contrast_of(array, "yx"))
    assert len(np.unique(shown)) == 1


def test_pixels_that_are_no_numbers_are_shown_black_and_do_not_count():
    array = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)
    array[0, 0] = np.nan
    shown = to_rgb(array[..., None], contrast_of(array, "yx"))
    assert shown[0, 0].tolist() == [0, 0, 0]
    assert shown[-1, -1].tolist() == [255, 255, 255]


def test_colours_keep_their_hue_beyond_eight_bit():
    rng = np.random.default_rng(0)
    array = np.stack([rng.integers(0, top, (64, 64)) for top in (60000, 30000, 1)], -1).astype(np.uint16)
    shown = to_rgb(array, contrast_of(array, "yxc")).astype(float)
    assert shown[..., 1].mean() / shown[..., 0].mean() == pytest.approx(0.5, abs=0.05)
    assert shown[..., 2].max() == 0


def test_other_channel_counts_are_added_up_in_distinct_colours():
    array = np.zeros((4, 5, 5), np.uint8)
    for channel in range(5):
        array[0, channel, channel] = 255
    colours = to_rgb(array, contrast_of(array, "yxc"))[0]
    assert len({tuple(colour) for colour in colours.tolist()}) == 5
    assert (colours.max(axis=1) > 100).all()


def test_a_mask_of_booleans_is_black_and_white():
    array = blobs((30, 30)) > 90
    assert set(np.unique(to_rgb(array[..., None], contrast_of(array, "yx")))) == {0, 255}
