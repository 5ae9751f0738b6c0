"""Any number type reaches the 8-bit scale with what it holds."""

import numpy as np
import pytest

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree, detail_pyramid

NOISE = np.random.default_rng(0).integers(0, 100, (64, 64))
COLOURS = np.random.default_rng(1).integers(0, 100, (64, 64, 3))


@pytest.mark.parametrize("pixels", [NOISE, COLOURS, COLOURS[..., :2]], ids=["grey", "rgb", "two channels"])
@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.float64])
def test_a_large_offset_does_not_change_edges(pixels: np.ndarray, dtype: type) -> None:
    near, far = pixels.astype(dtype), (pixels + 2**30).astype(dtype)
    edges = [detail_pyramid(each, PatchOptions(thresholds=(100, 200), min_size=1)).levels[0] for each in (near, far)]
    np.testing.assert_array_equal(*edges)


def test_a_bool_image_is_black_and_white() -> None:
    shape = np.zeros((64, 64), bool)
    shape[20:44, 20:44] = True
    black_and_white = build_tree(shape.astype(np.uint8) * 255, PatchOptions(split_value=5))
    np.testing.assert_array_equal(build_tree(shape, PatchOptions(split_value=5)).origin, black_and_white.origin)
    assert len(black_and_white) > 1
