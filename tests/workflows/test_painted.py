"""What is painted window by window is what scattering the whole image and reading it off gives."""

import functools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.painting import merged_cells
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import PatchSequence, PatchTree
from vitsci_viz.workflows import painted
from vitsci_viz.workflows.painted import FieldLevel, Painting, TokenField, uncertainty_of

SHAPE = (37, 50)


@functools.cache
def forest(count: int, classes: int = 3, seed: int = 0) -> tuple[tuple[PatchTree, ...], tuple[np.ndarray, ...]]:
    random = np.random.default_rng(seed)
    trees, values = [], []
    for _ in range(count):
        image = (random.random(SHAPE) < 0.1).astype(np.uint8) * 255
        tree = build_tree(image, PatchOptions(mode="length", length=40, patch_size=8, min_size=4))
        logits = random.standard_normal((len(tree), 8, 8, classes)).astype(np.float32)
        odds = np.exp(3 * logits)
        trees.append(tree)
        values.append(merged_cells(tree, (odds / odds.sum(axis=-1, keepdims=True)).astype(np.float32)))
    return tuple(trees), tuple(values)


def whole_field(trees, values) -> TokenField:
    core = tuple(slice(0, n) for n in SHAPE)
    return TokenField(
        SHAPE, values[0].shape[-1], [Painting(core=core, corner=(0, 0), trees=trees, probabilities=values)]
    )


def by_hand(trees, values) -> np.ndarray:
    maps = [
        scatter(PatchSequence(tokens=each, valid=np.ones(len(tree), bool), tree=tree))
        for tree, each in zip(trees, values, strict=True)
    ]
    return np.mean(maps, axis=0)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("classes", [2, 4])
def test_readings_are_those_of_the_mean_of_the_scattered_trees(count, classes):
    trees, values = forest(count, classes)
    field, expected = whole_field(trees, values), by_hand(trees, values)
    np.testing.assert_array_equal(np.asarray(FieldLevel(field, "labels")), expected.argmax(axis=-1))
    np.testing.assert_allclose(np.asarray(FieldLevel(field, "confidence")), expected.max(axis=-1), rtol=1e-5)
    np.testing.assert_allclose(np.asarray(FieldLevel(field, "probabilities")), expected, atol=1e-3)
    sure = entropy(expected, axis=-1) / np.log(classes)
    np.testing.assert_allclose(np.asarray(FieldLevel(field, "uncertainty")), sure, atol=1e-5)


@given(data=st.data(), kind=st.sampled_from(["labels", "uncertainty", "probabilities"]), count=st.sampled_from([1, 2]))
def test_every_window_is_that_of_the_whole(data, kind, count):
    level = FieldLevel(whole_field(*forest(count)), kind)
    part = tuple(slice(*sorted(data.draw(st.tuples(st.integers(0, n), st.integers(0, n))))) for n in SHAPE)
    np.testing.assert_array_equal(level[part], np.asarray(level)[part])


def test_bands_of_rows_change_nothing(monkeypatch):
    level = FieldLevel(whole_field(*forest(2)), "labels")
    expected = np.asarray(level)
    monkeypatch.setattr(painted, "CHUNK_BYTES", 4000)
    np.testing.assert_array_equal(np.asarray(level), expected)


@pytest.mark.parametrize("count", [1, 2])
def test_where_no_leaf_lies_is_surely_background(count):
    trees, values = forest(count)
    kept = [np.flatnonzero(tree.origin[:, 1] > 20) for tree in trees]
    fewer = tuple(
        PatchTree(shape=t.shape, origin=t.origin[k], size=t.size[k], level=t.level[k], score=t.score[k])
        for t, k in zip(trees, kept, strict=True)
    )
    field = whole_field(fewer, tuple(v[k] for v, k in zip(values, kept, strict=True)))
    corner = (slice(0, 10), slice(0, 10))
    assert not FieldLevel(field, "labels")[corner].any()
    assert (FieldLevel(field, "confidence")[corner] == 1).all()
    assert (FieldLevel(field, "uncertainty")[corner] == 0).all()
    assert (FieldLevel(field, "probabilities")[corner] == [1, 0, 0]).all()


def test_cores_of_tiles_are_taken_from_their_own_domains():
    trees, values = forest(1)
    left = Painting(core=(slice(0, 37), slice(0, 30)), corner=(0, 0), trees=trees, probabilities=values)
    moved = Painting(core=(slice(0, 37), slice(30, 50)), corner=(0, 20), trees=trees, probabilities=values)
    whole = np.asarray(FieldLevel(whole_field(trees, values), "labels"))
    found = np.asarray(FieldLevel(TokenField(SHAPE, 3, [left, moved]), "labels"))
    np.testing.assert_array_equal(found[:, :30], whole[:, :30])
    np.testing.assert_array_equal(found[:, 30:], whole[:, 10:30])


def test_equal_odds_are_fully_uncertain_and_one_class_is_sure():
    found = uncertainty_of(np.array([[0.25] * 4, [1, 0, 0, 0]], np.float32))
    np.testing.assert_allclose(found, [1, 0], atol=1e-6)
