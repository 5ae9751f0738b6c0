"""The line above the picture: what is shown, layers, slice, downloads, recipe."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from vitsci_viz.views.panel_app.components import Island

Layout = Literal["overlay", "tokens", "compare", "pareto"]
LAYOUTS: dict[str, tuple[str, str]] = {
    "overlay": ("Overlay", "The leaves over the image."),
    "tokens": ("What is kept", "Overlay, reconstruction from tokens, and its error, side by side."),
    "compare": ("A | B", "Two settings side by side: B is a copy of the setting when you came here."),
    "pareto": ("Pareto", "Many settings at once: what they cost against what they keep."),
}
"""Layouts of the Patch page: title and help, in the order of the switch."""


class Toolbar:
    """Shows and changes how the picture is laid out.

    Parameters
    ----------
    on_layout : callable
        Called with the name of a layout.
    on_slice : callable
        Called with a slice number from 0.
    on_action : callable
        Called with ``fit``, ``recipe``, ``side-A``, ``side-B`` or the name of a download.
    downloads : mapping of str to str
        Name -> title of each download.
    layouts : mapping of str to (str, str)
        Title and help of each layout, in the order of the switch.
    has_sides : bool
        The layout ``compare`` lets the user choose which of two settings the form changes.
    has_recipe : bool
        Offers the recipe of what is on screen.
    """

    def __init__(
        self,
        *,
        on_layout: Callable[[Any], None],
        on_slice: Callable[[int], None],
        on_action: Callable[[str], None],
        downloads: Mapping[str, str],
        layouts: Mapping[str, tuple[str, str]] = LAYOUTS,
        has_sides: bool = True,
        has_recipe: bool = True,
    ) -> None:
        self._on_layout, self._on_slice, self._on_action = on_layout, on_slice, on_action
        self._names = tuple(layouts)
        titles = [{"name": name, "title": title, "help": text} for name, (title, text) in layouts.items()]
        self.view = Island(
            script="toolbar.js",
            style="toolbar.css",
            on_message=self._receive,
            fixed={"layouts": titles, "downloads": dict(downloads), "sides": has_sides, "recipe": has_recipe},
            sizing_mode="stretch_width",
            height=40,
        )
        self.view.put(layout=self._names[0], slices=1, slice=0, open=False, side="A")

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind, value = message["kind"], message["value"]
        if kind == "layout" and value in self._names:
            self._on_layout(value)
        elif kind == "slice":
            self._on_slice(int(value))
        elif kind == "action":
            self._on_action(str(value))
