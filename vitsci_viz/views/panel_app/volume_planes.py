"""Three planes of a volume beside each other: one point where they meet, one scale, drawn from a worker thread."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from vitsci_viz.views.panel_app.canvases import STRIP
from vitsci_viz.views.session.histogram import Span
from vitsci_viz.views.session.lane import Lane
from vitsci_viz.views.session.volume_planes import AXES, PLANES, Plane, PlaneName, Point, index_of, moved
from vitsci_viz.views.session.volume_state import VolumeLayout, shown_plane

if TYPE_CHECKING:
    from vitsci_viz.views.canvas.canvas import PatchCanvas
    from vitsci_viz.views.canvas.guides import Guide
    from vitsci_viz.views.session.volume_session import VolumeSession

AXIS_COLOURS: Mapping[str, str] = {"x": "#e69f00", "y": "#56b4e9", "z": "#cc79a7"}
"""Of the line that says where a plane cuts the axis; Okabe and Ito's."""
LEAST_SHARE = 0.38
"""A thin volume's side views take at least this share of the width that the slice has."""
BESIDE, BELOW = "var(--vz-beside, 100)", "var(--vz-below, 100)"
"""Room that the side views take for 100 of the slice's, set in the page by the corner: see `shares`."""
WAITING = "Making an overview"
"""What a plane across all pages of a large volume waits for."""


