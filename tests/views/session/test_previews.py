import cv2
import numpy as np
import pytest

from tests.views.session.runs import write_data, write_preview, write_run
from vitsci_viz.views.session.previews import PreviewReader, encoded, indices, painted


@pytest.fixture
def data(tmp_path):
    return write_data(tmp_path / "tiles")


def test_previews_are_read_when_a_validation_has_written_them(tmp_path, data):
    run = write_run(tmp_path / "run")
    reader = PreviewReader(run, (0, 1))
    assert not reader.look()
    write_preview(run, data, step=4)
    assert reader.look()
    assert not reader.look()
    (preview,) = reader.previews
    assert (preview.name, preview.dice, preview.step) == ("disc0", 1.0, 4)
    np.testing.assert_array_equal(preview.prediction, preview.truth)
    assert (preview.truth != preview.image).any()


def test_an_image_that_has_gone_leaves_a_preview_without_pictures(tmp_path, data):
    run = write_run(tmp_path / "run")
    write_preview(run, data, step=4)
    (data / "images" / "disc0.png").unlink()
    reader = PreviewReader(run)
    assert reader.look()
    assert reader.previews[0].image is None
    assert encoded(reader.previews[0].image) == b""


def test_classes_are_painted_where_they_are_at_any_resolution():
    labels = np.zeros((20, 30), np.uint8)
    labels[5:15, 10:20] = 1
    picture = np.full((40, 60, 3), 100, np.uint8)
    changed = (painted(picture, labels) != picture).any(axis=-1)
    wanted = cv2.resize(labels, (60, 40), interpolation=cv2.INTER_NEAREST) > 0
    np.testing.assert_array_equal(changed, wanted)


def test_mask_values_become_class_indices():
    mask = np.array([[0, 5], [9, 255]])
    assert indices(mask, (0, 5, 9)).tolist() == [[0, 1], [2, 0]]
    assert indices(np.array([[0, 1]]), (0, 255)).tolist() == [[0, 1]]


def test_a_picture_survives_its_encoding():
    rgb = np.full((16, 16, 3), (200, 100, 50), np.uint8)
    back = cv2.imdecode(np.frombuffer(encoded(rgb), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert np.abs(back.astype(int) - rgb).max() < 6
