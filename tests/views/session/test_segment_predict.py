"""Predictions of a real model, with random weights, as the views get them."""

import subprocess
import sys

import numpy as np
import pytest

from tests.workflows.runs import CLASSES, picture, write_run
from vitsci_viz.types import Image
from vitsci_viz.views.session.segment import error_overlay, prediction_leaves, prediction_overlay, uncertainty_map
from vitsci_viz.views.session.segment_predict import Predictions
from vitsci_viz.views.session.segment_session import SegmentSession, Source
from vitsci_viz.views.session.state import Window
from vitsci_viz.workflows.segment_options import PredictOptions

OPTIONS = PredictOptions()


def source_of(pixels, axes, mask=None):
    image = Image(levels=(pixels,), axes=axes, name="picture")
    labels = None if mask is None else Image(levels=(mask,), axes=axes.removesuffix("c"), name="mask")
    return Source(key="picture", name="picture", open=lambda progress: (image, labels))


@pytest.mark.parametrize(("ndim", "shape"), [(2, (90, 117)), (3, (16, 40, 48))])
def test_what_is_drawn_is_what_the_workflow_predicts(tmp_path, ndim, shape):
    from vitsci_viz.workflows.segmenting import open_model

    channels = 3 if ndim == 2 else 1
    run = write_run(tmp_path / "run", ndim=ndim, channels=channels)
    pixels = picture(shape, channels)
    axes = "yxc" if ndim == 2 else "zyx"
    mask = np.random.default_rng(0).integers(0, 3, shape).astype(np.uint8)
    index = None if ndim == 2 else 7
    view = SegmentSession(Predictions()).view(source_of(pixels, axes, mask), [run], OPTIONS, slice_index=index)
    expected = open_model(run).predict(Image(levels=(pixels,), axes=axes))
    assert view.classes == CLASSES
    assert np.array_equal(view.first.labels.finest.array, np.asarray(expected.labels[...]))
    difference = view.first.uncertainty.finest.array / 255 - np.asarray(expected.uncertainty[...])
    assert np.abs(difference).max() <= 0.5 / 255 + 1e-6
    assert view.first.tokens == expected.tokens
    window = Window(0, 0, shape[-1], shape[-2], shape[-1], shape[-2])
    flat = np.asarray(expected.labels[...]) if ndim == 2 else np.asarray(expected.labels[...])[index]
    assert np.array_equal(prediction_overlay(view, window).index % 128, flat)
    assert uncertainty_map(view, window).index.shape == shape[-2:]
    assert error_overlay(view, window).index.shape == shape[-2:]
    assert prediction_leaves(view, window).total == len(expected.trees[0])


def test_the_page_opens_without_torch():
    code = (
        "import sys, vitsci_viz.views.panel_app.pages.segment; "
        "print([name for name in ('torch', 'monai', 'transformers', 'panel') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
