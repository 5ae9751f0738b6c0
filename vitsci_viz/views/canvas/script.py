"""The page's side of the canvas, put together from readable files."""

import functools
import json
from importlib import resources

PARTS = ("layers.js", "chrome.js", "guides.js", "controller.js", "main.js")


@functools.cache
def controller_code(background: str) -> str:
    """Return the body of the script that runs in the page for every trigger.

    Parameters
    ----------
    background : str
        CSS colour behind the picture.
    """
    folder = resources.files("vitsci_viz.views.canvas") / "page"
    style = (folder / "chrome.css").read_text(encoding="utf-8")
    parts = [(folder / name).read_text(encoding="utf-8") for name in PARTS]
    constants = f"const STYLE = {json.dumps(style)}\nconst BACKGROUND = {json.dumps(background)}"
    return "\n".join([constants, *parts])
