"""One canvas for browser and notebook: a Bokeh figure that navigates by itself and draws what it is shown."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, CustomJS, LinearColorMapper, Range1d
from bokeh.plotting import figure

from vitsci_viz.errors import OptionError
from vitsci_viz.params import nearest
from vitsci_viz.views.canvas.script import controller_code
from vitsci_viz.views.canvas.wire import frame_columns
from vitsci_viz.views.session.layers import LeafScene, Picture, Raster
from vitsci_viz.views.session.lookup import Leaf
from vitsci_viz.views.session.state import Window

Scene = Picture | Raster | LeafScene

BACKGROUND = "#161616"
LABELS = {
    "image": "Image", "reconstruction": "From tokens", "error": "Error", "mask": "Mask", "leaves": "Leaves",
}  # fmt: skip
DEFAULT_LAYERS = ("image", "reconstruction", "error", "mask", "leaves")


class PatchCanvas:
    """A viewport: pan, zoom, layers, legend, scale bar, status line. Touch it on the document's thread only.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the finest level.
    spacing_um : tuple of float, optional
        Pixel sides along y and x in micrometres; the scale bar shows pixels without it.
    layers : sequence of str
        Layers bottom to top; their order gives them the keys 1-9.
    title : str
        Names the saved PNG.
    height : int, optional
        Height in CSS pixels; None fills the box around it.
    link : PatchCanvas, optional
        Another canvas whose view and cursor this one shares.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        *,
        spacing_um: Sequence[float] | None = None,
        layers: Sequence[str] = DEFAULT_LAYERS,
        title: str = "",
        height: int | None = None,
        link: "PatchCanvas | None" = None,
    ) -> None:
        self._serial = 0
        self._window: Window | None = None
        self._on_window: list[Callable[[Window], None]] = []
        self._on_probe: list[Callable[[tuple[float, float] | None], None]] = []
        self._on_slice: list[Callable[[int], None]] = []
        self._on_layers: list[Callable[[dict[str, tuple[bool, float]]], None]] = []
        self._state: dict[str, Any] = {
            "shape": [int(n) for n in shape],
            "spacing_um": float(spacing_um[-1]) if spacing_um else None,
            "title": title,
            "layers": {
                name: {"label": LABELS.get(name, name.capitalize()), "visible": True, "opacity": 1.0, "offered": False}
                for name in layers
            },
            "legend": None, "leaf": None, "status": [], "stale": False, "message": "", "command": None,
            "image_serial": 0,
        }  # fmt: skip
        self._build(height, link)

    # ---- what is drawn

    def show(self, layer: str, scene: Scene | None) -> None:
        """Draw a scene on a layer; only this layer's source changes. None empties it."""
        self._check_layer(layer)
        raster = scene.raster if isinstance(scene, LeafScene) else scene
        self._send_frame(layer, raster)
        if layer == "leaves":
            self._send_quads(scene if isinstance(scene, LeafScene) else None)
        self._offer(layer, scene)

    def show_picture(self, picture: Picture | None) -> None:
        """Draw the image."""
        self.show("image", picture)

    def show_leaves(self, scene: LeafScene | None) -> None:
        """Draw the leaves and their legend."""
        self.show("leaves", scene)

    def show_overview(self, picture: Picture | None) -> None:
        """Draw the whole image small behind everything, so that nothing is blank while it sharpens."""
        self._send_frame("overview", picture)

    def show_probe(self, leaf: Leaf | None, text: Sequence[str] = ()) -> None:
        """Answer a probe: outline a leaf and write parts of the status line."""
        box = None
        if leaf is not None:
            (top, left), (rows, columns) = leaf.origin[-2:], leaf.size[-2:]
            height, width = self._state["shape"]
            box = [left, top, min(left + columns, width), min(top + rows, height)]
        self._change(leaf=box, status=list(text))

    def set_layer(self, name: str, *, visible: bool | None = None, opacity: float | None = None) -> None:
        """Show, hide or fade a layer."""
        self._check_layer(name)
        changes: dict[str, Any] = {}
        if visible is not None:
            changes["visible"] = bool(visible)
        if opacity is not None:
            changes["opacity"] = float(opacity)
        layers = {**self._state["layers"], name: {**self._state["layers"][name], **changes}}
        self._change(layers=layers)

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim the overlays while they do not match the options, with a word on what is being done."""
        self._change(stale=bool(is_stale), message=message)

    def set_image(
        self, shape: tuple[int, int], *, spacing_um: Sequence[float] | None = None, title: str | None = None
    ) -> None:
        """Take another image: empty every layer and fit."""
        for name in self._frames:
            self._send_frame(name, None)
        self._send_quads(None)
        self._change(
            shape=[int(n) for n in shape],
            spacing_um=float(spacing_um[-1]) if spacing_um else None,
            title=self._state["title"] if title is None else title,
            layers={name: {**layer, "offered": False} for name, layer in self._state["layers"].items()},
            legend=None, leaf=None, status=[], image_serial=self._state["image_serial"] + 1,
        )  # fmt: skip

    # ---- where it looks

    @property
    def window(self) -> Window | None:
        """What the user sees; None before the first layout."""
        return self._window

    @property
    def layers(self) -> dict[str, tuple[bool, float]]:
        """Visibility and opacity of every layer."""
        return {name: (layer["visible"], layer["opacity"]) for name, layer in self._state["layers"].items()}

    def fit(self) -> None:
        """Show the whole image."""
        self._command(name="fit")

    def go_to(self, window: Window) -> None:
        """Show a rectangle; its screen size does not matter."""
        self._command(name="go", box=[window.x0, window.y0, window.x1, window.y1])

    # ---- what the user does

    def on_window(self, callback: Callable[[Window], None]) -> None:
        """Call back after every move, zoom and resize (throttled in the page; the last one always comes)."""
        self._on_window.append(callback)

    def on_probe(self, callback: Callable[[tuple[float, float] | None], None]) -> None:
        """Call back with the (y, x) under the cursor, or None when it leaves; answer with `show_probe`."""
        self._on_probe.append(callback)

    def on_slice(self, callback: Callable[[int], None]) -> None:
        """Call back with -1 or 1 for the keys ``[`` and ``]``."""
        self._on_slice.append(callback)

    def on_layers(self, callback: Callable[[dict[str, tuple[bool, float]]], None]) -> None:
        """Call back when the user toggles or fades a layer."""
        self._on_layers.append(callback)

    def close(self) -> None:
        """Forget every callback."""
        for callbacks in (self._on_window, self._on_probe, self._on_slice, self._on_layers):
            callbacks.clear()

    # ---- inside

    def _build(self, height: int | None, link: "PatchCanvas | None") -> None:
        rows, columns = self._state["shape"]
        self._x_range, self._y_range = Range1d(0, columns), Range1d(rows, 0)
        self.figure = figure(
            x_range=self._x_range, y_range=self._y_range, toolbar_location=None, tools="", min_border=0,
            background_fill_color=BACKGROUND, border_fill_color=BACKGROUND, outline_line_color=None,
            sizing_mode="stretch_both" if height is None else "stretch_width",
            height=height, min_width=120, min_height=120, output_backend="canvas", match_aspect=False,
        )  # fmt: skip
        self.figure.axis.visible = False
        self.figure.grid.visible = False
        self.layout = self.figure
        self._frames: dict[str, ColumnDataSource] = {}
        self._images: dict[str, ColumnDataSource] = {}
        self._renderers: dict[str, list[Any]] = {}
        for name in ("overview", *self._state["layers"]):
            self._add_image(name)
        if "leaves" in self._state["layers"]:
            self._add_quads()
        self._link = ColumnDataSource({"cx": [None], "cy": [None], "scale": [None]}) if link is None else link._link
        self._pointer = ColumnDataSource({"x": [None], "y": [None], "owner": [""]}) if link is None else link._pointer
        self._windows = ColumnDataSource({})
        self._probes = ColumnDataSource({})
        self._events = ColumnDataSource({"kind": [""], "value": ["null"], "serial": [0]})
        self._state_source = ColumnDataSource({"json": [json.dumps(self._state)]})
        self._connect()

    def _add_image(self, name: str) -> None:
        self._frames[name] = ColumnDataSource(frame_columns(None, 0))
        self._images[name] = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        renderer = self.figure.image_rgba(
            image="image",
            x="x",
            y="y",
            dw="dw",
            dh="dh",
            source=self._images[name],
            origin="bottom_left",
            anchor="bottom_left",
        )
        self._renderers[name] = [renderer]

    def _add_quads(self) -> None:
        self._quads = ColumnDataSource({"left": [], "right": [], "top": [], "bottom": [], "level": []})
        self._mapper = LinearColorMapper(palette=["#ffffff"], low=-0.5, high=0.5)
        renderer = self.figure.quad(
            left="left",
            right="right",
            top="top",
            bottom="bottom",
            source=self._quads,
            fill_color=None,
            line_color={"field": "level", "transform": self._mapper},
            line_width=1,
        )
        self._renderers["leaves"].append(renderer)

    def _connect(self) -> None:
        script = CustomJS(
            args={
                "figure": self.figure, "x_range": self._x_range, "y_range": self._y_range, "frames": self._frames,
                "images": self._images, "renderers": self._renderers, "link": self._link, "pointer": self._pointer,
                "windows": self._windows, "probes": self._probes, "events": self._events, "state": self._state_source,
                "blank": ColumnDataSource({"image": [np.zeros((1, 1), np.uint32)]}),
            },
            code=controller_code(),
        )  # fmt: skip
        for name in ("inner_width", "inner_height"):
            self.figure.js_on_change(name, script)
        for source in (*self._frames.values(), self._state_source, self._link, self._pointer):
            source.js_on_change("data", script)
        self._windows.on_change("data", self._take_window)
        self._probes.on_change("data", self._take_probe)
        self._events.on_change("data", self._take_event)

    def _take_window(self, attr: str, old: Any, new: Any) -> None:
        names = ("x0", "y0", "x1", "y1", "width", "height")
        x0, y0, x1, y1, width, height = (new[name][0] for name in names)
        self._window = Window(x0, y0, x1, y1, int(width), int(height))
        for callback in self._on_window:
            callback(self._window)

    def _take_probe(self, attr: str, old: Any, new: Any) -> None:
        point = (float(new["y"][0]), float(new["x"][0])) if new["inside"][0] else None
        for callback in self._on_probe:
            callback(point)

    def _take_event(self, attr: str, old: Any, new: Any) -> None:
        value = json.loads(new["value"][0])
        if new["kind"][0] == "slice":
            for callback in self._on_slice:
                callback(int(value))
        if new["kind"][0] == "layer":
            layer = self._state["layers"][value["name"]]
            layer.update(visible=bool(value["visible"]), opacity=float(value["opacity"]))
            for callback in self._on_layers:
                callback(self.layers)

    def _command(self, **command: Any) -> None:
        self._serial += 1
        self._change(command={**command, "serial": self._serial})

    def _change(self, **changes: Any) -> None:
        if all(self._state[name] == value for name, value in changes.items()):
            return
        self._state.update(changes)
        self._state_source.data = {"json": [json.dumps(self._state)]}

    def _send_frame(self, name: str, scene: Picture | Raster | None) -> None:
        if scene is None and not len(self._frames[name].data["bytes"][0]):
            return
        self._serial += 1
        self._frames[name].data = frame_columns(scene, self._serial)

    def _send_quads(self, scene: LeafScene | None) -> None:
        if "leaves" not in self._state["layers"]:
            return
        quads = scene.quads if scene is not None else None
        if quads is None:
            if len(self._quads.data["left"]):
                self._quads.data = {name: [] for name in self._quads.data}
            return
        assert scene is not None
        if list(self._mapper.palette) != list(scene.colours):
            self._mapper.update(palette=list(scene.colours), low=-0.5, high=len(scene.colours) - 0.5)
        self._quads.data = {
            "left": quads.left, "right": quads.right, "top": quads.top, "bottom": quads.bottom, "level": quads.level,
        }  # fmt: skip

    def _offer(self, name: str, scene: Scene | None) -> None:
        layers = {**self._state["layers"], name: {**self._state["layers"][name], "offered": scene is not None}}
        changes: dict[str, Any] = {"layers": layers}
        if isinstance(scene, LeafScene):
            changes["legend"] = {
                "title": f"{scene.total:,} leaves",
                "rows": [
                    {
                        "colour": row.colour,
                        "text": " x ".join(str(side) for side in sorted(set(row.size), reverse=True)) + " px",
                        "count": f"{row.count:,}",
                    }
                    for row in scene.legend
                ],
            }
        self._change(**changes)

    def _check_layer(self, name: str) -> None:
        if name not in self._state["layers"]:
            raise OptionError(f"unknown layer '{name}': {nearest(name, self._state['layers'])}")
