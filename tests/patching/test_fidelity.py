"""What a tree keeps: look-ups equal to reconstruction, scikit-image and brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from tests.patching.cases import as_image, images, sides
from tests.reference import fidelity as slow
from tests.reference import laws
from vitsci_viz.errors import InputError
from vitsci_viz.patching.fidelity import ErrorTable, MaskTable, SsimReference, oracle_dice, psnr, reconstruct, ssim
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.tree import build_tree


def _tree(shape, min_size, seed=0, split_value=1.0):
    detail = (np.random.default_rng(seed).random(shape) < 0.05).astype(np.uint8)
    options = PatchOptions(patch_size=min_size, split_value=split_value)
    return build_tree(as_image(np.zeros(shape, np.uint8), len(shape)), options, detail=detail)


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
    tree = _tree(image.shape[:ndim], finest, data.draw(st.integers(0, 99)))
    range_ = {"uint8": 255.0, "uint16": 65535.0}.get(image.dtype.name, float(image.max() - image.min()))
    if range_ == 0:
        return
    expected = slow.psnr(image, laws.cells_of(tree), patch, range_)
    assert ErrorTable(as_image(image, ndim)).psnr(tree, patch) == pytest.approx(expected, rel=1e-6, abs=1e-6)


@given(drawn=images(), data=st.data())
def test_plain_psnr_and_the_table_agree(drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = _tree(image.shape[:ndim], finest)
    wrapped = as_image(image, ndim)
    assert psnr(wrapped, tree, patch) == pytest.approx(ErrorTable(wrapped).psnr(tree, patch), rel=1e-6)


@pytest.mark.parametrize("channels", [0, 3])
@pytest.mark.parametrize("patch_size", [2, 4, 8])
def test_psnr_and_ssim_are_those_of_scikit_image(channels, patch_size):
    image = _photo(channels=channels)
    tree = _tree((96, 80), (4, 4), split_value=3)
    rebuilt = reconstruct(image, tree, patch_size)
    theirs = peak_signal_noise_ratio(image.astype(np.float64), rebuilt.astype(np.float64), data_range=255)
    assert psnr(image, tree, patch_size) == pytest.approx(theirs, rel=1e-5)
    axis = -1 if channels else None
    theirs = structural_similarity(
        image.astype(np.float64), rebuilt.astype(np.float64), data_range=255, channel_axis=axis
    )
    assert ssim(image, tree, patch_size) == pytest.approx(theirs, abs=2e-3)
    assert SsimReference(image).ssim(rebuilt) == pytest.approx(ssim(image, tree, patch_size))


def test_a_reconstruction_is_the_scattered_tokens():
    image, tree = _photo(), _tree((96, 80), (4, 4))
    np.testing.assert_array_equal(reconstruct(image, tree, 4), scatter(gather(image, tree, 4)))


def test_a_uniform_tree_of_whole_patches_keeps_everything():
    image = _photo()
    tree = build_tree(image, PatchOptions(mode="uniform", patch_size=8))
    assert psnr(image, tree, 8) == math.inf
    assert ssim(image, tree, 8) == pytest.approx(1)


def test_finer_tokens_keep_more():
    image, tree = _photo(), _tree((96, 80), (4, 4), split_value=6)
    kept = [psnr(image, tree, side) for side in (1, 2, 4, 8)]
    assert kept == sorted(kept)
    assert kept[0] < kept[-1]


@given(seed=st.integers(0, 99), data=st.data(), classes=st.integers(2, 4))
def test_oracle_dice_is_the_best_of_all_thresholds(seed, data, classes):
    ndim = data.draw(st.integers(1, 3))
    shape = (21, 14, 6)[:ndim]
    random = np.random.default_rng(seed)
    mask = random.integers(0, classes, shape).astype(np.uint8)
    mask.flat[:classes] = range(classes)
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = _tree(shape, finest, seed, split_value=random.integers(0, 4))
    found = MaskTable(as_image(mask, ndim)).oracle_dice(tree, patch)
    cells = laws.cells_of(tree)
    assert set(found) - {0} == set(range(1, classes))
    for value, score in found.items():
        assert score == pytest.approx(slow.oracle_dice(mask, cells, patch, value), abs=1e-6)


@given(seed=st.integers(0, 99), data=st.data())
def test_oracle_dice_is_one_where_the_mask_is_constant_on_token_cells(seed, data):
    finest = data.draw(sides(2))
    tree = _tree((37, 26), finest, seed)
    random = np.random.default_rng(seed)
    mask = np.zeros((37, 26), np.uint8)
    for leaf in laws.cells_of(tree):
        mask[leaf.slices(mask.shape)] = random.integers(0, 2)
    if mask.any():
        assert oracle_dice(mask, tree, data.draw(sides(2))) == {1: pytest.approx(1)}


def test_oracle_dice_rises_with_finer_tokens():
    rows, columns = np.mgrid[:64, :64]
    mask = ((rows - 30) ** 2 + (columns - 33) ** 2 < 300).astype(np.uint8)
    tree = _tree((64, 64), (8, 8), split_value=20)
    found = [oracle_dice(mask, tree, side)[1] for side in (1, 2, 4, 8)]
    assert found == sorted(found)
    assert found[0] < 0.97 < found[-1]


def test_only_the_classes_asked_for_are_scored():
    mask = np.random.default_rng(0).integers(0, 4, (32, 32)).astype(np.uint8)
    tree = _tree((32, 32), (4, 4))
    everything = MaskTable(mask).oracle_dice(tree, 2)
    chosen = MaskTable(mask, classes=(2, 3)).oracle_dice(tree, 2)
    assert chosen == {2: everything[2], 3: everything[3]}


def test_a_mask_or_image_of_another_shape_than_the_tree_is_refused():
    tree = _tree((40, 40), (4, 4))
    with pytest.raises(InputError, match=r"40.*30|30.*40"):
        oracle_dice(np.ones((40, 30), np.uint8), tree, 4)
    with pytest.raises(InputError, match=r"40.*30|30.*40"):
        psnr(np.ones((40, 30), np.uint8), tree, 4)


def test_one_table_answers_for_every_tree_and_patch_size():
    image = _photo()
    table, masks = ErrorTable(image), MaskTable((image > 120).astype(np.uint8))
    for finest in (2, 4, 8):
        for split_value in (0, 2, 9):
            tree = _tree((96, 80), (finest, finest), split_value=split_value)
            for side in (1, 4, 16):
                assert table.psnr(tree, side) == pytest.approx(psnr(image, tree, side), rel=1e-6)
                expected = oracle_dice((image > 120).astype(np.uint8), tree, side)
                assert masks.oracle_dice(tree, side) == pytest.approx(expected)
