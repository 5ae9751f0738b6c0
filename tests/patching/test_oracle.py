"""Oracle Dice: the best of all thresholds, found by look-up."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import as_image, sides, sparse_tree
from tests.reference import fidelity as slow
from tests.reference import laws
from vitsci_viz.errors import InputError
from vitsci_viz.patching.oracle import MaskTable, oracle_dice


@given(seed=st.integers(0, 99), data=st.data(), classes=st.integers(2, 4))
def test_oracle_dice_is_the_best_of_all_thresholds(seed, data, classes):
    ndim = data.draw(st.integers(1, 3))
    shape = (21, 14, 6)[:ndim]
    random = np.random.default_rng(seed)
    mask = random.integers(0, classes, shape).astype(np.uint8)
    mask.flat[:classes] = range(classes)
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    tree = sparse_tree(shape, finest, seed, split_value=random.integers(0, 4))
    found = MaskTable(as_image(mask, ndim)).oracle_dice(tree, patch)
    cells = laws.cells_of(tree)
    assert set(found) - {0} == set(range(1, classes))
    for value, score in found.items():
        assert score == pytest.approx(slow.oracle_dice(mask, cells, patch, value), abs=1e-6)


@given(seed=st.integers(0, 99), data=st.data())
def test_oracle_dice_is_one_where_the_mask_is_constant_on_token_cells(seed, data):
    finest = data.draw(sides(2))
    tree = sparse_tree((37, 26), finest, seed)
    random = np.random.default_rng(seed)
    mask = np.zeros((37, 26), np.uint8)
    for leaf in laws.cells_of(tree):
        mask[leaf.slices(mask.shape)] = random.integers(0, 2)
    if mask.any():
        assert oracle_dice(mask, tree, data.draw(sides(2))) == {1: pytest.approx(1)}


def test_oracle_dice_rises_with_finer_tokens():
    rows, columns = np.mgrid[:64, :64]
    mask = ((rows - 30) ** 2 + (columns - 33) ** 2 < 300).astype(np.uint8)
    tree = sparse_tree((64, 64), (8, 8), split_value=20)
    found = [oracle_dice(mask, tree, side)[1] for side in (1, 2, 4, 8)]
    assert found == sorted(found)
    assert found[0] < 0.97 < found[-1]


def test_only_the_classes_asked_for_are_scored():
    mask = np.random.default_rng(0).integers(0, 4, (32, 32)).astype(np.uint8)
    tree = sparse_tree((32, 32), (4, 4))
    everything = MaskTable(mask).oracle_dice(tree, 2)
    chosen = MaskTable(mask, classes=(2, 3)).oracle_dice(tree, 2)
    assert chosen == {2: everything[2], 3: everything[3]}


def test_a_mask_of_another_shape_than_the_tree_is_refused():
    with pytest.raises(InputError, match=r"40.*30|30.*40"):
        oracle_dice(np.ones((40, 30), np.uint8), sparse_tree((40, 40), (4, 4)), 4)


@pytest.mark.parametrize("mask", [np.full((40, 40), 0.5), np.full((40, 40), -1), np.zeros((40, 40, 3), np.uint8)])
def test_what_is_no_mask_is_refused(mask):
    with pytest.raises(InputError, match="mask"):
        MaskTable(mask)


def test_a_mask_without_foreground_has_no_oracle():
    assert oracle_dice(np.zeros((40, 40), np.uint8), sparse_tree((40, 40), (4, 4)), 4) == {}


def test_one_table_answers_for_every_tree_and_patch_size():
    random = np.random.default_rng(0)
    mask = (random.random((6, 5)) < 0.4).astype(np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    mask[random.random(mask.shape) < 0.1] = 2
    table = MaskTable(mask)
    for finest in (8, 2, 4):
        for split_value in (0, 2, 9):
            tree = sparse_tree((48, 40), (finest, finest), split_value=split_value)
            for side in (4, 1, 16):
                expected = {v: slow.oracle_dice(mask, laws.cells_of(tree), (side, side), v) for v in (1, 2)}
                assert table.oracle_dice(tree, side) == pytest.approx(expected)
