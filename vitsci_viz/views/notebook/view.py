"""The widgets around one `Tune`: form, shared canvas, readings, curve; they ask, the session answers."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from vitsci_viz.errors import Cancelled, VitsciVizError
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.notebook.bokeh_widget import BokehWidget
from vitsci_viz.views.notebook.curve import LengthCurvePlot
from vitsci_viz.views.notebook.forms import OptionForm
from vitsci_viz.views.notebook.lanes import Lane
from vitsci_viz.views.notebook.readings import ReadingsTable
from vitsci_viz.views.notebook.status import StatusLine
from vitsci_viz.views.notebook.style import STYLE
from vitsci_viz.views.session import scene
from vitsci_viz.views.session.guidance import guidance
from vitsci_viz.views.session.state import Window

if TYPE_CHECKING:
    from vitsci_viz.views.notebook.tune import Tune

CANVAS_HEIGHT = 520
SLOW_LAYERS: dict[str, Callable[..., Any]] = {"reconstruction": scene.reconstruction, "error": scene.error_map}
"""Layers that need pixels; drawn in a worker thread, only while visible."""
HIDDEN_AT_FIRST = ("reconstruction", "error")


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
        self._window: Window | None = None
        self._slice = self._session.slices // 2 if self._session.is_volume else None
        self._guided: PatchOptions | None = None
        self._offered: set[str] = set()
        self.status = StatusLine()
        self._detail = Lane(on_progress=self.status.report)
        self._pixels = Lane(on_progress=self.status.report)
        self._fidelity = Lane(on_progress=self.status.report)
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
        for name in HIDDEN_AT_FIRST:
            self.canvas.set_layer(name, visible=False)
        self.canvas.on_window(self._moved)
        self.canvas.on_probe(self._probed)
        self.canvas.on_layers(lambda layers: self._draw_pixels())
        self.canvas.on_slice(self._step_slice)
        self.slice = widgets.IntSlider(
            value=self._slice or 0,
            min=0,
            max=self._session.slices - 1,
            description="Slice",
            layout=widgets.Layout(width="100%", display=None if self._session.is_volume else "none"),
        )
        self.slice.observe(self._slice_changed, "value")
        self.widget = self._arrange()
        self.show(tune.options)

    def request(self, options: PatchOptions) -> None:
        """Take a setting from the form; new detail is computed in a thread while the last picture stays."""
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
            lambda pyramid: self._apply(options),
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
        self._draw_leaves()
        self._draw_pixels()
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
        for lane in (self._detail, self._fidelity, self._pixels):
            lane.close()
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
        spacing = self._session.spacing_um
        if options.physical and spacing is not None:
            self.curve.show_curve(self._session.curve(options), unit=f"um^{len(spacing)}", pixel=_volume(spacing))
        else:
            self.curve.show_curve(self._session.curve(options))

    def _draw_readings(self) -> None:
        options = self._tune.options
        readings = self._session.readings(options)
        self.readings.show(readings, min_size=self._session.sides(options).min_size)
        pixel = _volume(self._session.spacing_um) if options.physical and self._session.spacing_um else 1.0
        value = None if readings.split_value is None else readings.split_value * pixel
        self.curve.show_point(value, readings.tokens)

    def _fidelity_known(self, nothing: None) -> None:
        self.status.clear()
        self._draw_readings()

    def _moved(self, window: Window) -> None:
        self._window = window
        self._draw_leaves()
        self._draw_pixels()

    def _draw_leaves(self) -> None:
        if self._window is not None:
            found = scene.leaves(self._session, self._tune.options, self._window, slice_index=self._slice)
            self.canvas.show_leaves(found)

    def _draw_pixels(self) -> None:
        """Draw everything made from pixels in a thread: the image first, then what is kept."""
        if self._window is None:
            return
        options, window, at = self._tune.options, self._window, self._slice
        layers = self.canvas.layers
        # a layer is drawn once while hidden, so that the canvas offers to show it
        wanted = [name for name in SLOW_LAYERS if layers[name][0] or name not in self._offered]

        def work(progress: Any) -> list[tuple[str, Any]]:
            drawn: list[tuple[str, Any]] = [("image", scene.picture(self._session, window, slice_index=at))]
            drawn.append(("mask", scene.mask_overlay(self._session, window, slice_index=at)))
            drawn += [(name, SLOW_LAYERS[name](self._session, options, window, slice_index=at)) for name in wanted]
            return drawn

        def done(drawn: list[tuple[str, Any]]) -> None:
            self._offered.update(wanted)
            for name, layer in drawn:
                self.canvas.show(name, layer)

        self._pixels.submit(work, done)

    def _probed(self, point: tuple[float, float] | None) -> None:
        place = None if point is None else point if self._slice is None else (float(self._slice), *point)
        leaf = None if place is None else self._session.leaf_at(self._tune.options, place)
        if leaf is None or point is None:
            self.canvas.show_probe(None)
            return
        side = " x ".join(str(each) for each in leaf.size)
        text = (
            f"y {point[0]:,.0f}, x {point[1]:,.0f}",
            f"token {leaf.token + 1:,} of {len(self._tune.tree):,}",
            f"level {leaf.level}",
            f"{side} px",
            f"detail {leaf.score:,.4g}",
        )
        self.canvas.show_probe(leaf, text)

    def _step_slice(self, step: int) -> None:
        self.slice.value = min(max(self.slice.value + step, self.slice.min), self.slice.max)

    def _slice_changed(self, change: Any) -> None:
        self._slice = change["new"]
        self._draw_leaves()
        self._draw_pixels()

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


def _volume(spacing: tuple[float, ...]) -> float:
    product = 1.0
    for each in spacing:
        product *= each
    return product
