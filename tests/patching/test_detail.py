"""Detail as defined: OpenCV's Canny, the gradient's magnitude, thresholds that follow the contrast."""

import cv2
import numpy as np
import pytest

from tests.patching.cases import as_image
from vitsci_viz.errors import OptionError, VitsciVizError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree, detail_pyramid
from vitsci_viz.types import Image


def _picture(shape=(150, 210), contrast=1.0, seed=0):
    """Make discs on a noisy slope, as 8-bit grey."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    picture = 40 + 0.2 * rows + random.normal(0, 3, shape)
    for _ in range(12):
        y, x, r = random.integers(0, shape[0]), random.integers(0, shape[1]), random.integers(6, 22)
        picture[(rows - y) ** 2 + (columns - x) ** 2 < r**2] += random.integers(40, 110)
    return np.clip(128 + (picture - 128) * contrast, 0, 255).astype(np.uint8)


def _map(image, ndim=2, **options):
    """Return the detail of every pixel."""
    chosen = PatchOptions(patch_size=1, **options)
    return detail_pyramid(as_image(image, ndim), chosen).levels[0][tuple(slice(0, n) for n in image.shape[:ndim])]


@pytest.mark.parametrize("kernel", [0, 3, 5, 9])
@pytest.mark.parametrize("thresholds", [(50, 100), (100, 200), (30.5, 90.25)])
def test_edges_are_those_of_opencv(kernel, thresholds):
    image = _picture()
    blurred = cv2.GaussianBlur(image, (kernel, kernel), 0) if kernel else image
    edges = cv2.Canny(blurred, *thresholds) // 255
    assert edges.any()
    np.testing.assert_array_equal(_map(image, detail="edges", blur=kernel, thresholds=thresholds), edges)


@pytest.mark.parametrize("shape", [(64, 97), (1, 300), (300, 1), (3, 5), (1300, 20)])
def test_edges_of_any_shape_are_those_of_opencv(shape):
    image = _picture(shape)
    edges = cv2.Canny(cv2.GaussianBlur(image, (3, 3), 0), 60, 120) // 255
    np.testing.assert_array_equal(_map(image, detail="edges", blur=3, thresholds=(60, 120)), edges)


def test_edges_of_a_colour_image_are_those_of_its_luminance():
    image = np.stack([_picture(seed=seed) for seed in range(3)], axis=-1)
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), (3, 3), 0)
    np.testing.assert_array_equal(
        _map(image, detail="edges", blur=3, thresholds=(60, 120)), cv2.Canny(grey, 60, 120) // 255
    )


@pytest.mark.parametrize(("channel", "pick"), [(0, 0), (2, 2), ("max", None)])
def test_edges_of_one_channel_or_of_the_largest(channel, pick):
    image = np.stack([_picture(seed=seed) for seed in range(4)], axis=-1)
    grey = image.max(axis=-1) if pick is None else np.ascontiguousarray(image[..., pick])
    edges = cv2.Canny(cv2.GaussianBlur(grey, (3, 3), 0), 60, 120) // 255
    np.testing.assert_array_equal(_map(image, detail="edges", blur=3, thresholds=(60, 120), channel=channel), edges)


@pytest.mark.parametrize(("longest", "kernel"), [(512, 3), (1024, 3), (1025, 5), (4096, 5), (4097, 7)])
def test_automatic_blur_is_the_first_entry_of_the_paper_that_covers_the_longest_side(longest, kernel):
    image = _picture((40, longest))
    fixed, automatic = (_map(image, detail="edges", thresholds=(60, 120), blur=blur) for blur in (kernel, "auto"))
    np.testing.assert_array_equal(automatic, fixed)
    assert (fixed != _map(image, detail="edges", thresholds=(60, 120), blur=kernel + 4)).any()


def test_edges_are_the_default_of_images_and_gradient_of_volumes():
    image = _picture()
    np.testing.assert_array_equal(_map(image), _map(image, detail="edges"))
    volume = np.random.default_rng(0).integers(0, 256, (12, 10, 9)).astype(np.uint8)
    np.testing.assert_array_equal(_map(volume, 3), _map(volume, 3, detail="gradient"))


def test_automatic_thresholds_follow_the_contrast():
    strong, weak = _picture(contrast=1.0), _picture(contrast=0.25)
    counts = {
        (name, thresholds): int(_map(image, detail="edges", thresholds=thresholds).sum())
        for name, image in (("strong", strong), ("weak", weak))
        for thresholds in ("auto", (100, 200))
    }
    assert counts["weak", (100, 200)] < 0.1 * counts["strong", (100, 200)]
    assert 0.6 < counts["weak", "auto"] / counts["strong", "auto"] < 1.6


def test_automatic_thresholds_survive_up_sampling_where_fixed_ones_fail():
    image = _picture()
    large = cv2.resize(image, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    fixed, automatic = (int(_map(large, detail="edges", thresholds=pair).sum()) for pair in ((100, 200), "auto"))
    small = int(_map(image, detail="edges", thresholds=(100, 200)).sum())
    assert fixed < small < 4 * small < automatic


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64, np.int16])
def test_wider_types_are_scaled_and_not_truncated(dtype):
    image = _picture()
    wide = (image.astype(np.float64) * 20 + 300).astype(dtype)
    narrow = _map(image, detail="edges", thresholds="auto")
    found = _map(wide, detail="edges", thresholds="auto")
    both = cv2.dilate(narrow.astype(np.uint8), np.ones((3, 3))) * found
    assert int(found.sum()) == pytest.approx(int(narrow.sum()), rel=0.25)
    assert int(both.sum()) > 0.85 * int(found.sum())


def test_scaling_does_not_hang_on_one_bright_pixel():
    image = _picture().astype(np.float32)
    spoilt = image.copy()
    spoilt[75, 100] = 1e6
    plain, found = (_map(array, detail="edges", thresholds=(60, 120)) for array in (image, spoilt))
    assert (plain != found).mean() < 0.01


@pytest.mark.parametrize("shape", [(40,), (40, 31), (14, 12, 17), (5, 1, 9), (1, 1)])
def test_gradient_is_the_magnitude_of_central_differences(shape):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    wide = [axis for axis, count in enumerate(shape) if count > 1]
    parts = [np.gradient(image.astype(np.float64), axis=axis) for axis in wide]
    magnitude = np.sqrt(sum((part**2 for part in parts), np.zeros(shape)))
    found = _map(image, len(shape), detail="gradient", blur=0)
    np.testing.assert_allclose(found, magnitude, atol=0.51)
    assert found.sum() == pytest.approx(magnitude.sum(), rel=0.02, abs=0.51)


def test_gradient_looks_at_the_blurred_image():
    image = np.random.default_rng(0).integers(0, 256, (60, 50)).astype(np.uint8)
    blurred = cv2.GaussianBlur(image, (5, 5), 0)
    rows, columns = np.gradient(blurred.astype(np.float64))
    found = _map(image, detail="gradient", blur=5)
    np.testing.assert_allclose(found, np.hypot(rows, columns), atol=1.6)
    assert found.sum() < 0.5 * _map(image, detail="gradient", blur=0).sum()


def test_volume_gradient_does_not_prefer_an_axis():
    volume = np.random.default_rng(0).integers(0, 256, (12, 12, 12)).astype(np.uint8)
    plain = _map(volume, 3, detail="gradient")
    turned = _map(np.ascontiguousarray(volume.transpose(2, 0, 1)), 3, detail="gradient")
    # Rounding to whole grey levels after each pass of the blur moves a difference by at most one per axis.
    np.testing.assert_allclose(turned[1:-1, 1:-1, 1:-1], plain.transpose(2, 0, 1)[1:-1, 1:-1, 1:-1], atol=3**0.5 + 0.1)
    assert turned.sum() == pytest.approx(plain.sum(), rel=0.01)


def test_a_grey_image_has_one_channel():
    image = _picture()
    for channel in ("max", 0):
        np.testing.assert_array_equal(_map(image, channel=channel), _map(image))
    with pytest.raises(VitsciVizError, match="channel"):
        build_tree(image, PatchOptions(channel=1))


@pytest.mark.parametrize("detail", ["edges", "gradient"])
def test_a_few_bright_pixels_on_a_flat_ground_are_detail(detail):
    image = np.zeros((400, 400), np.float32)
    image[200:210, 200:210] = 3.5
    tree = build_tree(image, PatchOptions(detail=detail, split_value=5))
    assert len(tree) > 1
    assert (tree.size[(tree.origin == 200).all(axis=1)] == 8).all()


def test_a_physical_blur_wider_than_a_tile_halo_is_refused():
    image = Image(levels=(np.zeros((64, 64), np.uint8),), axes="yx", spacing=(0.01, 0.01), unit="um")
    with pytest.raises(OptionError, match="at most 255 px: 13 um are 1,300 px"):
        detail_pyramid(image, PatchOptions(physical=True, blur=13, split_value=1))


def test_a_detail_map_stands_in_where_edges_are_not_defined():
    volume, ones = np.zeros((8, 8, 8), np.uint8), np.ones((8, 8, 8))
    assert len(build_tree(volume, PatchOptions(detail="edges", patch_size=2, split_value=0), detail=ones)) == 64


def test_physical_needs_a_known_spacing_even_where_values_are_automatic():
    with pytest.raises(OptionError, match="needs a known spacing"):
        build_tree(np.zeros((64, 64), np.uint8), PatchOptions(physical=True))
