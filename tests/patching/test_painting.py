"""A window that is painted is the same window of the scattered image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import sides, sparse_tree
from vitsci_viz.errors import InputError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.painting import merged_cells, paint, rows_in
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import PatchSequence, PatchTree


def scattered(tree: PatchTree, values: np.ndarray) -> np.ndarray:
    whole = scatter(PatchSequence(tokens=values, valid=np.ones(len(tree), bool), tree=tree))
    return whole if values.shape[-1] > 1 else whole[..., None]


@st.composite
def windows(draw, shape):
    pairs = [sorted(draw(st.tuples(st.integers(0, n), st.integers(0, n)))) for n in shape]
    return tuple(slice(*pair) for pair in pairs)


@given(
    seed=st.integers(0, 99),
    channels=st.integers(1, 3),
    dtype=st.sampled_from([np.float32, np.float16]),
    data=st.data(),
)
def test_a_painted_window_is_that_of_the_scattered_image(seed, channels, dtype, data):
    shape = (19, 11, 6)[: data.draw(st.integers(1, 3))]
    patch, finest = data.draw(sides(len(shape))), data.draw(sides(len(shape)))
    tree = sparse_tree(shape, finest, seed)
    values = np.random.default_rng(seed).random((len(tree), *patch, channels)).astype(dtype)
    window = data.draw(windows(shape))
    out = np.full((*(part.stop - part.start for part in window), channels), -1, dtype)
    paint(tree, values, window, out)
    np.testing.assert_array_equal(out, scattered(tree, values)[window])


def test_pixels_under_no_leaf_keep_what_they_held():
    whole = build_tree(np.zeros((32, 32), np.uint8), PatchOptions(mode="uniform", patch_size=8))
    kept = slice(4, 9)
    tree = PatchTree(
        shape=whole.shape, origin=whole.origin[kept], size=whole.size[kept], level=whole.level[kept],
        score=whole.score[kept],
    )  # fmt: skip
    out = np.full((32, 32, 1), 7, np.uint8)
    paint(tree, np.ones((len(tree), 8, 8, 1), np.uint8), (slice(0, 32), slice(0, 32)), out)
    assert (out == 1).sum() == 5 * 64
    assert set(np.unique(out)) == {1, 7}


def test_the_rows_of_a_window_are_those_that_share_a_pixel():
    tree = build_tree(np.zeros((32, 32), np.uint8), PatchOptions(mode="uniform", patch_size=8))
    assert len(rows_in(tree, (slice(0, 8), slice(0, 32)))) == 4
    assert len(rows_in(tree, (slice(7, 9), slice(15, 16)))) == 2
    assert len(rows_in(tree, (slice(8, 8), slice(0, 32)))) == 0


@given(seed=st.integers(0, 99), data=st.data())
def test_merged_cells_mean_the_same_per_pixel(seed, data):
    shape = (16, 12, 8)[: data.draw(st.integers(1, 3))]
    patch, finest = data.draw(sides(len(shape))), data.draw(sides(len(shape)))
    tree = sparse_tree(shape, finest, seed)
    values = np.random.default_rng(seed).random((len(tree), *patch, 2))
    merged = merged_cells(tree, values)
    for row in range(len(tree)):  # by hand: the mean over all cells that fall into one pixel
        for at in np.ndindex(*patch):
            same = np.ones(patch, bool)
            for axis, (side, leaf) in enumerate(zip(patch, tree.size[row], strict=True)):
                own = (
                    np.arange(side) * leaf // side == at[axis] * leaf // side
                    if leaf < side
                    else (np.arange(side) == at[axis])
                )
                same &= own.reshape([-1 if k == axis else 1 for k in range(len(patch))])
            np.testing.assert_allclose(merged[row][at], values[row][same].mean(axis=0), rtol=1e-12)


def test_values_of_tokens_that_repeat_pixels_are_left_as_they_are():
    image = np.random.default_rng(0).integers(0, 255, (32, 32), dtype=np.uint8)
    tree = build_tree(image, PatchOptions(mode="uniform", patch_size=8, min_size=2))
    tokens = gather(image, tree, 8).tokens.astype(np.float64)
    np.testing.assert_array_equal(merged_cells(tree, tokens), tokens)


def test_a_canvas_of_another_shape_is_refused():
    tree = build_tree(np.zeros((16, 16), np.uint8), PatchOptions(mode="uniform"))
    with pytest.raises(InputError, match="canvas"):
        paint(tree, np.zeros((len(tree), 8, 8, 1)), (slice(0, 16), slice(0, 16)), np.zeros((16, 15, 1)))
    with pytest.raises(InputError, match="one row of cells per leaf"):
        paint(tree, np.zeros((2, 8, 8, 1)), (slice(0, 16), slice(0, 16)), np.zeros((16, 16, 1)))
