"""`show_prediction`: image, truth, prediction, error and uncertainty side by side in JupyterLab, linked."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
import numpy as np
from bokeh.layouts import row

from vitsci_viz.errors import InputError
from vitsci_viz.progress import Progress
from vitsci_viz.types import Image
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.notebook.bokeh_widget import BokehWidget, load_bokeh
from vitsci_viz.views.notebook.lanes import KernelLane
from vitsci_viz.views.notebook.style import STYLE
from vitsci_viz.views.session.picture import overview, picture
from vitsci_viz.views.session.segment import (
    Predicted,
    SegmentView,
    error_overlay,
    label_display,
    prediction_leaves,
    prediction_overlay,
    truth_overlay,
    uncertainty_map,
)
from vitsci_viz.views.session.segment_predict import ready
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

if TYPE_CHECKING:
    Source = str | os.PathLike[str] | Image | np.ndarray[Any, Any]

HEIGHT = 380
DRAW: Mapping[str, Callable[[SegmentView, Window], Any]] = {
    "truth": truth_overlay,
    "prediction": prediction_overlay,
    "leaves": prediction_leaves,
    "error": error_overlay,
    "uncertainty": uncertainty_map,
}
"""What draws each layer but the image."""
PANELS: Mapping[str, tuple[str, ...]] = {
    "Truth": ("image", "truth"),
    "Prediction": ("image", "prediction", "leaves"),
    "Error": ("image", "error"),
    "Uncertainty": ("uncertainty",),
}
"""Layers of each canvas, bottom to top."""


def show_prediction(
    image: "Source", prediction: Any, truth: "Source | None" = None, *, classes: Sequence[str] = ()
) -> "PredictionView":
    """Look at a prediction beside its image in JupyterLab; all pictures share zoom and cursor.

    Parameters
    ----------
    image : path, Image or array
        What was predicted.
    prediction : Prediction, path, Image or array
        From `open_model(run).predict(image)`, or class indices in the image's shape.
    truth : path, Image or array, optional
        The mask: adds the truth and the error. Class indices; a mask with two values means background and foreground.
    classes : sequence of str
        Names of the classes, background first; default those of the prediction.

    Returns
    -------
    PredictionView
        What the last line of a cell shows.

    Raises
    ------
    InputError
        Image, prediction and truth have different shapes.
    """
    from vitsci_viz.io import read_image, read_mask

    opened = image if isinstance(image, Image) else read_image(image)
    labels = None if truth is None else read_mask(truth)
    found = predicted_of(prediction, opened)
    for name, shape in (("prediction", found.labels.finest.array.shape), ("truth", labels and labels.shape)):
        if shape is not None and tuple(shape) != opened.shape:
            raise InputError(f"the {name} must have the image's shape {opened.shape}, got {tuple(shape)}")
    names = tuple(classes) or tuple(getattr(prediction, "classes", ()))
    truths = None if labels is None else label_display(np.asarray(labels).astype(np.uint8))
    session = PatchSession(opened)
    middle = session.slices // 2 if session.is_volume else None
    return PredictionView(SegmentView(base=session, classes=names, truth=truths, first=found, slice_index=middle))


def predicted_of(prediction: Any, image: Image) -> Predicted:
    """Return what is drawn of a prediction of the workflow, or of class indices."""
    if hasattr(prediction, "uncertainty"):
        return ready(prediction, image)
    from vitsci_viz.io import read_mask

    return Predicted(labels=label_display(np.asarray(read_mask(prediction, keep_values=True)).astype(np.uint8)))


class PredictionView:
    """Canvases of one prediction; what `show_prediction` returns.

    Parameters
    ----------
    view : SegmentView
        Image, truth and prediction.
    """

    def __init__(self, view: SegmentView) -> None:
        self.view = view
        self._lane = KernelLane()
        self._windows: dict[str, Window] = {}
        self.canvases: dict[str, PatchCanvas] = {}
        first = None
        for name in panels_of(view):
            canvas = PatchCanvas(
                view.base.shape[-2:],
                spacing_um=None if view.base.spacing_um is None else view.base.spacing_um[-2:],
                layers=PANELS[name],
                title=f"{view.base.image.name} {name.lower()}",
                height=HEIGHT,
                link=first,
            )
            first = first or canvas
            canvas.on_window(lambda window, name=name: self._moved(name, window))
            canvas.on_slice(self.step_slice)
            self.canvases[name] = canvas
        if "Prediction" in self.canvases:
            self.canvases["Prediction"].set_layer("leaves", visible=False)

    @property
    def widget(self) -> widgets.Widget:
        """The canvases beside each other, with their names above."""
        names = "".join(f'<div style="flex:1"><b>{name}</b></div>' for name in self.canvases)
        figures = row(*(canvas.layout for canvas in self.canvases.values()), sizing_mode="stretch_width")
        return widgets.VBox(
            [widgets.HTML(f'{STYLE}<div class="vz-note" style="display:flex">{names}</div>'), BokehWidget(figures)]
        )

    def step_slice(self, step: int) -> None:
        """Show another slice of a volume."""
        base, index = self.view.base, self.view.slice_index
        if index is None:
            return
        index = min(max(0, index + step), base.slices - 1)
        self.view = SegmentView(
            base=base, classes=self.view.classes, truth=self.view.truth, first=self.view.first, slice_index=index
        )
        self._draw()

    def close(self) -> None:
        """End the worker thread and the canvases."""
        self._lane.close()
        for canvas in self.canvases.values():
            canvas.close()

    def _moved(self, name: str, window: Window) -> None:
        self._windows[name] = window
        self._draw()

    def _draw(self) -> None:
        view, windows = self.view, dict(self._windows)

        def work(progress: Progress) -> dict[str, dict[str, Any]]:
            return {name: _scenes(view, PANELS[name], window) for name, window in windows.items()}

        def done(drawn: dict[str, dict[str, Any]]) -> None:
            for name, scenes in drawn.items():
                for layer, scene in scenes.items():
                    if layer == "overview":
                        self.canvases[name].show_overview(scene)
                    else:
                        self.canvases[name].show(layer, scene)

        self._lane.submit(work, done)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        load_bokeh()
        display(self.widget)

    def __repr__(self) -> str:
        return f"PredictionView({self.view.base.image.name}, {', '.join(self.canvases)})"


def panels_of(view: SegmentView) -> tuple[str, ...]:
    """Return the names of the canvases that have something to show."""
    has_truth, found = view.truth is not None, view.first
    shown = {
        "Truth": has_truth,
        "Prediction": found is not None,
        "Error": has_truth and found is not None,
        "Uncertainty": found is not None and found.uncertainty is not None,
    }
    return tuple(name for name in PANELS if shown[name])


def _scenes(view: SegmentView, layers: Sequence[str], window: Window) -> dict[str, Any]:
    drawn: dict[str, Any] = {"overview": overview(view.base, slice_index=view.slice_index)} if "image" in layers else {}
    for layer in layers:
        if layer == "image":
            drawn[layer] = picture(view.base, window, slice_index=view.slice_index)
        else:
            drawn[layer] = DRAW[layer](view, window)
    return drawn
