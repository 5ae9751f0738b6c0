"""The middle of the Tomography page: projection and sinogram beside the slice, with the lines that link them."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vitsci_viz.views.panel_app.canvases import STRIP, Point
from vitsci_viz.views.session.lane import Lane
from vitsci_viz.views.session.tomography_state import TomographyLayout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vitsci_viz.views.canvas.guides import Guide
    from vitsci_viz.views.session.tomography import TomographySession, TrialSlice

AXIS_COLOUR, ROW_COLOUR, VIEW_COLOUR = "#e69f00", "#56b4e9", "#cc79a7"
"""Of Okabe and Ito: the axis, the row that the slice comes from, the view that the projection is."""
AXIS_STEP_PX = 0.1
"""An arrow key moves the axis by so much."""
FLAT, TALL = 0.16, 0.9
"""A projection lower than this share of its width is drawn as high, with a note; a sinogram has at most that one."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane:
    """Numbers on a canvas of their own.

    Parameters
    ----------
    values : (h, w) float
        What is shown.
    shape : tuple of float
        Rows and columns of the canvas that they cover.
    levels : tuple of float
        Values shown as black and as white.
    label : str
        What they are, with the unit.
    """

    values: "NDArray[Any]"
    shape: tuple[float, float]
    levels: tuple[float, float]
    label: str = ""


