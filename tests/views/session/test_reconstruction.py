import numpy as np
import pytest

from tests.views.session.cases import VARIANCE, blobs, session_of, whole
from vitsci_viz.patching.fidelity import reconstruct
from vitsci_viz.views.session.scene import error_map, picture, reconstruction
from vitsci_viz.views.session.state import Window


@pytest.fixture(scope="module")
def session():
    return session_of(blobs((200, 260), channels=3), "yxc")


def test_the_reconstruction_shows_what_the_tokens_hold(session):
    shown = reconstruction(session, VARIANCE, whole((200, 260)), margin=0)
    expected = reconstruct(np.asarray(session.image), session.tree(VARIANCE), 8)
    assert np.abs(shown.rgb - expected).max() <= 1
    assert shown.extent == (0, 0, 260, 200)


def test_tokens_that_hold_every_pixel_lose_nothing(session):
    options = VARIANCE.replace(mode="uniform", min_size=8, patch_size=8)
    window = Window(0, 0, 260, 200, 260, 200)
    assert np.array_equal(reconstruction(session, options, window).rgb, picture(session, window).rgb)
    assert not error_map(session, options, window).index.any()


def test_the_error_map_is_the_difference_on_the_announced_scale(session):
    found = error_map(session, VARIANCE, whole((200, 260)), margin=0)
    image = np.asarray(session.image).astype(float)
    difference = np.abs(image - reconstruct(np.asarray(session.image), session.tree(VARIANCE), 8)).mean(axis=-1)
    shown = found.index / 255 * (found.high - found.low) + found.low
    assert found.high == pytest.approx(255 / 4)
    assert np.abs(shown - np.minimum(difference, found.high)).max() <= 0.2


def test_every_setting_and_zoom_shares_one_scale(session):
    scales = {
        (error_map(session, VARIANCE.replace(split_value=split), window).high)
        for split in (100.0, 1e6)
        for window in (whole((200, 260)), Window(20, 20, 60, 60, 300, 300))
    }
    assert len(scales) == 1


def test_coarser_trees_show_larger_errors(session):
    means = [
        error_map(session, VARIANCE.replace(split_value=split), whole((200, 260))).index.mean()
        for split in (1e3, 1e5, 1e7)
    ]
    assert means[0] < means[1] < means[2]


def test_sixteen_bit_errors_are_in_units_of_the_image():
    array = blobs((64, 64)).astype(np.uint16) * 200
    found = error_map(session_of(array, "yx"), VARIANCE.replace(split_value=1e12), whole((64, 64)))
    low, high = np.percentile(array, (0.1, 99.9))
    assert found.high == pytest.approx((high - low) / 4, rel=1e-5)


def test_a_window_beside_the_image_shows_nothing(session):
    window = Window(1000, 0, 1100, 100, 50, 50)
    assert reconstruction(session, VARIANCE, window).rgb.shape == (1, 1, 3)
    assert error_map(session, VARIANCE, window).index.shape == (1, 1)
