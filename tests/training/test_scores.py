"""Dice and IoU from one count of pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vitsci_viz.errors import InputError
from vitsci_viz.training import scores
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.scores import (
    bands,
    confusion_matrix,
    dice,
    intersection_over_union,
    mean_of_known,
)

CLASSES = 3
SHAPES = array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=7)


@st.composite
def pairs(draw, *, ignored=True):
    shape = draw(SHAPES)
    values = [*range(CLASSES), *([IGNORED] if ignored else [])]
    truth = draw(arrays(np.uint8, shape, elements=st.sampled_from(values)))
    return draw(arrays(np.uint8, shape, elements=st.sampled_from(range(CLASSES)))), truth


def _by_hand(predicted, truth, value):
    counted = truth != IGNORED
    own, other = (predicted == value) & counted, (truth == value) & counted
    return own.sum(), other.sum(), (own & other).sum()


@given(pairs())
def test_dice_and_iou_are_those_of_the_masks_of_each_class(pair):
    confusion = confusion_matrix(*pair, CLASSES)
    for value in range(CLASSES):
        found, true, shared = _by_hand(*pair, value)
        wanted = 2 * shared / (found + true) if found + true else np.nan
        np.testing.assert_allclose(dice(confusion)[value], wanted)
        wanted = shared / (found + true - shared) if found + true else np.nan
        np.testing.assert_allclose(intersection_over_union(confusion)[value], wanted)


@given(pairs(ignored=False))
def test_scores_are_symmetric_bounded_and_one_for_equal_labels(pair):
    forth, back = confusion_matrix(*pair, CLASSES), confusion_matrix(*pair[::-1], CLASSES)
    np.testing.assert_array_equal(forth, back.T)
    for score in (dice, intersection_over_union):
        values = score(forth)
        np.testing.assert_array_equal(values, score(back))
        assert np.nanmin(values) >= 0
        assert np.nanmax(values) <= 1
        same = score(confusion_matrix(pair[0], pair[0], CLASSES))
        assert set(same[~np.isnan(same)]) == {1.0}


@given(pairs(), st.permutations(range(CLASSES)))
def test_renaming_classes_renames_scores(pair, order):
    table = np.arange(256, dtype=np.uint8)
    table[:CLASSES] = order
    plain, renamed = (dice(confusion_matrix(*labels, CLASSES)) for labels in (pair, (table[pair[0]], table[pair[1]])))
    np.testing.assert_array_equal(renamed[order], plain)


@given(pairs())
def test_dice_follows_from_iou(pair):
    confusion = confusion_matrix(*pair, CLASSES)
    iou = intersection_over_union(confusion)
    np.testing.assert_allclose(dice(confusion), 2 * iou / (1 + iou))


def test_a_class_in_neither_is_unknown_and_in_one_alone_is_zero():
    confusion = confusion_matrix(np.array([0, 1], np.uint8), np.array([0, 0], np.uint8), CLASSES)
    np.testing.assert_array_equal(dice(confusion)[1:], [0, np.nan])
    assert mean_of_known(dice(confusion)[1:]) == 0
    assert np.isnan(mean_of_known([np.nan]))


def test_ignored_pixels_count_for_nothing():
    truth = np.array([0, 1, IGNORED, IGNORED], np.uint8)
    assert confusion_matrix(np.array([0, 1, 0, 1], np.uint8), truth, 2).tolist() == [[1, 0], [0, 1]]


def test_bands_change_nothing(monkeypatch):
    random = np.random.default_rng(0)
    predicted, truth = random.integers(0, CLASSES, (2, 13, 6, 5), dtype=np.uint8)
    whole = confusion_matrix(predicted, truth, CLASSES)
    monkeypatch.setattr(scores, "BAND_PIXELS", 61)
    assert len(bands(truth.shape)) == 7
    np.testing.assert_array_equal(confusion_matrix(predicted, truth, CLASSES), whole)


@pytest.mark.parametrize(
    ("predicted", "truth", "message"),
    [
        ([0, 2], [0, 1], "predicted labels must be below the 2 classes, got 2"),
        ([0, 1], [0, 2], "true labels must be below the 2 classes or 255, got 2"),
        ([0, 1], [0, 254], "true labels must be below the 2 classes or 255, got 254"),
        ([0, 1, 1], [0, 1], "must have one shape"),
    ],
)
def test_labels_that_name_no_class_are_refused(predicted, truth, message):
    with pytest.raises(InputError, match=message):
        confusion_matrix(np.array(predicted, np.uint8), np.array(truth, np.uint8), 2)


def test_larger_numbers_than_bytes_are_refused():
    with pytest.raises(InputError, match="got 700"):
        confusion_matrix(np.array([0], np.uint16), np.array([700], np.uint16), 2)
