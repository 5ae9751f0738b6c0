import numpy as np
import pytest

import vitsci_viz as vz
from vitsci_viz.errors import InputError
from vitsci_viz.types import Image
from vitsci_viz.views.session.state import Window

WHOLE = Window.fit((96, 128), 256, 192, margin=0)


class Said:
    """What a model says of an image."""

    classes = ("ground", "blob")
    trees = ()
    tokens = 12
    seconds = {}  # noqa: RUF012 - never changed
    notes = ()

    def __init__(self, labels):
        self.labels = labels
        self.uncertainty = np.full(labels.shape, 0.25, np.float32)


def drawn(view, name, layer):
    """Move a canvas to the whole image and return what a layer was sent."""
    sent = {}
    view.canvases[name].show = lambda each, scene: sent.update({each: scene})
    view._moved(name, WHOLE)
    return sent[layer]


def test_a_prediction_with_its_truth_fills_every_canvas(picture, mask):
    view = vz.show_prediction(picture, Said(mask), mask)
    assert list(view.canvases) == ["Truth", "Prediction", "Error", "Uncertainty"]
    assert view.view.classes == ("ground", "blob")
    np.testing.assert_array_equal(drawn(view, "Truth", "truth").index, drawn(view, "Prediction", "prediction").index)
    assert drawn(view, "Uncertainty", "uncertainty").index.max() == 64
    view.close()


def test_labels_alone_show_the_prediction(picture, mask):
    view = vz.show_prediction(picture, mask, classes=("ground", "blob"))
    assert list(view.canvases) == ["Prediction"]
    assert view.widget is not None
    view.close()


def test_an_error_is_where_truth_and_prediction_differ(picture, mask):
    wrong = mask.copy()
    wrong[:48] = 0
    view = vz.show_prediction(picture, wrong, mask)
    error = drawn(view, "Error", "error").index
    missed, found = (np.unique(error[rows][mask[rows] == 1]) for rows in (slice(0, 48), slice(48, None)))
    assert len(missed) == len(found) == 1
    assert missed != found
    assert not error[mask == 0].any()
    view.close()


def test_shapes_must_agree(picture, mask):
    with pytest.raises(InputError, match="the prediction must have the image's shape"):
        vz.show_prediction(picture, mask[:-1])
    with pytest.raises(InputError, match="the truth must have the image's shape"):
        vz.show_prediction(picture, mask, mask[:-1])


def test_slices_of_a_volume_are_stepped_through():
    volume = np.random.default_rng(0).integers(0, 255, (5, 16, 20), np.uint8)
    view = vz.show_prediction(Image(levels=(volume,), axes="zyx"), (volume > 120).astype(np.uint8))
    assert view.view.slice_index == 2
    view.step_slice(9)
    assert view.view.slice_index == 4
    view.close()
