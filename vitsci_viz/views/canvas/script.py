"""The page's side of the canvas, put together from readable files."""

import functools
import json
from importlib import resources

PARTS = ("layers.js", "chrome.js", "controller.js", "main.js")


@functools.cache
def controller_code() -> str:
    """Return the body of the script that runs in the page for every trigger."""
    folder = resources.files("vitsci_viz.views.canvas") / "page"
    style = json.dumps((folder / "chrome.css").read_text(encoding="utf-8"))
    parts = [(folder / name).read_text(encoding="utf-8") for name in PARTS]
    return "\n".join([f"const STYLE = {style}", *parts])
