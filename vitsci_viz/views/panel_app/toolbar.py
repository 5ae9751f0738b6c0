"""The line above the picture: what is shown, layers, slice, downloads, recipe."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from vitsci_viz.views.panel_app.components import Island

Layout = Literal["overlay", "tokens", "compare", "pareto"]
LAYOUTS: dict[Layout, tuple[str, str]] = {
    "overlay": ("Overlay", "The leaves over the image."),
    "tokens": ("What is kept", "Overlay, reconstruction from tokens, and its error, side by side."),
    "compare": ("A | B", "Two settings side by side: B is a copy of the setting when you came here."),
    "pareto": ("Pareto", "Many settings at once: what they cost against what they keep."),
}
"""Layouts of the page: title and help, in the order of the switch."""


class Toolbar:
    """Shows and changes how the picture is laid out.

    Parameters
    ----------
    on_layout : callable
        Called with a `Layout`.
    on_slice : callable
        Called with a slice number from 0.
    on_action : callable
        Called with ``fit``, ``swap``, ``recipe`` or the name of a download.
    downloads : mapping of str to str
        Name -> title of each download.
    """

    def __init__(
        self,
        *,
        on_layout: Callable[[Layout], None],
        on_slice: Callable[[int], None],
        on_action: Callable[[str], None],
        downloads: Mapping[str, str],
    ) -> None:
        self._on_layout, self._on_slice, self._on_action = on_layout, on_slice, on_action
        layouts = [{"name": name, "title": title, "help": text} for name, (title, text) in LAYOUTS.items()]
        self.view = Island(
            script="toolbar.js",
            style="toolbar.css",
            on_message=self._receive,
            fixed={"layouts": layouts, "downloads": dict(downloads)},
            sizing_mode="stretch_width",
            height=40,
        )
        self.view.put(layout="overlay", slices=1, slice=0, open=False, side="A")

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind, value = message["kind"], message["value"]
        if kind == "layout" and value in get_args(Layout):
            self._on_layout(value)
        elif kind == "slice":
            self._on_slice(int(value))
        elif kind == "action":
            self._on_action(str(value))