class TomographyViewports:
    """Canvases of one scan, drawn from a worker thread.

    Parameters
    ----------
    draw : Lane
        Thread that draws.
    on_centre : callable
        ``on_centre(px, is_done)``: the user moves the axis.
    on_row, on_view : callable
        Called with a detector row or a view that the user chose.
    on_slice : callable
        Called with -1 or 1.
    on_error : callable
        Called with an exception from a worker.
    """

    def __init__(
        self,
        *,
        draw: Lane,
        on_centre: Callable[[float, bool], None],
        on_row: Callable[[int], None],
        on_view: Callable[[int], None],
        on_slice: Callable[[int], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        from vitsci_viz.views.canvas.canvas import PatchCanvas

        self._draw, self._on_error = draw, on_error
        self._on_centre, self._on_row, self._on_view = on_centre, on_row, on_view
        self._session: TomographySession | None = None
        self._planes: dict[str, Plane] = {}
        self._place = {"axis": 0.0, "row": 0.0, "view": 0.0}
        self._steps = {"projection": 1.0, "sinogram": 1.0}
        self._side = 0
        self.layout: TomographyLayout = "slice"
        first = PatchCanvas((512, 512), layers=("image",), axes=("column", "row"))
        self._canvases: dict[str, PatchCanvas] = {
            "projection": first,
            "sinogram": PatchCanvas((512, 512), layers=("image",), axes=("column", "view"), link=first),
            "slice": PatchCanvas((512, 512), layers=("image",)),
        }
        self._canvases["before"] = PatchCanvas((512, 512), layers=("image",), link=self._canvases["slice"])
        for name, canvas in self._canvases.items():
            canvas.on_window(lambda window, name=name: self._draw_one(name))
            canvas.on_probe(lambda point, name=name: self._probe(name, point))
            canvas.on_slice(on_slice)
        for name in ("projection", "sinogram"):
            self._canvases[name].on_guide(lambda places, is_done, name=name: self._moved(name, places, is_done=is_done))
            self._canvases[name].on_click(lambda point, name=name: self._clicked(name, point))
        self._captions: dict[str, Any] = {}
        self._boxes: dict[str, Any] = {}
        self.panel = self._arranged()

    def open(self, session: "TomographySession", *, side: int) -> None:
        """Show another scan; its pictures follow."""
        scan = session.scan
        self._session, self._planes = session, {}
        pixel = scan.geometry.pixel_mm
        spacing = None if pixel is None else (1000 * pixel,) * 2
        self._steps = {"projection": self._step(scan.rows, FLAT, 10.0), "sinogram": self._step(scan.views, 0.5, TALL)}
        for name, count in (("projection", scan.rows), ("sinogram", scan.views)):
            step = self._steps[name]
            own = spacing if name == "projection" and step == 1 else None
            self._canvases[name].set_image(
                (round(count * step), scan.columns), spacing_um=own, title=f"{scan.name} {name}", steps=(1.0, step)
            )
        self._side = 0
        self.set_side(side)
        self.arrange(self.layout)

    def set_side(self, side: int) -> None:
        """Take slices of another size."""
        if self._session is None or side == self._side:
            return
        scan, self._side = self._session.scan, side
        pixel = scan.geometry.pixel_mm
        for name in ("slice", "before"):
            self._planes.pop(name, None)
            self._canvases[name].set_image(
                (side, side), spacing_um=None if pixel is None else (1000 * pixel,) * 2, title=f"{scan.name} {name}"
            )

    def place(self, *, centre_px: float, row: int, view: int) -> None:
        """Put the lines where the state has them."""
        self._place = {"axis": centre_px + 0.5, "row": row + 0.5, "view": view + 0.5}
        self._show_guides()

    def show_projection(self, values: "NDArray[Any]", view: int) -> None:
        """Draw a view."""
        self._show_plane("projection", values, f"line integral, view {view + 1:,}")

    def show_sinogram(self, lines: "NDArray[Any]", row: int) -> None:
        """Draw a sinogram."""
        self._show_plane("sinogram", lines, "line integral")

    def show_slice(self, found: "TrialSlice", levels: tuple[float, float], *, name: str = "slice") -> None:
        """Draw a slice, or the one before the corrections."""
        label = f"attenuation, {found.unit}"
        self._planes[name] = Plane(values=found.values, shape=(found.side, found.side), levels=levels, label=label)
        self._draw_one(name)

    def show_span(self, span: tuple[float, float]) -> None:
        """Draw slices between other values."""
        for name in ("slice", "before"):
            if name in self._planes:
                self._planes[name] = dataclasses.replace(self._planes[name], levels=span)
                self._draw_one(name)

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim slices that do not match the setting."""
        for name in ("slice", "before"):
            self._canvases[name].set_stale(is_stale, message)

    def arrange(self, layout: TomographyLayout) -> None:
        """Show what a layout consists of."""
        self.layout = layout
        self._boxes["left"].visible = layout == "slice"
        self._boxes["before"].visible = layout == "compare"
        for name, box in self._captions.items():
            box.object = _CAPTIONS[name]
        self._captions["slice"].object = "After" if layout == "compare" else "Slice"

    def fit(self) -> None:
        """Show everything."""
        for name in ("projection", "slice"):
            self._canvases[name].fit()

    @property
    def pixels(self) -> int:
        """Pixels of the screen along a side of the slice."""
        window = self._canvases["slice"].window
        return 512 if window is None else max(window.width, window.height)

    # ---- inside

    def _step(self, count: int, least: float, most: float) -> float:
        """Return how many rows of the canvas a row of the picture takes, so that it is neither a line nor a tower."""
        columns = 1 if self._session is None else self._session.scan.columns
        share = count / columns
        return min(max(share, least), most) / share if not least <= share <= most else 1.0

    def _show_plane(self, name: str, values: "NDArray[Any]", label: str) -> None:
        from vitsci_viz.views.session.tomography_scene import span_of

        shape = (values.shape[0] * self._steps[name], float(self._session.scan.columns if self._session else 1))
        self._planes[name] = Plane(values=values, shape=shape, levels=span_of(values), label=label)
        self._draw_one(name)

    def _draw_one(self, name: str) -> None:
        plane, canvas = self._planes.get(name), self._canvases[name]
        if plane is None:
            return
        window = canvas.window

        def work(progress: Any) -> Any:
            from vitsci_viz.views.session.tomography_scene import grey_raster

            extent = (0.0, 0.0, plane.shape[1], plane.shape[0])
            label = plane.label if name in ("slice", "before") else ""
            return grey_raster(plane.values, extent, plane.levels, window, label=label)

        def done(raster: Any) -> None:
            if self._planes.get(name) is plane:
                canvas.show("image", raster)

        self._draw.submit(work, done, self._on_error, kind=name, stop_running=False)

    def _show_guides(self) -> None:
        for name in ("projection", "sinogram"):
            self._canvases[name].show_guides(self._guides(name))

    def _guides(self, name: str) -> list["Guide"]:
        from vitsci_viz.views.canvas.guides import Guide

        axis = self._place["axis"]
        label = f"axis {axis - 0.5:,.2f}"
        lines = [Guide(name="axis", axis="x", at=axis, label=label, colour=AXIS_COLOUR, is_put=True, step=AXIS_STEP_PX)]
        which, colour, word = ("row", ROW_COLOUR, "row") if name == "projection" else ("view", VIEW_COLOUR, "view")
        place = self._place[which]
        lines.append(Guide(
            name=which, axis="y", at=place * self._steps[name], label=f"{word} {int(place):,}", colour=colour,
            step=self._steps[name],
        ))  # fmt: skip
        return lines

    def _moved(self, name: str, places: Mapping[str, float], *, is_done: bool) -> None:
        if self._session is None:
            return
        if "axis" in places:
            self._on_centre(places["axis"] - 0.5, is_done)
        elif is_done or name == "sinogram":
            self._turn(name, next(iter(places.values())))

    def _clicked(self, name: str, point: Point) -> None:
        if self._session is not None:
            self._turn(name, point[0])

    def _turn(self, name: str, y: float) -> None:
        assert self._session is not None
        scan = self._session.scan
        count, tell = (scan.rows, self._on_row) if name == "projection" else (scan.views, self._on_view)
        tell(min(max(int(y / self._steps[name]), 0), count - 1))

    def _probe(self, name: str, point: Point | None) -> None:
        plane, canvas = self._planes.get(name), self._canvases[name]
        canvas.show_probe(None, [] if plane is None or point is None else probe_text(plane, point))

    def _arranged(self) -> Any:
        import panel as pn

        def box(name: str, **layout: Any) -> Any:
            self._captions[name] = pn.pane.HTML(
                _CAPTIONS[name], sizing_mode="stretch_width", height=26, margin=0, styles=STRIP
            )
            pane = pn.pane.Bokeh(self._canvases[name].layout, sizing_mode="stretch_both", margin=0)
            return pn.Column(self._captions[name], pane, sizing_mode="stretch_both", margin=0, **layout)

        column = {"sizing_mode": "stretch_both", "styles": {"gap": "1px"}, "margin": 0}
        self._boxes["left"] = pn.Column(box("projection"), box("sinogram"), **column)
        self._boxes["before"] = box("before", visible=False)
        self._boxes["slice"] = box("slice")
        return pn.Row(*self._boxes.values(), **column)


_CAPTIONS = {"projection": "Projection", "sinogram": "Sinogram", "slice": "Slice", "before": "Before corrections"}


def probe_text(plane: Plane, point: Point) -> list[str]:
    """Say the number under the cursor; nothing beside the picture.

    >>> import numpy as np
    >>> plane = Plane(values=np.array([[1.0, 2.0]]), shape=(10.0, 20.0), levels=(0, 1), label="attenuation, 1/mm")
    >>> probe_text(plane, (3.0, 15.0)), probe_text(plane, (3.0, 21.0))
    (['2 1/mm'], [])
    """
    rows, columns = plane.values.shape
    y, x = int(point[0] * rows // plane.shape[0]), int(point[1] * columns // plane.shape[1])
    if not (0 <= y < rows and 0 <= x < columns):
        return []
    unit = plane.label.partition(", ")[2] if plane.label.startswith("attenuation") else ""
    return [f"{float(plane.values[y, x]):.4g} {unit}".strip()]
