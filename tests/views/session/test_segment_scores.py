import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from skimage.metrics import contingency_table

from vitsci_viz.training.scores import IGNORED
from vitsci_viz.views.session.segment_scores import (
    ImageRow,
    ImageScore,
    class_rows,
    compare_runs,
    mean_dice,
    score,
    worst_first,
)

NAMES = ("background", "gland", "nucleus")
classes = arrays.arrays(np.uint8, (9, 11), elements=st.integers(0, 2))


def score_of(value):
    """A score whose only class has this Dice, to a thousandth."""
    hits = round(1000 * value)
    return ImageScore(confusion=np.array([[5, 1000 - hits], [1000 - hits, hits]]))


@given(classes, classes)
def test_counts_are_those_of_scikit_image(truth, said):
    expected = np.zeros((3, 3), np.int64)
    table = contingency_table(truth, said).toarray()
    expected[: table.shape[0], : table.shape[1]] = table
    assert np.array_equal(score(said, truth, 3).confusion, expected)


def test_a_class_row_says_what_is_missed_and_what_is_false():
    truth = np.array([[0, 1, 1, 1, 2, IGNORED]], np.uint8)
    said = np.array([[1, 1, 1, 0, 1, 2]], np.uint8)
    gland, nucleus = class_rows([score(said, truth, 3)], NAMES)
    assert (gland.name, gland.true_pixels, gland.found_pixels, gland.missed_pixels, gland.false_pixels) == (
        "gland", 3, 4, 1, 2
    )  # fmt: skip
    assert gland.dice == pytest.approx(2 * 2 / 7)
    assert gland.iou == pytest.approx(2 / 5)
    assert (nucleus.dice, nucleus.missed_pixels, nucleus.false_pixels) == (0, 1, 0)


def test_a_class_that_is_nowhere_is_unknown_and_left_out_of_means():
    empty = score(np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), 3)
    assert math.isnan(empty.mean_dice)
    assert mean_dice([empty, score_of(0.5)]) == pytest.approx(0.5)
    assert math.isnan(class_rows([empty], NAMES)[0].dice)


def test_over_several_images_dice_is_the_mean_and_pixels_are_sums():
    one, two = score_of(0.5), score_of(1.0)
    (row,) = class_rows([one, two], NAMES[:2])
    assert row.dice == pytest.approx(0.75)
    assert row.true_pixels == one.confusion[1].sum() + two.confusion[1].sum()


def test_the_worst_image_comes_first_and_what_is_unknown_last():
    rows = [
        ImageRow(key="a", name="good", first=0.9), ImageRow(key="b", name="waiting"),
        ImageRow(key="c", name="bad", first=0.1), ImageRow(key="d", name="empty", first=math.nan),
        ImageRow(key="e", name="broken", problem="no image"),
    ]  # fmt: skip
    assert [row.name for row in worst_first(rows)] == ["broken", "bad", "good", "empty", "waiting"]


def test_two_runs_are_ordered_by_what_the_second_loses():
    rows = [ImageRow(key=name, name=name, first=a, second=b) for name, a, b in (("x", 0.9, 0.9), ("y", 0.5, 0.8),
                                                                               ("z", 0.8, 0.6))]  # fmt: skip
    assert [row.name for row in worst_first(rows, is_comparison=True)] == ["z", "x", "y"]
    assert rows[2].difference == pytest.approx(-0.2)


@given(st.lists(st.tuples(st.integers(1, 999), st.integers(1, 999)), min_size=1, max_size=8))
def test_a_comparison_counts_every_image_once(pairs):
    first, second = ({k: score_of(pair[side] / 1000) for k, pair in enumerate(pairs)} for side in (0, 1))
    found = compare_runs(first, second)
    assert found.images == found.better + found.worse + found.alike == len(pairs)
    assert found.better == sum(b > a for a, b in pairs)
    assert found.difference == pytest.approx(np.mean([b - a for a, b in pairs]) / 1000, abs=1e-6)


def test_only_images_that_both_runs_have_scored_are_compared():
    assert compare_runs({"a": score_of(0.5)}, {"b": score_of(0.5)}) is None
    assert compare_runs({"a": score_of(0.5), "b": score_of(0.1)}, {"b": score_of(0.2)}).images == 1
