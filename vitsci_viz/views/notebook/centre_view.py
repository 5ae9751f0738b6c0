"""The widgets around one `CentreTuner`: number, slider and candidates; sinogram with the axis on it; the slice."""

import html
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets
from bokeh.layouts import row as beside

from vitsci_viz.errors import Cancelled, VitsciVizError
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.canvas.guides import Guide
from vitsci_viz.views.notebook.bokeh_widget import BokehWidget
from vitsci_viz.views.notebook.forms import OptionForm
from vitsci_viz.views.notebook.lanes import KernelLane, kernel_post
from vitsci_viz.views.notebook.status import StatusLine
from vitsci_viz.views.notebook.style import STYLE
from vitsci_viz.views.session.tomography import TrialSlice
from vitsci_viz.views.session.tomography_follow import SliceFollower, Wanted
from vitsci_viz.views.session.tomography_scene import grey_raster, span_of
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vitsci_viz.views.notebook.tune_centre import CentreTuner

HEIGHT = 460
PIXELS = 512
"""Screen pixels along a side before the page has said how many there are."""
FINE_SHARE = 1 / 80
"""Of the detector, on either side of the axis: the way of the slider."""
LEAST_FINE_PX = 5.0
STEP_PX = 0.05
AXIS_COLOUR = "#e69f00"
SINOGRAM_SHARE = 0.8
"""Height of the sinogram over its width, whatever the number of views."""
LABEL = {"description_width": "64px"}


