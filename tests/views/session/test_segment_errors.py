import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vitsci_viz.training.scores import IGNORED
from vitsci_viz.views.session.segment_errors import (
    AGREEMENT,
    DIFFERENCES,
    ERRORS,
    STEPS,
    agreement_codes,
    code_palette,
    code_raster,
    difference_codes,
    error_codes,
)

classes = arrays.arrays(np.uint8, (6, 7), elements=st.integers(0, 3))
truths = arrays.arrays(np.uint8, (6, 7), elements=st.sampled_from([0, 1, 2, 3, IGNORED]))


def named(kinds, codes):
    return np.array(["" if kind is None else kind.title for kind in kinds])[codes]


@given(truths, classes)
def test_every_pixel_has_the_kind_of_error_that_its_two_classes_make(truth, predicted):
    found = named(ERRORS, error_codes(truth, predicted))
    for place in np.ndindex(truth.shape):
        true, said = int(truth[place]), int(predicted[place])
        if true == IGNORED:
            expected = "not labelled"
        elif true == said:
            expected = "right" if true else ""
        elif true == 0:
            expected = "false positive"
        else:
            expected = "wrong class" if said else "false negative"
        assert found[place] == expected


@given(truths, classes, classes)
def test_the_difference_names_who_is_right(truth, first, second):
    found = named(DIFFERENCES, difference_codes(truth, first, second))
    labelled = truth != IGNORED
    assert np.array_equal(found == "only A right", labelled & (first == truth) & (second != truth))
    assert np.array_equal(found == "only B right", labelled & (first != truth) & (second == truth))
    assert np.array_equal(found == "both wrong", labelled & (first != truth) & (second != truth))
    assert np.array_equal(found == "not labelled", ~labelled)


@given(classes, classes)
def test_without_a_truth_two_predictions_are_told_apart_symmetrically(first, second):
    found = agreement_codes(first, second)
    swapped = np.array([0, 1, 3, 2, 4], np.uint8)[agreement_codes(second, first)]
    assert np.array_equal(found, swapped)
    assert np.array_equal(found > 1, first != second)


def test_at_full_size_every_pixel_is_opaque():
    codes = np.array([[0, 1, 2, 3, 4, 5]], np.uint8)
    index = code_raster(codes, 1, 6, ERRORS)
    opacity = code_palette(ERRORS)[index[0], 3]
    assert opacity.tolist() == [0, *(round(255 * kind.opacity) for kind in ERRORS[1:])]


def test_a_line_of_errors_thinner_than_a_screen_pixel_is_seen_but_not_as_a_full_one():
    codes = np.ones((64, 64), np.uint8)
    codes[33] = 3
    index = code_raster(codes, 4, 4, ERRORS)
    assert (index // STEPS == [[1] * 4, [1] * 4, [3] * 4, [1] * 4]).all()
    assert (index[2] % STEPS < STEPS // 2).all()
    assert (index[2] % STEPS > 0).all()
    assert (index[0] % STEPS == STEPS - 1).all()


def test_the_larger_mistake_of_a_screen_pixel_is_shown():
    codes = np.zeros((8, 8), np.uint8)
    codes[:, :2], codes[:, 2:5] = 2, 3
    assert code_raster(codes, 1, 1, ERRORS)[0, 0] // STEPS == 3


@pytest.mark.parametrize("kinds", [ERRORS, DIFFERENCES, AGREEMENT])
def test_kinds_have_colours_of_their_own_and_nothing_is_clear(kinds):
    colours = [kind.colour for kind in kinds if kind is not None and kind.title != "not labelled"]
    assert len(set(colours)) == len(colours)
    palette = code_palette(kinds)
    assert not palette[:STEPS, 3].any()
    assert (palette[np.arange(1, len(kinds)) * STEPS, 3] == 0).all()
