import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.session.cases import CountingLevel, blobs, session_of, whole
from vitsci_viz.types import Image
from vitsci_viz.views.session.blocks import SIDE
from vitsci_viz.views.session.scene import overview, picture
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window


def test_at_one_to_one_the_picture_is_the_image():
    array = blobs((120, 90), channels=3)
    shown = picture(session_of(array, "yxc"), whole((120, 90)), margin=0)
    assert np.array_equal(shown.rgb, array)
    assert shown.extent == (0, 0, 90, 120)


def test_zoomed_in_whole_pixels_travel_once():
    array = blobs((120, 90))
    shown = picture(session_of(array, "yx"), Window(10.5, 20.5, 14.5, 23.5, 400, 300), margin=0)
    assert shown.extent == (10, 20, 15, 24)
    assert np.array_equal(shown.rgb[..., 0], array[20:24, 10:15])


def test_zoomed_out_a_screen_pixel_is_the_mean_of_what_it_covers():
    array = blobs((512, 256)).astype(np.float32)
    shown = picture(session_of(array, "yx"), Window(0, 0, 256, 512, 64, 128), margin=0)
    means = array.reshape(128, 4, 64, 4).mean(axis=(1, 3))
    low, high = np.percentile(array, (0.1, 99.9))
    expected = np.clip((means - low) / (high - low) * 255, 0, 255)
    assert np.abs(shown.rgb[..., 0] - expected).max() < 6


@given(
    st.floats(-300, 600), st.floats(-300, 600), st.floats(1, 900), st.integers(20, 300), st.integers(20, 300)
)  # fmt: skip
def test_no_window_needs_more_pixels_than_the_screen_has(x, y, width_px, width, height):
    session = session_of(blobs((300, 420)), "yx")
    window = Window(x, y, x + width_px, y + width_px * height / width, width, height)
    shown = picture(session, window, margin=0)
    rows, columns = shown.rgb.shape[:2]
    assert columns <= max(width, width_px) + 2
    assert columns <= width + 2 or window.scale < 1
    assert rows <= height + 2 or window.scale < 1
    x0, y0, x1, y1 = shown.extent
    assert 0 <= x0 <= x1 <= 420
    assert 0 <= y0 <= y1 <= 300
    if x1 > x0:
        assert (x1 - x0) / columns == pytest.approx((y1 - y0) / rows, rel=0.6)


@pytest.mark.parametrize("window", [Window(500, 0, 600, 50, 10, 5), Window(0, -80, 10, -40, 10, 40)])
def test_a_window_beside_the_image_shows_nothing(window):
    shown = picture(session_of(blobs((50, 60)), "yx"), window)
    assert shown.rgb.shape == (1, 1, 3)
    assert shown.extent == (0, 0, 0, 0)


def test_a_margin_shows_more_at_the_same_scale():
    session = session_of(blobs((200, 200)), "yx")
    window = Window(50, 50, 150, 150, 100, 100)
    tight, wide = picture(session, window, margin=0), picture(session, window, margin=0.1)
    assert wide.extent == (40, 40, 160, 160)
    assert np.array_equal(wide.rgb[10:-10, 10:-10], tight.rgb)


def test_the_overview_is_small_and_whole():
    array = blobs((1500, 1000), channels=3)
    shown = overview(session_of(array, "yxc"))
    assert max(shown.rgb.shape) == 512
    assert shown.extent == (0, 0, 1000, 1500)
    assert shown.rgb.mean() == pytest.approx(array.mean(), abs=1)


def test_only_blocks_under_the_window_are_read_and_only_once():
    level = CountingLevel(blobs((2000, 2000)))
    session = PatchSession(Image(levels=(level,), axes="yx"))
    picture(session, Window(100, 100, 200, 180, 100, 80), margin=0)
    assert level.pixels_read == SIDE**2
    picture(session, Window(120, 90, 240, 170, 120, 80), margin=0)
    assert level.pixels_read == SIDE**2


def test_a_slice_of_a_volume_is_shown():
    array = blobs((9, 40, 50))
    shown = picture(session_of(array, "zyx"), whole((40, 50)), slice_index=7, margin=0)
    assert np.array_equal(shown.rgb[..., 1], array[7])


@pytest.mark.parametrize("shape", [(1, 300), (300, 1), (1, 1)])
def test_thin_images_are_shown(shape):
    session = session_of(blobs(shape), "yx")
    shown = picture(session, Window.fit(shape, 200, 100))
    assert shown.extent == (0, 0, shape[1], shape[0])
    assert overview(session).rgb.size
