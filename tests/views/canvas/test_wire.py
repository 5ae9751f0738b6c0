import cv2
import numpy as np
import pytest

from vitsci_viz.views.canvas.wire import MOST_BYTES, encode_picture, encode_raster, frame_columns
from vitsci_viz.views.session.layers import Picture, Raster
from vitsci_viz.views.session.palettes import scalar_palette

EXTENT = (0.0, 0.0, 10.0, 10.0)


def noise(rows, columns, channels=3):
    shape = (rows, columns, channels) if channels > 1 else (rows, columns)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def decoded(packed, flag=cv2.IMREAD_UNCHANGED):
    return cv2.imdecode(packed, flag)


def test_small_pictures_lose_nothing():
    rgb = noise(200, 300)
    assert np.array_equal(decoded(encode_picture(Picture(rgb=rgb, extent=EXTENT)))[..., ::-1], rgb)


def test_large_pictures_look_the_same():
    y, x = np.mgrid[:900, :1200] / 200
    rgb = (np.stack([np.sin(y), np.cos(x), np.sin(x + y)], -1) * 100 + 120).astype(np.uint8)
    found = decoded(encode_picture(Picture(rgb=rgb, extent=EXTENT)))[..., ::-1]
    assert np.abs(found.astype(int) - rgb).mean() < 2


def test_rasters_lose_nothing():
    index = noise(700, 900, 1)
    raster = Raster(index=index, palette=scalar_palette(), extent=EXTENT)
    assert np.array_equal(decoded(encode_raster(raster)), index)


@pytest.mark.parametrize("kind", ["picture", "raster"])
def test_the_worst_viewport_stays_below_two_megabytes(kind):
    if kind == "picture":
        packed = encode_picture(Picture(rgb=noise(2160, 3840), extent=EXTENT))
    else:
        packed = encode_raster(Raster(index=noise(2160, 3840, 1), palette=scalar_palette(), extent=EXTENT))
    assert len(packed) <= MOST_BYTES < 2_000_000
    assert min(decoded(packed).shape[:2]) >= 500


def test_a_frame_carries_its_extent_palette_and_serial():
    raster = Raster(index=noise(5, 6, 1), palette=scalar_palette(), extent=(1, 2, 3, 4))
    frame = frame_columns(raster, 17)
    assert frame["extent"] == [[1.0, 2.0, 3.0, 4.0]]
    assert frame["serial"] == [17]
    assert frame["palette"][0].shape == (1024,)
    assert not len(frame_columns(Picture(rgb=noise(5, 6), extent=EXTENT), 1)["palette"][0])


def test_an_empty_frame_has_no_bytes():
    assert not len(frame_columns(None, 3)["bytes"][0])