class CentreView:
    """Controls, sinogram and slice of one `CentreTuner`.

    Parameters
    ----------
    tuner : CentreTuner
        Holds the setting; `show` is called when it changes.
    """

    def __init__(self, tuner: "CentreTuner") -> None:
        self._tuner, self._session = tuner, tuner.session
        self._planes: dict[str, tuple[Any, tuple[float, float], tuple[float, float], str]] = {}
        self._is_quiet = self._is_dragged = self._is_sliding = False
        self.status = StatusLine()
        self._work = KernelLane(on_progress=self.status.report)
        self.status.on_cancel(self._work.cancel)
        post = kernel_post()
        self._follower = None if post is None else SliceFollower(post, on_slice=self._follow, on_failed=self._refuse)
        self._make_canvases()
        self._make_controls()
        self.form = OptionForm(tuner.options, on_change=self._take_options)
        self.widget = self._arranged()
        self.show()

    # ---- what is drawn

    def show(self) -> None:
        """Show the setting of the tuner: controls and line at once, sinogram and slice as soon as they are made."""
        tuner = self._tuner
        self._put_controls()
        if self.form.state.options != tuner.options:
            self.form.show(tuner.options)
        self.form.succeed()
        self.sinogram.show_guides([
            Guide(name="axis", axis="x", at=tuner.centre + 0.5, label="axis", colour=AXIS_COLOUR)
        ])  # fmt: skip
        wanted = Wanted(
            session=self._session, options=tuner.options, row=tuner.row, centre_px=tuner.centre, pixels=self._pixels()
        )
        self.slice.set_stale(True)
        if self._follower is not None:
            self._follower.ask(wanted, is_done=not self._is_dragged)
        else:
            self._follow(wanted, self._session.slice(wanted.options, wanted.row, wanted.centre_px), 0.0)

    def close(self) -> None:
        """End the worker threads and close the widgets."""
        self._work.close()
        if self._follower is not None:
            self._follower.close()
        self.sinogram.close()
        self.slice.close()
        self.widget.close()

    def find(self) -> None:
        """Find the centre in a thread, and move to the best candidate."""
        self.find_button.disabled = True
        self._work.submit(lambda progress: self._tuner.found(progress=progress), self._found, self._not_found)

    def _follow(self, wanted: Wanted, found: TrialSlice, seconds: float) -> None:
        """Draw a slice with its sinogram, which was made on the way."""
        lines, corrections = self._session.lines(wanted.options, wanted.row, wanted.centre_px)
        side = float(found.side)
        if self._side != found.side:
            self._side = found.side
            self.slice.set_image((found.side, found.side), title=f"{self._session.scan.name} slice")
        self._plane("slice", found.values, (side, side), f"attenuation, {found.unit}")
        self._plane("sinogram", lines, self._sinogram_shape(), "line integral")
        self.slice.set_stale(False)
        kind = f"preview, {len(found.values)} px" if found.is_preview else f"{found.side:,} x {found.side:,} px"
        said = [f"axis at {found.centre_px:.2f} px, row {wanted.row}: {kind}, {1000 * seconds:,.0f} ms"]
        said += corrections.sentences()
        self.note.value = f'<div class="vz-note" role="status">{"<br>".join(map(html.escape, said))}</div>'

    def _plane(self, name: str, values: "NDArray[Any]", shape: tuple[float, float], label: str) -> None:
        self._planes[name] = values, shape, span_of(values), label
        self._draw(name)

    def _draw(self, name: str) -> None:
        if name not in self._planes:
            return
        values, (height, width), span, label = self._planes[name]
        canvas = {"slice": self.slice, "sinogram": self.sinogram}[name]
        canvas.show("image", grey_raster(values, (0.0, 0.0, width, height), span, canvas.window, label=label))

    def _pixels(self) -> int:
        window = self.slice.window
        return PIXELS if window is None else max(window.width, window.height)

    def _sinogram_shape(self) -> tuple[float, float]:
        columns = float(self._session.scan.columns)
        return SINOGRAM_SHARE * columns, columns

    # ---- what the user does

    def _take_centre(self, centre_px: float, *, is_done: bool = True, is_sliding: bool = False) -> None:
        """Take a place of the axis from the page; one beside the detector is its end."""
        last = self._session.scan.columns - 1.0
        self._is_dragged, self._is_sliding = not is_done, is_sliding
        try:
            self._attempt(lambda: setattr(self._tuner, "centre", round(min(max(centre_px, 0.0), last), 2)))
        finally:
            self._is_dragged = self._is_sliding = False

    def _take_options(self, options: ReconstructOptions) -> None:
        self._attempt(lambda: setattr(self._tuner, "options", options))

    def _attempt(self, change: Callable[[], None]) -> None:
        try:
            change()
        except VitsciVizError as error:
            self._refuse(error)

    def _refuse(self, error: Exception) -> None:
        """Say what was wrong beside its field; the last slice stays."""
        self.slice.set_stale(False)
        if isinstance(error, VitsciVizError):
            self.form.fail(str(error))
            self.note.value = f'<div class="vz-error" role="alert">{html.escape(str(error))}</div>'
            return
        self.form.fail(f"{type(error).__name__}: {error}")
        raise error

    def _found(self, candidates: Any) -> None:
        self.status.clear()
        self.find_button.disabled = False
        self._attempt(lambda: self._tuner.take(candidates))

    def _not_found(self, error: Exception) -> None:
        self.status.clear()
        self.find_button.disabled = False
        if not isinstance(error, Cancelled):
            self._refuse(error)

    def _moved(self, places: Mapping[str, float], is_done: bool) -> None:
        self._take_centre(places["axis"] - 0.5, is_done=is_done)

    def _number_changed(self, change: Mapping[str, Any]) -> None:
        if not self._is_quiet:
            is_sliding = change["owner"] is self.slider
            place = float(change["new"]) + (self._anchor if is_sliding else 0.0)
            self._take_centre(place, is_done=not is_sliding, is_sliding=is_sliding)

    def _candidate_chosen(self, change: Mapping[str, Any]) -> None:
        if not self._is_quiet and change["new"] is not None:
            chosen = self._tuner.candidates[change["new"]]
            self._attempt(lambda: setattr(self._tuner, "centre", chosen.centre_px))

    def _row_changed(self, change: Mapping[str, Any]) -> None:
        if not self._is_quiet:
            self._attempt(lambda: setattr(self._tuner, "row", int(change["new"])))

    # ---- how it is made

    def _make_canvases(self) -> None:
        scan = self._session.scan
        pixel = scan.geometry.pixel_mm
        spacing = None if pixel is None else (1000 * pixel,) * 2
        self._side = self._session.engine(self._tuner.options, self._tuner.centre).side
        height, columns = self._sinogram_shape()
        self.sinogram = PatchCanvas(
            (round(height), round(columns)), layers=("image",), title=f"{scan.name} sinogram", height=HEIGHT,
            axes=("column", "view"),
        )  # fmt: skip
        self.sinogram.set_image((round(height), scan.columns), steps=(1.0, height / scan.views))
        self.slice = PatchCanvas(
            (self._side,) * 2, spacing_um=spacing, layers=("image",), title=f"{scan.name} slice", height=HEIGHT
        )
        self.sinogram.on_window(lambda window: self._draw("sinogram"))
        self.slice.on_window(lambda window: self._draw("slice"))
        self.sinogram.on_guide(self._moved)

    def _make_controls(self) -> None:
        last = self._session.scan.columns - 1.0
        self.number = widgets.BoundedFloatText(
            min=0.0, max=last, step=STEP_PX, description="Centre", style=LABEL, layout=_wide(),
            tooltip="Where the rotation axis falls, in detector pixels whose centres are at integers",
        )  # fmt: skip
        # a way from an anchor: a page that hears of new ends clamps the old value and sends it back
        self._anchor, reach = self._tuner.centre, max(LEAST_FINE_PX, FINE_SHARE * last)
        self.slider = widgets.FloatSlider(
            min=-reach, max=reach, step=STEP_PX, readout=False, description=" ", style=LABEL, layout=_wide()
        )
        self.candidates = widgets.Dropdown(description="Found", options=[], style=LABEL, layout=_wide())
        self.find_button = widgets.Button(
            description="Find centre", tooltip="By several methods on several rows", layout=_wide()
        )
        rows = self._session.scan.rows
        self.row = widgets.IntSlider(
            min=0, max=rows - 1, description="Row", style=LABEL, continuous_update=False,
            layout=widgets.Layout(width="100%", display=None if rows > 1 else "none"),
        )  # fmt: skip
        self.note = widgets.HTML()
        self.find_button.on_click(lambda button: self.find())
        self.number.observe(self._number_changed, "value")
        self.slider.observe(self._number_changed, "value")
        self.candidates.observe(self._candidate_chosen, "index")
        self.row.observe(self._row_changed, "value")

    def _put_controls(self) -> None:
        """Put the controls where the tuner is, and call nobody."""
        tuner = self._tuner
        self._is_quiet = True
        try:
            self.number.value = tuner.centre
            if not self._is_sliding:
                self._anchor, self.slider.value = tuner.centre, 0.0
            names = [f"{each.centre_px:.2f} px {each.method}, {each.score:.0%}" for each in tuner.candidates]
            if tuple(self.candidates.options) != tuple(names):
                self.candidates.options = names
            places = [each.centre_px for each in tuner.candidates]
            self.candidates.index = places.index(tuner.centre) if tuner.centre in places else None
            self.candidates.layout.display = None if names else "none"
            self.row.value = tuner.row
        finally:
            self._is_quiet = False

    def _arranged(self) -> widgets.Widget:
        layout = widgets.Layout
        options = widgets.Accordion([self.form.widget], titles=("Options",), selected_index=None)
        heading = widgets.HTML('<div class="vz-heading">Rotation axis</div>')
        left = widgets.VBox(
            [heading, self.number, self.slider, self.find_button, self.candidates, self.row, self.note, options],
            layout=layout(width="300px", min_width="300px", max_height=f"{HEIGHT + 60}px", padding="0 12px 0 0",
                          overflow="auto"),
        )  # fmt: skip
        names = "".join(f'<div style="flex:1"><b>{name}</b></div>' for name in ("Sinogram: drag the axis", "Slice"))
        figures = beside(self.sinogram.layout, self.slice.layout, sizing_mode="stretch_width")
        right = widgets.VBox(
            [
                widgets.HTML(f'<div class="vz-note" style="display:flex">{names}</div>'),
                BokehWidget(figures),
                self.status.widget,
            ],
            layout=layout(flex="1 1 auto", min_width="0", overflow="hidden"),
        )
        return widgets.VBox([widgets.HTML(STYLE), widgets.HBox([left, right])])


def _wide() -> widgets.Layout:
    """Return a layout of its own for each: one that is shared hides all where it hides one."""
    return widgets.Layout(width="100%")
