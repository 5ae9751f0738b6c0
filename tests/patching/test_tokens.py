"""Gather and scatter: equality with the slow reference, round trips, padding and overflow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import AXES, as_image, images, sides, sparse_tree
from tests.reference import laws, trees
from tests.reference import tokens as slow
from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import PatchSequence


@given(drawn=images(), data=st.data())
def test_tokens_are_the_reference(drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(image.shape[:ndim], finest, data.draw(st.integers(0, 99)))
    sequence = gather(as_image(image, ndim), tree, patch)
    expected = slow.gather(image, laws.cells_of(tree), patch)
    assert sequence.tokens.shape == expected.shape
    np.testing.assert_allclose(sequence.tokens, expected, rtol=1e-6, atol=1e-4)
    assert sequence.valid.dtype == bool
    assert sequence.valid.all()
    np.testing.assert_array_equal(sequence.tree.origin, tree.origin)


@given(drawn=images(), data=st.data())
def test_scattered_tokens_are_the_reference(drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(image.shape[:ndim], finest, data.draw(st.integers(0, 99)))
    sequence = gather(as_image(image, ndim), tree, patch)
    expected = slow.scatter(sequence.tokens, laws.cells_of(tree), tree.shape)
    result = scatter(sequence)
    if expected.shape[-1] == 1:
        expected = expected[..., 0]
    assert result.dtype == sequence.tokens.dtype
    np.testing.assert_array_equal(result, expected)


@given(seed=st.integers(0, 99), data=st.data())
def test_scatter_gives_each_pixel_the_token_pixel_it_lies_in(seed, data):
    ndim = data.draw(st.integers(1, 3))
    shape, finest = (13,) * ndim, data.draw(sides(ndim))
    tree = sparse_tree(shape, finest, seed)
    tokens = np.random.default_rng(seed).random((len(tree), *finest, 2)).astype(np.float32)
    sequence = PatchSequence(tokens=tokens, valid=np.ones(len(tree), bool), tree=tree)
    np.testing.assert_array_equal(scatter(sequence), slow.scatter(tokens, laws.cells_of(tree), shape))


@given(seed=st.integers(0, 99), data=st.data(), dtype=st.sampled_from(["uint8", "uint16", "float32", "int32", "bool"]))
def test_a_mask_that_is_constant_on_each_leaf_comes_back_bit_for_bit(seed, data, dtype):
    ndim = data.draw(st.integers(1, 3))
    shape = (19, 11, 6)[:ndim]
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(shape, finest, seed)
    mask = np.zeros(shape, dtype)
    for leaf, value in zip(laws.cells_of(tree), np.random.default_rng(seed).integers(0, 200, len(tree)), strict=True):
        mask[leaf.slices(shape)] = value
    back = scatter(gather(as_image(mask, ndim), tree, patch))
    assert back.shape == mask.shape
    np.testing.assert_array_equal(back, mask)


@given(drawn=images(), data=st.data())
def test_each_leaf_keeps_its_mean_where_no_leaf_is_clipped(drawn, data):
    image, ndim = drawn
    finest = data.draw(sides(ndim))
    shape = tuple(max(n // 4 * 4, 4) for n in image.shape[:ndim])
    whole = np.resize(image, (*shape, *image.shape[ndim:])).astype(np.float32)
    tree = sparse_tree(shape, finest, data.draw(st.integers(0, 99)))
    patch = tuple(min(2, side) for side in finest)
    back = scatter(gather(as_image(whole, ndim), tree, patch))
    for leaf in laws.cells_of(tree):
        if all(o + s <= n for o, s, n in zip(leaf.origin, leaf.size, shape, strict=True)):
            inside, axes = leaf.slices(shape), tuple(range(ndim))
            np.testing.assert_allclose(
                back[inside].mean(axis=axes).ravel(), whole[inside].mean(axis=axes).ravel(), rtol=1e-5
            )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "float32", "float64"])
def test_uniform_tokens_of_an_image_are_patchify_in_z_order(channels, dtype):
    side, count = 4, 8
    image = np.random.default_rng(0).integers(0, 250, (side * count, side * count, channels)).astype(dtype)
    tree = build_tree(image, PatchOptions(mode="uniform", patch_size=side))
    sequence = gather(as_image(image, 2), tree, side)
    raster = image.reshape(count, side, count, side, channels).transpose(0, 2, 1, 3, 4)
    rows, columns = (tree.origin // side).T
    assert sequence.tokens.dtype == image.dtype
    np.testing.assert_array_equal(sequence.tokens, raster[rows, columns])
    keys = [trees.z_key(tuple(origin), (side, side)) for origin in tree.origin.tolist()]
    assert keys == list(range(count * count))


def test_uniform_tokens_of_a_volume_are_patchify_in_z_order():
    volume = np.random.default_rng(0).integers(0, 250, (8, 16, 16)).astype(np.uint16)
    tree = build_tree(as_image(volume, 3), PatchOptions(mode="uniform", patch_size=(2, 4, 4)))
    sequence = gather(as_image(volume, 3), tree, (2, 4, 4))
    raster = volume.reshape(4, 2, 4, 4, 4, 4).transpose(0, 2, 4, 1, 3, 5)
    z, y, x = (tree.origin // (2, 4, 4)).T
    np.testing.assert_array_equal(sequence.tokens[..., 0], raster[z, y, x])
    np.testing.assert_array_equal(tree.origin[:4], [[0, 0, 0], [0, 0, 4], [0, 4, 0], [0, 4, 4]])


def test_token_pixels_stay_where_they_are_in_the_image():
    # Coordinates as values: a reshape where a transpose is needed would mix rows and columns.
    rows, columns = np.mgrid[0:32, 0:48].astype(np.float32)
    image = np.stack([rows, columns], axis=-1)
    tree = sparse_tree((32, 48), (4, 4), split_value=5)
    tokens = gather(as_image(image, 2), tree, 4).tokens
    step = tree.size[:, :1, None] / 4
    middle = (np.arange(4) + 0.5)[None, :, None] * step - 0.5
    expected_rows = np.broadcast_to(tree.origin[:, :1, None] + middle, (len(tree), 4, 4))
    expected_columns = np.broadcast_to(tree.origin[:, 1:, None] + middle, (len(tree), 4, 4)).transpose(0, 2, 1)
    inside = (tree.origin + tree.size <= (32, 48)).all(axis=1)
    np.testing.assert_allclose(tokens[inside, ..., 0], expected_rows[inside], rtol=1e-5)
    np.testing.assert_allclose(tokens[inside, ..., 1], expected_columns[inside], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64", "bool"])
def test_tokens_keep_the_dtype_where_no_leaf_is_resampled_and_are_float32_otherwise(dtype):
    image = np.random.default_rng(0).integers(0, 2, (30, 30)).astype(dtype)
    grid = sparse_tree((30, 30), (4, 4), mode="uniform")
    assert gather(image, grid, 4).tokens.dtype == image.dtype
    assert gather(image, grid, 2).tokens.dtype == np.float32
    assert gather(image, grid, 8).tokens.dtype == np.float32
    assert gather(image, sparse_tree((30, 30), (4, 4), split_value=5), 4).tokens.dtype == np.float32


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int32", "uint32", "int64", "float32", "float64"])
def test_tokens_that_are_not_resampled_hold_the_very_values(dtype):
    random = np.random.default_rng(0)
    largest = 2**50 if np.dtype(dtype).itemsize == 8 else np.iinfo(dtype).max if dtype[0] in "ui" else 1
    image = (random.random((30, 30)) * largest).astype(dtype)
    sequence = gather(image, sparse_tree((30, 30), (4, 4), mode="uniform"), 4)
    assert sequence.tokens.dtype == image.dtype
    np.testing.assert_array_equal(scatter(sequence), image)


def test_means_run_over_the_pixels_inside_and_outside_is_zero():
    image = np.full((6, 6), 10, np.uint8)
    tree = sparse_tree((6, 6), (8, 8))
    token = gather(image, tree, 2).tokens[0, ..., 0]
    np.testing.assert_array_equal(token, [[10, 10], [10, 10]])
    token = gather(image, tree, 8).tokens[0, ..., 0]
    assert (token[:6, :6] == 10).all()
    assert (token[6:] == 0).all()
    assert (token[:, 6:] == 0).all()


def test_large_values_of_wide_types_do_not_overflow():
    for dtype in (np.uint16, np.int32, np.float64):
        value = np.iinfo(dtype).max if dtype != np.float64 else 1e6
        tree = sparse_tree((64, 64), (64, 64))
        tokens = gather(np.full((64, 64), value, dtype), tree, 2).tokens
        np.testing.assert_allclose(tokens, float(value), rtol=1e-6)


@pytest.mark.parametrize("patch", [1, 2])
def test_a_million_bright_pixels_in_one_token_value_do_not_overflow(patch):
    image = np.full((1024, 1024), 65_535, np.uint16)
    tokens = gather(image, sparse_tree((1024, 1024), (1024, 1024)), patch).tokens
    assert (tokens == 65_535).all()


@pytest.mark.parametrize("resampled", [True, False])
def test_padding_is_zero_and_not_valid(resampled):
    image = np.full((40, 40, 3), 9, np.uint8)
    tree = sparse_tree((40, 40), (4, 4), **({"split_value": 5} if resampled else {"mode": "uniform"}))
    sequence = gather(image, tree, 4, length=len(tree) + 7)
    assert sequence.tokens.shape == (len(tree) + 7, 4, 4, 3)
    assert sequence.valid.tolist() == [True] * len(tree) + [False] * 7
    assert (sequence.tokens[len(tree) :] == 0).all()
    np.testing.assert_array_equal(scatter(sequence), image)


def test_a_tree_longer_than_the_length_is_refused_with_both_counts():
    tree = sparse_tree((40, 40), (4, 4))
    with pytest.raises(VitsciVizError, match=rf"{len(tree)}.*drop_random") as caught:
        gather(np.zeros((40, 40), np.uint8), tree, 4, length=10)
    assert "10" in str(caught.value)


@pytest.mark.parametrize("overflow", ["drop_random", "drop_lowest"])
def test_dropping_keeps_the_right_count_in_z_order(overflow):
    image = np.random.default_rng(0).integers(0, 256, (40, 40)).astype(np.uint8)
    tree = sparse_tree((40, 40), (4, 4))
    whole = gather(image, tree, 4)
    sequence = gather(image, tree, 4, length=10, overflow=overflow, seed=3)
    assert sequence.valid.tolist() == [True] * 10
    laws.check_z_order(sequence.tree, (4, 4))
    kept = [np.flatnonzero((tree.origin == origin).all(axis=1)).item() for origin in sequence.tree.origin]
    np.testing.assert_array_equal(sequence.tokens, whole.tokens[kept])
    np.testing.assert_array_equal(sequence.tree.score, tree.score[kept])


def test_dropping_at_random_is_repeatable_and_depends_on_the_seed():
    image, tree = np.zeros((40, 40), np.uint8), sparse_tree((40, 40), (4, 4))
    kept = [
        gather(image, tree, 4, length=10, overflow="drop_random", seed=seed).tree.origin.tolist()
        for seed in (0, 0, 1, 2, 3)
    ]
    assert kept[0] == kept[1]
    assert any(other != kept[0] for other in kept[2:])


@given(seed=st.integers(0, 99), length=st.integers(1, 30))
def test_dropping_the_lowest_keeps_the_highest_scores(seed, length):
    tree = sparse_tree((40, 40), (4, 4), seed)
    image = np.zeros((40, 40), np.uint8)
    kept = gather(image, tree, 4, length=length, overflow="drop_lowest").tree.score
    np.testing.assert_array_equal(np.sort(kept), np.sort(tree.score)[-length:])


def test_dropped_leaves_leave_zeros_behind():
    tree = sparse_tree((40, 40), (4, 4))
    sequence = gather(np.full((40, 40), 5, np.uint8), tree, 4, length=10, overflow="drop_lowest")
    back = scatter(sequence)
    covered = np.zeros((40, 40), bool)
    for leaf in laws.cells_of(sequence.tree):
        covered[leaf.slices((40, 40))] = True
    assert (back[covered] == 5).all()
    assert (back[~covered] == 0).all()


@given(seed=st.integers(0, 99), data=st.data(), classes=st.integers(2, 4))
def test_class_fractions_are_the_reference_and_add_up_to_one_inside(seed, data, classes):
    ndim = data.draw(st.integers(1, 3))
    shape = (21, 10, 5)[:ndim]
    mask = np.random.default_rng(seed).integers(0, classes, shape).astype(np.uint8)
    mask.flat[0] = classes - 1
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(shape, finest, seed)
    sequence = gather(as_image(mask, ndim), tree, patch, labels=True)
    cells = laws.cells_of(tree)
    assert sequence.tokens.dtype == np.float32
    np.testing.assert_allclose(sequence.tokens, slow.class_fractions(mask, cells, patch, classes), atol=1e-6)
    inside = slow.gather(np.ones(shape), cells, patch)[..., 0]
    np.testing.assert_allclose(sequence.tokens.sum(axis=-1), inside, atol=1e-6)


def test_the_number_of_classes_can_be_fixed_for_masks_that_lack_some():
    mask = np.ones((20, 20), np.uint8)
    tree = sparse_tree((20, 20), (4, 4))
    tokens = gather(mask, tree, 4, labels=True, classes=5).tokens
    assert tokens.shape[-1] == 5
    assert tokens[..., 1].max() == 1
    assert tokens[..., [0, 2, 3, 4]].max() == 0
    with pytest.raises(VitsciVizError, match="classes"):
        gather(mask * 7, tree, 4, labels=True, classes=5)


@given(seed=st.integers(0, 99), data=st.data())
def test_most_frequent_class_of_a_mask_constant_on_leaves_is_the_mask(seed, data):
    tree = sparse_tree((37, 22), data.draw(sides(2)), seed)
    mask = np.zeros((37, 22), np.uint8)
    for leaf, value in zip(laws.cells_of(tree), np.random.default_rng(seed).integers(0, 4, len(tree)), strict=True):
        mask[leaf.slices(mask.shape)] = value
    back = scatter(gather(mask, tree, data.draw(sides(2)), labels=True))
    best = back.argmax(axis=-1) if back.ndim > mask.ndim else np.zeros_like(mask)
    np.testing.assert_array_equal(best, mask)


@given(seed=st.integers(0, 99), data=st.data())
def test_linear_scatter_acts_within_a_leaf_only(seed, data):
    patch = data.draw(sides(2))
    tree = sparse_tree((37, 22), (2, 4), seed)
    random = np.random.default_rng(seed)
    tokens = random.random((len(tree), *patch, 1)).astype(np.float32)
    valid = np.ones(len(tree), bool)
    plain = scatter(PatchSequence(tokens=tokens, valid=valid, tree=tree), order="linear")
    changed = tokens.copy()
    row = int(random.integers(len(tree)))
    changed[row] += 1
    other = scatter(PatchSequence(tokens=changed, valid=valid, tree=tree), order="linear")
    leaf = laws.cells_of(tree)[row].slices(tree.shape)
    difference = other - plain
    np.testing.assert_allclose(difference[leaf], 1, atol=1e-5)
    difference[leaf] = 0
    assert (difference == 0).all()


def test_linear_scatter_of_a_ramp_is_the_ramp_away_from_the_border_of_a_leaf():
    ramp = np.tile(np.arange(64, dtype=np.float32), (64, 1))
    tree = sparse_tree((64, 64), (64, 64))
    back = scatter(gather(ramp, tree, 8), order="linear")
    np.testing.assert_allclose(back[:, 4:-4], ramp[:, 4:-4], atol=1e-3)
    assert np.abs(scatter(gather(ramp, tree, 8)) - ramp).max() > 3


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_grey_scatters_to_the_shape_of_the_image_and_colours_keep_their_axis(ndim):
    shape = (9, 7, 5)[:ndim]
    tree = sparse_tree(shape, (2,) * ndim)
    assert scatter(gather(as_image(np.zeros(shape, np.uint8), ndim), tree, 2)).shape == shape
    assert scatter(gather(as_image(np.zeros((*shape, 1), np.uint8), ndim), tree, 2)).shape == shape
    assert scatter(gather(as_image(np.zeros((*shape, 5), np.uint8), ndim), tree, 2)).shape == (*shape, 5)


def test_an_image_of_another_shape_than_the_tree_is_refused_with_both_shapes():
    with pytest.raises(InputError, match=r"40.*30|30.*40"):
        gather(np.zeros((40, 30), np.uint8), sparse_tree((40, 40), (4, 4)), 4)


@pytest.mark.parametrize("patch_size", [3, 0, (4, 4, 4)])
def test_a_patch_size_that_cannot_be_is_refused(patch_size):
    with pytest.raises(VitsciVizError, match=r"patch_size|patch size|power of two|axes|axis"):
        gather(np.zeros((40, 40), np.uint8), sparse_tree((40, 40), (4, 4)), patch_size)


def test_unknown_overflow_and_order_are_refused():
    tree = sparse_tree((40, 40), (4, 4))
    with pytest.raises(VitsciVizError, match="overflow"):
        gather(np.zeros((40, 40), np.uint8), tree, 4, length=10, overflow="drop")
    with pytest.raises(VitsciVizError, match="order"):
        scatter(gather(np.zeros((40, 40), np.uint8), tree, 4), order="cubic")


@pytest.mark.parametrize("ndim", AXES)
def test_labels_must_be_whole_numbers_from_zero(ndim):
    shape = (9, 7, 5)[:ndim]
    tree = sparse_tree(shape, (2,) * ndim)
    for mask in (np.full(shape, 0.5), np.full(shape, -1)):
        with pytest.raises(InputError, match=r"class|label|mask"):
            gather(as_image(mask, ndim), tree, 2, labels=True)


def test_tokens_without_a_channel_axis_are_refused():
    image = np.zeros((16, 16), np.uint8)
    sequence = gather(image, build_tree(image, PatchOptions(mode="uniform")), 8)
    with pytest.raises(InputError, match=r"\(L, \*patch, c\)"):
        PatchSequence(tokens=sequence.tokens[..., 0], valid=sequence.valid, tree=sequence.tree)
