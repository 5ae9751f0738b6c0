"""One canvas for browser and notebook: a Bokeh figure that navigates by itself and draws what it is shown."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

from vitsci_viz.errors import OptionError
from vitsci_viz.params import nearest
from vitsci_viz.views.canvas.guides import Guide, guide_state
from vitsci_viz.views.canvas.legend import legend_of
from vitsci_viz.views.canvas.models import LEAVES, OVERVIEW, QUAD_COLUMNS, SharedView, build_models
from vitsci_viz.views.canvas.wire import frame_columns
from vitsci_viz.views.session.layers import LeafScene, Picture, Raster
from vitsci_viz.views.session.lookup import Leaf
from vitsci_viz.views.session.state import Window

Scene = Picture | Raster | LeafScene
Layers = dict[str, tuple[bool, float]]
"""Visibility and opacity of every layer."""

LABELS = {"image": "Image", "reconstruction": "From tokens", "error": "Error", "mask": "Mask", "leaves": "Leaves"}
DEFAULT_LAYERS = ("image", "reconstruction", "error", "mask", "leaves")


class PatchCanvas:
    """A viewport: pan, zoom, layers, legend, scale bar, status line. Touch it on the document's thread only.

    With the canvas focused: ``+ -`` and the wheel zoom, dragging and the arrows pan, shift-drag zooms into a box,
    double click, ``0`` or ``f`` fits, ``[ ]`` change the slice, ``1-9`` toggle layers, ``s`` saves a PNG, ``?``
    lists the keys.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the finest level.
    spacing_um : tuple of float, optional
        Pixel sides along y and x in micrometres; the scale bar shows pixels without it.
    layers : sequence of str
        Layers bottom to top; those that show something get the keys 1-9.
    title : str
        Names the saved PNG.
    height : int, optional
        Height in CSS pixels; None fills the box around it.
    link : PatchCanvas, optional
        Another canvas whose view and cursor this one shares; sizes may differ.
    axes : tuple of str, optional
        Names of the axes across and down, for planes of a volume: linked planes share the scale and the centre along
        the axis that they have in common. Without them the picture is x, y.
    wheel : {"zoom", "slice"}
        What the wheel does; with ``slice`` it zooms while Ctrl is held.

    Notes
    -----
    The page keeps the view as a centre and a scale, so the aspect is true whatever the size of the box. Frames
    travel compressed and are decoded in the page; only the source that changed is sent. Guides move in the page at
    once, whatever Python takes to answer.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        *,
        spacing_um: Sequence[float] | None = None,
        layers: Sequence[str] = DEFAULT_LAYERS,
        title: str = "",
        height: int | None = None,
        link: "PatchCanvas | None" = None,
        axes: tuple[str, str] | None = None,
        wheel: Literal["zoom", "slice"] = "zoom",
    ) -> None:
        self._serial = 0
        self._window: Window | None = None
        self._on_window: list[Callable[[Window], None]] = []
        self._on_probe: list[Callable[[tuple[float, float] | None], None]] = []
        self._on_slice: list[Callable[[int], None]] = []
        self._on_layers: list[Callable[[Layers], None]] = []
        self._on_guide: list[Callable[[Mapping[str, float], bool], None]] = []
        self._on_click: list[Callable[[tuple[float, float]], None]] = []
        self._axes = axes
        self._state: dict[str, Any] = {
            **_image_state(shape, spacing_um),
            "title": title,
            "layers": {name: _new_layer(name) for name in layers},
            "stale": False,
            "message": "",
            "command": None,
            "image_serial": 0,
            "events_seen": 0,
            "guides": [],
            "clicks": False,
            "wheel": wheel,
            "axes": None if axes is None else _axes_state(axes, (1.0, 1.0)),
        }
        shared = link._models.shared if link else None
        if shared is not None and axes is not None:
            shared = SharedView(view=shared.view)  # a place on one plane is none on another
        self._models = build_models(shape, layers, json.dumps(self._state), height=height, shared=shared)
        self._models.windows.on_change("data", self._take_window)
        self._models.probes.on_change("data", self._take_probe)
        self._models.events.on_change("data", self._take_event)

    @property
    def layout(self) -> Any:
        """The Bokeh model to place in a page or a notebook."""
        return self._models.plot

    @property
    def figure(self) -> Any:
        """The Bokeh figure."""
        return self._models.plot

    # ---- what is drawn

    def show(self, layer: str, scene: Scene | None) -> None:
        """Draw a scene on a layer; only this layer's source changes. None empties it."""
        self._check_layer(layer)
        self._send_frame(layer, scene.raster if isinstance(scene, LeafScene) else scene)
        if layer == LEAVES:
            self._send_quads(scene if isinstance(scene, LeafScene) else None)
        self._change_layer(layer, offered=scene is not None, legend=legend_of(scene))

    def show_picture(self, picture: Picture | None) -> None:
        """Draw the image."""
        self.show("image", picture)

    def show_leaves(self, scene: LeafScene | None) -> None:
        """Draw the leaves and their legend."""
        self.show(LEAVES, scene)

    def show_overview(self, picture: Picture | None) -> None:
        """Draw the whole image small behind everything, so that nothing is blank while it sharpens."""
        self._send_frame(OVERVIEW, picture)

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
        self._change_layer(name, **changes)

    def show_guides(self, guides: Sequence[Guide]) -> None:
        """Draw lines across the picture; the user may take those that are movable."""
        self._change(guides=[guide_state(guide) for guide in guides])

    def set_stale(self, is_stale: bool, message: str = "") -> None:
        """Dim the picture while it does not match the options, with a word on what is being done."""
        self._change(stale=bool(is_stale), message=message)

    def set_image(
        self,
        shape: tuple[int, ...],
        *,
        spacing_um: Sequence[float] | None = None,
        title: str | None = None,
        steps: tuple[float, float] = (1.0, 1.0),
    ) -> None:
        """Take another image: empty every layer and fit.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns of the finest level.
        spacing_um : sequence of float, optional
            Pixel sides along y and x in micrometres.
        title : str, optional
            Names the saved PNG; the last one without it.
        steps : tuple of float
            Pixels of the canvas per sample across and down, where a plane is stretched to be true to scale.
        """
        for name in self._models.frames:
            self._send_frame(name, None)
        self._send_quads(None)
        layers = self._state["layers"]
        self._change(
            **_image_state(shape, spacing_um),
            title=self._state["title"] if title is None else title,
            guides=[],
            axes=None if self._axes is None else _axes_state(self._axes, steps),
            layers={name: {**layer, "offered": False, "legend": None} for name, layer in layers.items()},
            image_serial=self._state["image_serial"] + 1,
        )

    # ---- where it looks

    @property
    def window(self) -> Window | None:
        """What the user sees; None before the first layout."""
        return self._window

    @property
    def layers(self) -> Layers:
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
        """Call back with -1 or 1 for the keys ``[`` and ``]``, and with a number of slices for the wheel."""
        self._on_slice.append(callback)

    def on_guide(self, callback: Callable[[Mapping[str, float], bool], None]) -> None:
        """Call back with the new places of guides by name and whether the user has let go; the page shows them."""
        self._on_guide.append(callback)

    def on_click(self, callback: Callable[[tuple[float, float]], None]) -> None:
        """Call back with the (y, x) of a click that moved nothing."""
        self._on_click.append(callback)
        self._change(clicks=True)

    def on_layers(self, callback: Callable[[Layers], None]) -> None:
        """Call back when the user toggles or fades a layer."""
        self._on_layers.append(callback)

    def close(self) -> None:
        """Forget every callback."""
        for callbacks in (self._on_window, self._on_probe, self._on_slice, self._on_layers):
            callbacks.clear()
        self._on_guide.clear()
        self._on_click.clear()

    # ---- from the page

    def _take_window(self, attr: str, old: Any, new: Any) -> None:
        names = ("x0", "y0", "x1", "y1", "width", "height")
        x0, y0, x1, y1, width, height = (new[name][0] for name in names)
        self._window = Window(x0, y0, x1, y1, int(width), int(height))
        for callback in tuple(self._on_window):
            callback(self._window)

    def _take_probe(self, attr: str, old: Any, new: Any) -> None:
        point = (float(new["y"][0]), float(new["x"][0])) if new["inside"][0] else None
        for callback in tuple(self._on_probe):
            callback(point)

    def _take_event(self, attr: str, old: Any, new: Any) -> None:
        value = json.loads(new["value"][0])
        self._state["events_seen"] = int(new["serial"][0])
        if new["kind"][0] == "slice":
            for callback in tuple(self._on_slice):
                callback(int(value))
        elif new["kind"][0] == "layer" and value["name"] in self._state["layers"]:
            layer = self._state["layers"][value["name"]]
            layer.update(visible=bool(value["visible"]), opacity=float(value["opacity"]))
            for callback in tuple(self._on_layers):
                callback(self.layers)
        elif new["kind"][0] == "guide":
            self._take_guides({name: float(at) for name, at in value["at"].items()}, is_done=bool(value["done"]))
        elif new["kind"][0] == "click":
            for callback in tuple(self._on_click):
                callback((float(value[1]), float(value[0])))

    def _take_guides(self, places: Mapping[str, float], *, is_done: bool) -> None:
        for guide in self._state["guides"]:
            guide["at"] = places.get(guide["name"], guide["at"])
        for callback in tuple(self._on_guide):
            callback(places, is_done)

    # ---- to the page

    def _command(self, **command: Any) -> None:
        self._serial += 1
        self._change(command={**command, "serial": self._serial})

    def _change_layer(self, name: str, **changes: Any) -> None:
        layers = self._state["layers"]
        self._change(layers={**layers, name: {**layers[name], **changes}})

    def _change(self, **changes: Any) -> None:
        if all(self._state[name] == value for name, value in changes.items()):
            return
        self._state.update(changes)
        self._models.state.data = {"json": [json.dumps(self._state)]}

    def _send_frame(self, name: str, scene: Picture | Raster | None) -> None:
        source = self._models.frames[name]
        if scene is None and not len(cast(Any, source.data["bytes"])[0]):
            return
        self._serial += 1
        source.data = cast(Any, frame_columns(scene, self._serial))

    def _send_quads(self, scene: LeafScene | None) -> None:
        models = self._models
        if scene is None or scene.quads is None:
            if len(models.quads.data["left"]):
                models.quads.data = cast(Any, {name: [] for name in QUAD_COLUMNS})
            return
        if list(models.mapper.palette) != list(scene.colours):
            models.mapper.update(palette=list(scene.colours), low=-0.5, high=len(scene.colours) - 0.5)
        models.quads.data = cast(Any, {name: getattr(scene.quads, name) for name in QUAD_COLUMNS})

    def _check_layer(self, name: str) -> None:
        if name not in self._state["layers"]:
            raise OptionError(f"unknown layer '{name}': {nearest(name, self._state['layers'])}")


def _image_state(shape: tuple[int, ...], spacing_um: Sequence[float] | None) -> dict[str, Any]:
    return {
        "shape": [int(n) for n in shape],
        "spacing_um": float(spacing_um[-1]) if spacing_um else None,
        "leaf": None,
        "status": [],
    }


def _axes_state(names: tuple[str, str], steps: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"name": name, "step": float(step)} for name, step in zip(names, steps, strict=True)]


def _new_layer(name: str) -> dict[str, Any]:
    return {
        "label": LABELS.get(name, name.capitalize()),
        "visible": True,
        "opacity": 1.0,
        "offered": False,
        "legend": None,
    }
