import numpy as np
import pytest

from tests.views.session.cases import blobs, session_of, whole
from vitsci_viz.training.scores import IGNORED
from vitsci_viz.types import Image, PatchTree
from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.palettes import IGNORED_INDEX
from vitsci_viz.views.session.segment import (
    Predicted,
    SegmentView,
    classes_at,
    difference_overlay,
    error_overlay,
    label_display,
    prediction_leaves,
    prediction_overlay,
    truth_overlay,
    uncertainty_map,
)
from vitsci_viz.views.session.segment_errors import DIFFERENCES, ERRORS, STEPS, error_codes
from vitsci_viz.views.session.state import Window

NAMES = ("background", "gland", "nucleus")


def labels(shape=(60, 80), seed=0):
    return np.random.default_rng(seed).integers(0, 3, shape).astype(np.uint8)


def view_of(truth, first=None, second=None, *, classes=NAMES, **more):
    shape = (truth if truth is not None else first).shape
    made = [None if each is None else Predicted(labels=label_display(each)) for each in (first, second)]
    return SegmentView(
        base=session_of(blobs(shape), "zyx"[-len(shape) :]),
        classes=classes,
        truth=None if truth is None else label_display(truth),
        first=made[0],
        second=made[1],
        **more,
    )


def test_truth_and_prediction_are_drawn_alike_and_name_their_classes():
    truth = labels()
    view = view_of(truth, truth.copy())
    shown, said = truth_overlay(view, whole((60, 80))), prediction_overlay(view, whole((60, 80)))
    assert np.array_equal(shown.index, said.index)
    assert [text for _, text in shown.entries] == ["gland", "nucleus"]
    assert (shown.label, said.label) == ("truth", "prediction")
    assert np.array_equal(shown.index % 128, truth)


def test_what_is_not_labelled_has_a_grey_of_its_own():
    truth = np.zeros((20, 20), np.uint8)
    truth[5:15, 5:15] = IGNORED
    shown = truth_overlay(view_of(truth), whole((20, 20)))
    assert shown.index[10, 10] == IGNORED_INDEX
    assert len(set(shown.palette[IGNORED_INDEX, :3].tolist())) == 1


def test_errors_at_full_size_are_those_of_the_arrays():
    truth, said = labels(seed=1), labels(seed=2)
    truth[:10, :10] = IGNORED
    shown = error_overlay(view_of(truth, said), whole((60, 80)))
    assert np.array_equal(shown.index // STEPS, error_codes(truth, said))
    assert [text for _, text in shown.entries] == [
        "false positive", "false negative", "wrong class", "right", "not labelled"
    ]  # fmt: skip


def test_two_classes_have_no_wrong_class_in_the_legend():
    shown = error_overlay(view_of(labels() % 2, labels() % 2, classes=NAMES[:2]), whole((60, 80)))
    assert [text for _, text in shown.entries] == ["false positive", "false negative", "right"]


def test_zoomed_out_no_error_is_lost_and_the_size_is_that_of_the_screen():
    truth = np.zeros((2048, 2048), np.uint8)
    said = truth.copy()
    said[1000] = 1  # a line one pixel high
    shown = error_overlay(view_of(truth, said), Window(0, 0, 2048, 2048, 512, 512))
    assert shown.index.shape == (512, 512)
    assert (shown.index[250] // STEPS == 2).all()
    assert np.count_nonzero(shown.index) == 512


def test_the_difference_of_two_runs_is_judged_by_the_truth():
    truth, first, second = (labels(seed=seed) for seed in range(3))
    shown = difference_overlay(view_of(truth, first, second), whole((60, 80)))
    only_first = DIFFERENCES.index(next(kind for kind in DIFFERENCES if kind and kind.title == "only A right"))
    assert np.array_equal(shown.index // STEPS == only_first, (first == truth) & (second != truth))


def test_without_a_truth_there_is_no_error_but_a_disagreement():
    view = view_of(None, labels(seed=1), labels(seed=2))
    assert error_overlay(view, whole((60, 80))) is None
    assert truth_overlay(view, whole((60, 80))) is None
    shown = difference_overlay(view, whole((60, 80)))
    assert "only A finds something" in [text for _, text in shown.entries]


def test_without_a_prediction_only_the_truth_is_drawn():
    view = view_of(labels())
    assert truth_overlay(view, whole((60, 80))) is not None
    for scene in (prediction_overlay, error_overlay, difference_overlay, uncertainty_map, prediction_leaves):
        assert scene(view, whole((60, 80))) is None


@pytest.mark.parametrize("factor", [1, 4])
def test_uncertainty_lies_over_the_image_whatever_its_own_resolution(factor):
    values = np.zeros((64 // factor, 96 // factor), np.uint8)
    values[: 16 // factor, : 24 // factor] = 255
    found = Predicted(
        labels=label_display(np.zeros((64, 96), np.uint8)),
        uncertainty=DisplayPyramid(Image(levels=(values,), axes="yx")),
    )
    view = SegmentView(base=session_of(blobs((64, 96)), "yx"), classes=NAMES, first=found)
    shown = uncertainty_map(view, Window(0, 0, 96, 64, 96, 64))
    assert shown.extent == (0, 0, 96, 64)
    assert (shown.low, shown.high, shown.is_capped) == (0.0, 1.0, False)
    rows, columns = (np.array(shown.index.shape) / (64, 96) * (16, 24)).astype(int)
    assert (shown.index[:rows, :columns] == 255).all()
    assert not shown.index[rows:].any()


def test_the_slice_of_a_volume_is_shown():
    truth, said = np.zeros((4, 20, 20), np.uint8), np.zeros((4, 20, 20), np.uint8)
    said[2] = 1
    for index, expected in ((1, 0), (2, 2)):
        view = view_of(truth, said, slice_index=index)
        assert (error_overlay(view, whole((20, 20))).index // STEPS == expected).all()


def test_leaves_are_those_that_the_prediction_was_made_on():
    tree = PatchTree(
        shape=(32, 64), origin=np.array([[0, 0], [0, 32]]), size=np.array([[32, 32], [32, 32]]),
        level=np.array([1, 1], np.int16), score=np.zeros(2),
    )  # fmt: skip
    found = Predicted(labels=label_display(np.zeros((32, 64), np.uint8)), trees=(tree,))
    view = SegmentView(base=session_of(blobs((32, 64)), "yx"), classes=NAMES, first=found)
    shown = prediction_leaves(view, whole((32, 64)))
    assert (shown.visible, shown.total) == (2, 2)
    assert shown.quads.right.tolist() == [32, 64]


def test_a_probe_reads_every_layer_and_nothing_beyond_the_image():
    truth, first, second = (labels(seed=seed) for seed in range(3))
    view = view_of(truth, first, second)
    assert classes_at(view, (10.7, 3.2)) == {"truth": truth[10, 3], "A": first[10, 3], "B": second[10, 3]}
    assert classes_at(view, (-1, 3)) == {}


def test_a_window_beside_the_image_shows_nothing():
    view = view_of(labels(), labels())
    for scene in (truth_overlay, prediction_overlay, error_overlay):
        assert scene(view, Window(1000, 1000, 1100, 1100, 50, 50)) is None


def test_errors_is_a_list_that_codes_point_into():
    assert [None if kind is None else kind.title for kind in ERRORS] == [
        None, "right", "false positive", "false negative", "wrong class", "not labelled"
    ]  # fmt: skip
