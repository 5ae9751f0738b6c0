"""The widgets around one `Tune`: form, shared canvas, readings, curve; they ask, the session answers."""

import math
from typing import TYPE_CHECKING

import ipywidgets as widgets

from vitsci_viz.errors import Cancelled, VitsciVizError
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.notebook.bokeh_widget import BokehWidget
from vitsci_viz.views.notebook.curve import LengthCurvePlot
from vitsci_viz.views.notebook.forms import OptionForm
from vitsci_viz.views.notebook.lanes import KernelLane
from vitsci_viz.views.notebook.painter import Painter
from vitsci_viz.views.notebook.readings import ReadingsTable
from vitsci_viz.views.notebook.status import StatusLine
from vitsci_viz.views.notebook.style import STYLE
from vitsci_viz.views.session.guidance import guidance

if TYPE_CHECKING:
    from vitsci_viz.views.notebook.tune import Tune

CANVAS_HEIGHT = 520


class TuneView:
    """Form, canvas, readings and curve of one `Tune`.

    Parameters
    ----------
    tune : Tune
        Holds the setting; `show` is called when it changes.
    """

    def __init__(self, tune: "Tune") -> None:
        self._tune = tune
        self._session = tune.session
        self._guided: PatchOptions | None = None
        self._wanted = tune.options
        self.status = StatusLine()
        self._detail = KernelLane(on_progress=self.status.report)
        self._fidelity = KernelLane(on_progress=self.status.report)
        self.status.on_cancel(self._cancel)
        presets = {name: PatchOptions.preset(name) for name in PRESETS}
        self.form: OptionForm[PatchOptions] = OptionForm(tune.options, on_change=self.request, presets=presets)
        self.readings = ReadingsTable()
        self.curve = LengthCurvePlot()
        self.canvas = PatchCanvas(
            self._session.shape[-2:],
            spacing_um=self._session.spacing_um,
            title=self._session.image.name,
            height=CANVAS_HEIGHT,
        )
        self.painter = Painter(self._session, self.canvas, tune.options)
        self.canvas.on_slice(self._step_slice)
        self.slice = widgets.IntSlider(
            value=self.painter.slice_index or 0,
            min=0,
            max=self._session.slices - 1,
            description="Slice",
            layout=widgets.Layout(width="100%", display=None if self._session.is_volume else "none"),
        )
        self.slice.observe(lambda change: self.painter.show_slice(change["new"]), "value")
        self.widget = self._arrange()
        self.show(tune.options)

    def request(self, options: PatchOptions) -> None:
        """Take a setting from the form; new detail is computed in a thread while the last picture stays."""
        self._wanted = options
        try:
            is_ready = self._session.is_ready(options)
        except VitsciVizError as error:
            self._refuse(error)
            return
        if is_ready:
            self._apply(options)
            return
        self.canvas.set_stale(True, "computing the detail")
        self._detail.submit(
            lambda progress: self._session.pyramid(options, progress=progress),
            lambda pyramid: self._apply(options) if options is self._wanted else None,
            self._refuse,
        )

    def show(self, options: PatchOptions) -> None:
        """Show the setting of the `Tune`: widgets, leaves, readings and curve."""
        if self.form.state.options != options:
            self.form.show(options)
        self.form.succeed()
        self._guide(options)
        self.canvas.set_stale(False)
        self.status.clear()
        self._draw_readings()
        self.painter.show(options)
        self._measure(options)

    def _measure(self, options: PatchOptions) -> None:
        """Find out in a thread what tokens of these sides keep; any other tree of these sides is a look-up then."""
        if not self._session.is_fidelity_ready(options):
            self._fidelity.submit(
                lambda progress: self._session.prepare_fidelity(options, progress=progress),
                self._fidelity_known,
                self._refuse,
            )

    def _apply(self, options: PatchOptions) -> None:
        try:
            self._tune.options = options
        except VitsciVizError as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Say what was wrong beside its field; options, tree and picture stay as they were."""
        self.canvas.set_stale(False)
        self.status.clear()
        if isinstance(error, Cancelled):
            self.form.show(self._tune.options)
        elif isinstance(error, VitsciVizError):
            self.form.fail(str(error))
        else:
            self.form.fail(f"{type(error).__name__}: {error}")
            raise error

    def close(self) -> None:
        """End the worker threads and close the widgets."""
        for worker in (self._detail, self._fidelity, self.painter):
            worker.close()
        self.canvas.close()
        self.widget.close()

    def _cancel(self) -> None:
        for lane in (self._detail, self._fidelity):
            lane.cancel()

    def _guide(self, options: PatchOptions) -> None:
        """Renew hints, slider ranges and the curve where they depend on what changed."""
        basis = options.replace(mode="threshold", split_value=None, length=1, balance=False, seed=0, overflow="error")
        if basis == self._guided:
            return
        self._guided = basis
        self.form.guide(guidance(self._session, options))
        unit, pixel = self._split_unit(options)
        self.curve.show_curve(self._session.curve(options), unit=unit, pixel=pixel)

    def _split_unit(self, options: PatchOptions) -> tuple[str, float]:
        """Return the unit of the split value, and what one pixel counts in it."""
        spacing = self._session.spacing_um
        if options.physical and spacing is not None:
            return f"um^{len(spacing)}", math.prod(spacing)
        return "px", 1.0

    def _draw_readings(self) -> None:
        options = self._tune.options
        readings = self._session.readings(options)
        self.readings.show(readings, min_size=self._session.sides(options).min_size)
        value = None if readings.split_value is None else readings.split_value * self._split_unit(options)[1]
        self.curve.show_point(value, readings.tokens)

    def _fidelity_known(self, nothing: None) -> None:
        self.status.clear()
        self._draw_readings()

    def _step_slice(self, step: int) -> None:
        self.slice.value = min(max(self.slice.value + step, self.slice.min), self.slice.max)

    def _arrange(self) -> widgets.Widget:
        layout = widgets.Layout
        left = widgets.VBox(
            [self.form.widget], layout=layout(width="300px", min_width="300px", padding="0 12px 0 0", overflow="auto")
        )
        below = widgets.HBox(
            [
                widgets.Box([self.readings.widget], layout=layout(flex="3 1 300px", min_width="0")),
                widgets.Box([BokehWidget(self.curve.layout)], layout=layout(flex="2 1 220px", min_width="0")),
            ]
        )
        right = widgets.VBox(
            [BokehWidget(self.canvas.layout), self.slice, self.status.widget, below],
            layout=layout(flex="1 1 auto", min_width="0", overflow="hidden"),
        )
        return widgets.VBox([widgets.HTML(STYLE), widgets.HBox([left, right])])
