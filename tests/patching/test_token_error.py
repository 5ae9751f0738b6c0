"""The error of one sequence is that of the table for every tree."""

import numpy as np
import pytest

from tests.patching.cases import sparse_tree
from vitsci_viz.patching.fidelity import ErrorTable
from vitsci_viz.patching.token_error import sequence_psnr
from vitsci_viz.patching.tokens import gather
from vitsci_viz.types import Image


@pytest.mark.parametrize("patch_size", [2, 8])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(70, 53), (9, 21, 14)])
def test_psnr_of_a_sequence_is_that_of_the_error_table(shape, dtype, patch_size):
    random = np.random.default_rng(3)
    pixels = (random.random((*shape, 2)) * 200 + 50).astype(dtype)
    image = Image(levels=(pixels,), axes="zyxc"[-len(shape) - 1 :])
    tree = sparse_tree(shape, (4,) * len(shape), split_value=9)
    expected = ErrorTable(image).psnr(tree, patch_size)
    assert sequence_psnr(image, gather(image, tree, patch_size)) == pytest.approx(expected, abs=1e-4)


def test_nothing_is_lost_where_every_leaf_is_at_most_a_token():
    pixels = np.random.default_rng(0).integers(0, 255, (37, 50), dtype=np.uint8)
    tree = sparse_tree((37, 50), (4, 4), split_value=0)
    assert sequence_psnr(pixels, gather(pixels, tree, int(tree.size.max()))) == float("inf")


def test_padding_counts_for_nothing():
    pixels = np.random.default_rng(0).integers(0, 255, (37, 50), dtype=np.uint8)
    tree = sparse_tree((37, 50), (4, 4), split_value=9)
    padded = gather(pixels, tree, 2, length=len(tree) + 40)
    assert sequence_psnr(pixels, padded) == sequence_psnr(pixels, gather(pixels, tree, 2))


def test_low_contrast_far_from_zero_does_not_drown():
    pixels = (30_000 + np.random.default_rng(0).integers(0, 5, (256, 256))).astype(np.uint16)
    tree = sparse_tree(pixels.shape, (256, 256), split_value=9)
    expected = ErrorTable(pixels).psnr(tree, 2)
    assert sequence_psnr(pixels, gather(pixels, tree, 2)) == pytest.approx(expected, abs=1e-4)
