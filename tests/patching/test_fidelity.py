"""What a tree keeps of an image: look-ups equal to reconstruction and to scikit-image."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tests.patching.cases import as_image, images, sides, sparse_tree
from tests.reference import fidelity as slow
from tests.reference import laws
from vitsci_viz.errors import InputError
from vitsci_viz.patching.fidelity import ErrorTable, SsimReference, psnr, reconstruct, ssim
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.tree import build_tree


def _photo(shape=(96, 80), seed=0, channels=0):
    """Make a smooth picture with edges."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    picture = 90 + 60 * np.sin(rows / 11) * np.cos(columns / 7) + 60 * ((rows - 40) ** 2 + (columns - 30) ** 2 < 400)
    picture = picture + random.normal(0, 4, shape)
    layers = np.stack([picture * share for share in (1, 0.8, 0.5)[:channels]], axis=-1) if channels else picture
    return np.clip(layers, 0, 255).astype(np.uint8)


@given(drawn=images(), data=st.data())
def test_psnr_is_that_of_the_reference_reconstruction(drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(image.shape[:ndim], finest, data.draw(st.integers(0, 99)))
    span = 255.0 if image.dtype == np.uint8 else float(image.max() - image.min())
    expected = slow.psnr(image, laws.cells_of(tree), patch, span) if span else math.inf
    assert ErrorTable(as_image(image, ndim)).psnr(tree, patch) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(drawn=images(), data=st.data())
def test_plain_psnr_and_the_table_agree(drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(image.shape[:ndim], finest)
    wrapped = as_image(image, ndim)
    assert psnr(wrapped, tree, patch) == pytest.approx(ErrorTable(wrapped).psnr(tree, patch), rel=1e-6)


@pytest.mark.parametrize("channels", [0, 3])
@pytest.mark.parametrize("patch_size", [2, 4, 8])
def test_psnr_and_ssim_are_those_of_scikit_image(channels, patch_size):
    image = _photo(channels=channels)
    tree = sparse_tree((96, 80), (4, 4), split_value=12)
    rebuilt = reconstruct(image, tree, patch_size)
    theirs = peak_signal_noise_ratio(image.astype(np.float64), rebuilt.astype(np.float64), data_range=255)
    assert psnr(image, tree, patch_size) == pytest.approx(theirs, rel=1e-5)
    # Structure is compared on luminance.
    ours, both = ssim(image, tree, patch_size), (image.astype(np.float32), rebuilt.astype(np.float32))
    grey = [cv2.cvtColor(part, cv2.COLOR_RGB2GRAY) if channels else part for part in both]
    theirs = structural_similarity(*(part.astype(np.float64) for part in grey), data_range=255)
    assert ours == pytest.approx(theirs, abs=2e-4)
    assert SsimReference(image).ssim(rebuilt) == pytest.approx(ours, abs=1e-6)


def test_ssim_of_a_volume_and_of_wide_types_is_that_of_scikit_image():
    random = np.random.default_rng(0)
    for shape, finest in (((20, 24, 28), (4, 4, 4)), ((60, 70), (4, 4))):
        image = (random.random(shape) * 4000 + 100 * np.arange(shape[-1])).astype(np.uint16)
        tree = sparse_tree(shape, finest, split_value=9)
        rebuilt = reconstruct(as_image(image, len(shape)), tree, 2).astype(np.float64)
        span = float(image.max()) - float(image.min())
        theirs = structural_similarity(image.astype(np.float64), rebuilt, data_range=span)
        assert ssim(as_image(image, len(shape)), tree, 2) == pytest.approx(theirs, abs=2e-4)


def test_a_reconstruction_is_the_scattered_tokens():
    image, tree = _photo(), sparse_tree((96, 80), (4, 4))
    np.testing.assert_array_equal(reconstruct(image, tree, 4), scatter(gather(image, tree, 4)))


def test_a_uniform_tree_of_whole_patches_keeps_everything():
    image = _photo()
    tree = build_tree(image, PatchOptions(mode="uniform", patch_size=8))
    assert psnr(image, tree, 8) == math.inf
    assert ssim(image, tree, 8) == pytest.approx(1)


def test_finer_tokens_keep_more():
    image, tree = _photo(), sparse_tree((96, 80), (4, 4), split_value=6)
    kept = [psnr(image, tree, side) for side in (1, 2, 4, 8)]
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]


def test_an_image_of_another_shape_than_the_tree_is_refused():
    with pytest.raises(InputError, match=r"40.*30|30.*40"):
        psnr(np.ones((40, 30), np.uint8), sparse_tree((40, 40), (4, 4)), 4)


def test_one_table_answers_for_every_tree_and_patch_size():
    image = _photo((48, 40))
    table = ErrorTable(image)
    for finest in (8, 2, 4):
        for split_value in (0, 2, 9):
            tree = sparse_tree((48, 40), (finest, finest), split_value=split_value)
            for side in (4, 1, 16):
                expected = slow.psnr(image, laws.cells_of(tree), (side, side), 255)
                assert table.psnr(tree, side) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_a_constant_image_loses_nothing(dtype):
    image = np.full((50, 41), 0.1 if dtype.startswith("f") else 77, dtype)
    assert psnr(image, sparse_tree((50, 41), (8, 8)), 2) > 200
    assert ssim(image, sparse_tree((50, 41), (8, 8)), 2) == pytest.approx(1)


@given(drawn=images(), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_streamed_errors_are_those_of_the_whole_image(small_tiles, drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(
        image.shape[:ndim], finest, data.draw(st.integers(0, 99)), split_value=data.draw(st.sampled_from([1, 99]))
    )
    table = ErrorTable(as_image(image, ndim))
    if table.range > 0:
        expected = slow.psnr(image, laws.cells_of(tree), patch, table.range)
        assert table.psnr(tree, patch) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("finest", [(64, 2), (1, 32), (16, 16)])
@pytest.mark.parametrize("patch", [(1, 1), (4, 2)])
def test_streamed_errors_hold_for_leaves_wider_than_a_tile_on_one_axis(small_tiles, finest, patch):
    image = _photo((150, 70))
    tree = sparse_tree((150, 70), finest, split_value=9)
    expected = slow.psnr(image, laws.cells_of(tree), patch, 255)
    assert ErrorTable(image).psnr(tree, patch) == pytest.approx(expected, rel=1e-6)
