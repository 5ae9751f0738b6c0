import os

import numpy as np
import pytest

from tests.views.session.cases import blobs
from tests.views.session.fake_model import LABELS, FakeModel, fake_run, open_fake
from vitsci_viz.errors import Cancelled, InputError, MissingFileError
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.scores import IGNORED
from vitsci_viz.types import Image
from vitsci_viz.views.session.segment_predict import Predictions, ready
from vitsci_viz.views.session.segment_session import SegmentSession, Source, truth_of
from vitsci_viz.workflows.segment_options import PredictOptions

OPTIONS = PredictOptions()
PIXELS = blobs((40, 50))


def image_of(array, name="image"):
    return Image(levels=(array,), axes="zyx"[-array.ndim :], name=name)


def source(key="a", pixels=PIXELS, mask=None, **more):
    opened = (image_of(pixels, key), None if mask is None else image_of(mask, f"{key}_mask"))
    return Source(key=key, name=key, open=lambda progress: opened, **more)


@pytest.fixture
def models():
    return []


@pytest.fixture
def session(models):
    def opener(run, **more):
        models.append(open_fake(run, **more))
        return models[-1]

    return SegmentSession(Predictions(opener))


@pytest.fixture
def run(tmp_path):
    return fake_run(tmp_path / "run", threshold=100)


def test_an_image_is_predicted_once_whatever_is_asked_of_it(session, models, run):
    one = source(mask=(PIXELS > 100).astype(np.uint8))
    assert not session.is_ready(one, [run], OPTIONS)
    view = session.view(one, [run], OPTIONS)
    session.view(one, [run], OPTIONS)
    assert session.score(one, run, OPTIONS).mean_dice == 1
    assert session.is_ready(one, [run], OPTIONS)
    assert [model.asked for model in models] == [1]
    assert view.classes == LABELS.names
    assert np.array_equal(np.asarray(view.first.labels.finest.array), PIXELS > 100)
    assert view.first.notes == ("a note",)


def test_other_options_and_a_newer_checkpoint_are_predicted_anew(session, models, run):
    one = source()
    session.view(one, [run], OPTIONS)
    session.view(one, [run], PredictOptions(tile=64))
    assert models[0].asked == 2
    checkpoint = run / "checkpoints" / "best"
    checkpoint.write_text("30")
    os.utime(checkpoint, ns=(1, 10**18))
    assert not session.is_ready(one, [run], OPTIONS)
    view = session.view(one, [run], OPTIONS)
    assert np.array_equal(np.asarray(view.first.labels.finest.array), PIXELS > 30)


def test_two_runs_are_predicted_side_by_side(session, run, tmp_path):
    other = fake_run(tmp_path / "other", threshold=60)
    view = session.view(source(), [run, other], OPTIONS)
    assert (view.second.labels.finest.array >= view.first.labels.finest.array).all()
    session.check_pair(run, other, OPTIONS)


def test_runs_with_other_classes_are_not_compared(run, tmp_path):
    other = fake_run(tmp_path / "other")
    labels = LabelMap(values=(0, 1), names=("background", "nucleus"))
    session = SegmentSession(Predictions(lambda path, **more: FakeModel(1, LABELS if path == run else labels)))
    with pytest.raises(InputError, match="same classes"):
        session.check_pair(run, other, OPTIONS)


def test_without_a_mask_there_is_no_truth_and_no_score(session, run):
    assert session.view(source(), [run], OPTIONS).truth is None
    assert session.score(source(), run, OPTIONS) is None


def test_without_a_run_the_image_alone_is_shown(session, models):
    view = session.view(source(), [], OPTIONS)
    assert (view.first, view.truth, models) == (None, None, [])


def test_rows_hold_what_is_known_so_far(session, run):
    sources = [source("a", mask=(PIXELS > 100).astype(np.uint8), group="p1", split="val"), source("b")]
    assert [row.first for row in session.rows(sources, [run], OPTIONS)] == [None, None]
    session.score(sources[0], run, OPTIONS)
    rows = session.rows(sources, [run], OPTIONS, problems={"b": "cannot be read"})
    assert [(row.first, row.group, row.split, row.problem) for row in rows] == [
        (1.0, "p1", "val", ""), (None, "", "", "cannot be read")
    ]  # fmt: skip


def test_a_cancelled_prediction_leaves_nothing_and_can_be_asked_again(session, run):
    def stop(stage, done, total):
        if stage == "predicting":
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        session.view(source(), [run], OPTIONS, progress=stop)
    assert not session.is_ready(source(), [run], OPTIONS)
    assert session.view(source(), [run], OPTIONS).first is not None


def test_a_run_without_the_checkpoint_asked_for_says_so(session, run):
    with pytest.raises(MissingFileError, match="no checkpoint 'last'"):
        session.view(source(), [run], PredictOptions(checkpoint="last"))


def test_uncertainty_is_kept_as_bytes_on_a_scale_from_zero_to_one():
    values = np.array([[0, 0.5, 1.0, 1.2]], np.float32)
    model = FakeModel(0)
    prediction = model.predict(image_of(np.zeros((1, 4), np.uint8)), progress=lambda *told: None)
    prediction.uncertainty = values
    shown = ready(prediction, image_of(np.zeros((1, 4), np.uint8)))
    assert shown.uncertainty.finest.array.tolist() == [[0, 128, 255, 255]]


def test_predictions_are_forgotten_before_memory_runs_out(run, monkeypatch):
    monkeypatch.setattr("vitsci_viz.views.session.segment_predict.BYTES_KEPT", 5 * PIXELS.size)
    predictions = Predictions(open_fake)
    for key in "abc":
        predictions.predict(run, image_of(PIXELS), key, OPTIONS, progress=lambda *told: None)
    known = [predictions.peek(run, key, OPTIONS) is not None for key in "abc"]
    assert known == [False, True, True]


@pytest.mark.parametrize(
    ("values", "labels", "expected"),
    [
        ([0, 1, 1], LABELS, [0, 1, 1]),
        ([0, 255, 255], LABELS, [0, 1, 1]),
        ([0, 128, 255], LabelMap(values=(0, 128), names=("a", "b"), ignore=(255,)), [0, 1, IGNORED]),
        ([0, 7, 9], LabelMap(values=(0, 1), names=("a", "b"), is_instances=True), [0, 1, 1]),
    ],
)
def test_mask_values_become_the_classes_of_the_run(values, labels, expected):
    mask = image_of(np.array([values], np.uint8), "mask")
    assert truth_of(mask, labels, (1, 3)).tolist() == [expected]


def test_a_mask_that_does_not_belong_is_refused():
    with pytest.raises(InputError, match="must have the image's shape"):
        truth_of(image_of(np.zeros((3, 3), np.uint8)), LABELS, (4, 4))
    with pytest.raises(InputError, match="values of the classes"):
        truth_of(image_of(np.array([[0, 1, 5]], np.uint8)), LABELS, (1, 3))