class VolumePlanes:
    """The canvases of the three planes, and a corner for what is at the crosshair.

    Parameters
    ----------
    draw : Lane
        Thread that reads and draws.
    ask : Lane
        Thread that answers what lies under the cursor, whatever is being drawn.
    corner : panel object
        What stands where no plane is.
    on_point : callable
        ``on_point(point, is_done)``: the user moved the crosshair.
    on_error : callable
        Called with an exception from the worker.
    """

    def __init__(
        self,
        *,
        draw: Lane,
        ask: Lane,
        corner: Any,
        on_point: Callable[[Point, bool], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        import panel as pn

        self._draw, self._ask, self._on_point, self._on_error = draw, ask, on_point, on_error
        self._session: VolumeSession | None = None
        self._point: Point = (0.5, 0.5, 0.5)
        self._span: Span = (0.0, 1.0)
        self._named: PlaneName = "xy"  # the plane that has the colour bar
        self.canvases: dict[PlaneName, PatchCanvas] = {}
        self._captions: dict[PlaneName, Any] = {}
        self._boxes: dict[str, Any] = {}
        for name, plane in PLANES.items():
            self._add(name, plane)
        self._boxes["corner"] = _box(corner, share=BESIDE)
        self._rows = [
            _row(self._boxes["xy"], self._boxes["yz"]),
            _row(self._boxes["xz"], self._boxes["corner"], share=BELOW),
        ]
        self.panel: Any = pn.Column(*self._rows, sizing_mode="stretch_both", margin=0, styles={"gap": "1px"})

    def open(self, session: "VolumeSession", point: Point, span: Span) -> None:
        """Show another volume, whole."""
        self._session, self._point, self._span = session, point, span
        for name, plane in PLANES.items():
            rows, columns = session.plane_shape(plane)
            pixel = session.pixel_um
            self.canvases[name].set_image(
                (rows, columns), spacing_um=None if pixel is None else (pixel, pixel), title=f"{session.name}-{name}",
                steps=(session.stretch[plane.across], session.stretch[plane.down]),
            )  # fmt: skip
        self._show_places()
        self.redraw()

    def show_point(self, point: Point) -> None:
        """Move the crosshair; planes that it does not leave stay as they are."""
        before, self._point = self._point, point
        self._show_places()
        for plane in PLANES.values():
            if index_of(before, plane.cut) != index_of(point, plane.cut):
                self._draw_plane(plane)

    def show_span(self, span: Span) -> None:
        """Show other values as black and white."""
        self._span = span
        self.redraw()

    def redraw(self) -> None:
        """Draw every plane anew."""
        for plane in PLANES.values():
            self._draw_plane(plane)

    def arrange(self, layout: VolumeLayout) -> None:
        """Show the three planes, or one alone."""
        self._named = shown_plane(layout)
        for name, box in self._boxes.items():
            box.visible = layout in ("planes", name)
        for row, names in zip(self._rows, (("xy", "yz"), ("xz",)), strict=True):
            row.visible = layout == "planes" or layout in names
        self.redraw()

    def fit(self) -> None:
        """Show the whole volume."""
        self.canvases["xy"].fit()

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim the planes while another volume is opened."""
        for canvas in self.canvases.values():
            canvas.set_stale(is_stale, message)

    # ---- inside

    def _add(self, name: PlaneName, plane: Plane) -> None:
        import panel as pn

        from vitsci_viz.views.canvas.canvas import PatchCanvas

        first = next(iter(self.canvases.values()), None)
        canvas = PatchCanvas((512, 512), layers=("image",), link=first, axes=plane.letters, wheel="slice")
        canvas.on_window(lambda window: self._draw_plane(plane))
        canvas.on_probe(partial(self._probe, plane))
        canvas.on_slice(partial(self._turn, plane))
        canvas.on_guide(partial(self._take, plane))
        canvas.on_click(partial(self._click, plane))
        self.canvases[name] = canvas
        caption = pn.pane.HTML("", sizing_mode="stretch_width", height=26, margin=0, styles=STRIP)
        pane = pn.pane.Bokeh(canvas.layout, sizing_mode="stretch_both", margin=0)
        self._captions[name] = caption
        self._boxes[name] = _box(caption, pane, share=BESIDE if name == "yz" else "100")

    def _show_places(self) -> None:
        from vitsci_viz.views.session.volume_wording import caption

        assert self._session is not None
        for name, plane in PLANES.items():
            self.canvases[name].show_guides(self._guides(plane))
            colour = AXIS_COLOURS[plane.cut_letter]
            mark = f'<span style="color:{colour}">\N{BLACK SQUARE}</span>'
            self._captions[name].object = f"{mark} {caption(self._session, plane, self._point)}"

    def _guides(self, plane: Plane) -> list["Guide"]:
        from vitsci_viz.views.canvas.guides import Guide

        assert self._session is not None
        stretch = self._session.stretch

        def line(axis: int, way: Literal["x", "y"]) -> Guide:
            place = self._point[axis] * stretch[axis]
            return Guide(name=AXES[axis], axis=way, at=place, colour=AXIS_COLOURS[AXES[axis]])

        return [line(plane.across, "x"), line(plane.down, "y")]

    def _draw_plane(self, plane: Plane) -> None:
        session, canvas = self._session, self.canvases[plane.name]
        if session is None:
            return
        if session.is_waiting(plane):
            canvas.set_stale(True, WAITING)
            return
        from vitsci_viz.views.session import volume_scene as scene

        window, index, span = canvas.window, index_of(self._point, plane.cut), self._span
        label = (session.quantity or "value") if plane.name == self._named else ""

        def work(progress: Any) -> Any:
            if window is None:
                return scene.plane_overview(session, plane, index, span=span)
            return scene.plane_raster(session, plane, index, window, span=span, label=label)

        def done(raster: Any) -> None:
            if self._session is not session:
                return
            if window is None:
                canvas.show_overview(raster)
            else:
                canvas.show("image", raster)

        self._draw.submit(work, done, self._on_error, kind=f"plane {plane.name}", stop_running=False)

    def _probe(self, plane: Plane, place: tuple[float, float] | None) -> None:
        session, canvas = self._session, self.canvases[plane.name]
        if session is None or place is None:
            canvas.show_probe(None)
            return
        from vitsci_viz.views.session.volume_wording import probe_text

        point = self._placed(plane, place)

        def done(text: list[str]) -> None:
            if self._session is session:
                canvas.show_probe(None, text)

        self._ask.submit(
            lambda progress: probe_text(session, plane, point), done, self._on_error, kind=f"probe {plane.name}",
            stop_running=False,
        )  # fmt: skip

    def _placed(self, plane: Plane, place: tuple[float, float]) -> Point:
        """Return the point of the volume at a (y, x) of a plane."""
        assert self._session is not None
        values = list(self._point)
        for axis, at in zip((plane.down, plane.across), place, strict=True):
            values[axis] = at / self._session.stretch[axis]
        return values[0], values[1], values[2]

    def _take(self, plane: Plane, places: Mapping[str, float], is_done: bool) -> None:
        self._move({AXES.index(name): at for name, at in places.items()}, is_done)

    def _click(self, plane: Plane, place: tuple[float, float]) -> None:
        self._move(dict(zip((plane.down, plane.across), place, strict=True)), True)

    def _move(self, places: Mapping[int, float], is_done: bool) -> None:
        session, point = self._session, self._point
        if session is None:
            return
        for axis, at in places.items():
            point = moved(point, axis, at / session.stretch[axis], session.shape)
        self._on_point(point, is_done)

    def _turn(self, plane: Plane, steps: int) -> None:
        if self._session is not None:
            at = index_of(self._point, plane.cut) + 0.5 + steps
            self._on_point(moved(self._point, plane.cut, at, self._session.shape), True)


def shares(session: "VolumeSession") -> tuple[int, int]:
    """Return the room that the planes beside and below the slice take for 100 of its own; thin ones can be seen."""
    (rows, columns), (depth, _) = session.plane_shape(PLANES["xy"]), session.plane_shape(PLANES["xz"])
    beside, below = (round(100 * min(max(depth / side, LEAST_SHARE), 1.0)) for side in (columns, rows))
    return beside, below


def _box(*parts: Any, share: str) -> Any:
    import panel as pn

    styles = {"flex": f"{share} 1 0px", "min-width": "0"}
    return pn.Column(*parts, sizing_mode="stretch_both", margin=0, styles=styles)


def _row(*boxes: Any, share: str = "100") -> Any:
    import panel as pn

    styles = {"gap": "1px", "flex": f"{share} 1 0px", "min-height": "0"}
    return pn.Row(*boxes, sizing_mode="stretch_both", margin=0, styles=styles)
