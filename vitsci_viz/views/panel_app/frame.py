"""One frame for all pages: names and pages above, options left, picture, readings right, status below."""

import base64
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, kw_only=True)
class PageEntry:
    """A page of the dashboard and where its class lives.

    Parameters
    ----------
    title : str
        Its name in the navigation.
    target : str
        ``"module:class"``, called as ``Page(library, post)``; it has ``template()``, ``start(query, *, sample)`` and
        ``close()``.
    hero : str
        What stands in the middle: where the link that skips the navigation leads.
    is_sheet : bool
        The middle is a sheet of text and charts, not a dark canvas.
    """

    title: str
    target: str
    hero: str = "picture"
    is_sheet: bool = False

    def load(self) -> Any:
        """Import the class of the page."""
        module, _, name = self.target.partition(":")
        return getattr(importlib.import_module(module), name)


PAGES: dict[str, PageEntry] = {
    "patch": PageEntry(title="Patch", target="vitsci_viz.views.panel_app.pages.patch:PatchPage"),
    "segment": PageEntry(title="Segment", target="vitsci_viz.views.panel_app.pages.segment:SegmentPage"),
    "train": PageEntry(
        title="Train", target="vitsci_viz.views.panel_app.pages.train:TrainPage", hero="run", is_sheet=True
    ),
    "tomography": PageEntry(
        title="Tomography", target="vitsci_viz.views.panel_app.pages.tomography:TomographyPage", hero="slice"
    ),
}
"""Every page by its address, in the order of the navigation; the first one is also the home page."""
HOME = next(iter(PAGES))

MARK = (
    '<svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.4" aria-hidden="true">'
    '<rect x="1.2" y="1.2" width="13.6" height="13.6" rx="1.6"/>'
    '<path d="M8 1.2v13.6M1.2 8h13.6M11.4 1.2V8M8 4.6h6.8M4.6 8v6.8M1.2 11.4H8"/></svg>'
)

HELP = """
<p>Open an image, move the split value, and see which patches a transformer would be given.
Everything on the left changes the answer; everything on the right says what it saves and what it loses.</p>
<h3>Picture</h3>
<table>
<tr><td>drag, wheel</td><td>move, zoom at the cursor</td></tr>
<tr><td><kbd>Shift</kbd> + drag</td><td>zoom into a box</td></tr>
<tr><td>double click, <kbd>0</kbd></td><td>fit the whole image</td></tr>
<tr><td><kbd>+</kbd> <kbd>-</kbd> <kbd>&larr;</kbd> <kbd>&uarr;</kbd> <kbd>&darr;</kbd> <kbd>&rarr;</kbd></td>
<td>zoom and move</td></tr>
<tr><td><kbd>[</kbd> <kbd>]</kbd></td><td>previous and next slice of a volume</td></tr>
<tr><td><kbd>1</kbd> to <kbd>9</kbd></td><td>switch a layer</td></tr>
<tr><td><kbd>s</kbd></td><td>save the picture as PNG</td></tr>
<tr><td><kbd>?</kbd></td><td>this help</td></tr>
</table>
<h3>Method</h3>
<p>Adaptive patching: Zhang et al., <i>Adaptive Patching for High-resolution Image Segmentation with Transformers</i>,
SC'24. A leaf is split while the detail inside it exceeds the split value; each leaf becomes one token.</p>
"""


@cache
def asset(name: str) -> str:
    """Read a file of the assets folder beside this module."""
    return resources.files("vitsci_viz.views.panel_app").joinpath("assets", name).read_text(encoding="utf-8")


def icon_address() -> str:
    """Return the mark as a data address, so that no request is made for it."""
    drawing = MARK.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ').replace("currentColor", "#2b83d6")
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()


def frame(page: str, *, parts: Mapping[str, Any], home: str = "./", help_html: str = HELP) -> Any:
    """Put the parts of a page into the frame.

    Parameters
    ----------
    page : str
        Address of the page, a key of `PAGES`.
    parts : mapping
        Panel objects named header, left, main, right and bottom.
    home : str
        Address that the name links to.
    help_html : str
        What the help window says.

    Returns
    -------
    panel.Template
        To be returned from the function that is served.
    """
    import panel as pn

    template = pn.template.Template(asset("frame.html"))
    for name in ("header", "left", "main", "right", "bottom"):
        template.add_panel(name, parts[name])
    links = [
        {"href": f"{home}{address}", "title": entry.title, "current": address == page}
        for address, entry in PAGES.items()
    ]
    variables = {
        "title": f"{PAGES[page].title} - vitsci_viz",
        "hero": PAGES[page].hero,
        "main_class": "sheet" if PAGES[page].is_sheet else "",
        "pages": links,
        "home": home,
        "icon": icon_address(),
        "mark": MARK,
        "help_html": help_html,
        "frame_css": asset("frame.css"),
        "frame_js": asset("frame.js"),
        "theme_js": asset("theme.js"),
    }
    for name, value in variables.items():
        template.add_variable(name, value)
    return template
