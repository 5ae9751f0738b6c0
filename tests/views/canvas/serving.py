"""Canvases in a real page: a Bokeh server in a thread, and what a test asks of the page."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bokeh.server.server import Server


@contextmanager
def served(fill: Callable[[Any], None]) -> Iterator[str]:
    """Serve an app; ``fill(document)`` runs for every page. Yields its address."""
    ready, found = threading.Event(), {}

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        server = Server({"/": fill}, port=0, address="127.0.0.1", allow_websocket_origin=["*"])
        found.update(server=server, loop=server.io_loop)
        ready.set()
        server.io_loop.start()
        server.io_loop.close(all_fds=True)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield f"http://localhost:{found['server'].port}/"
    finally:
        found["loop"].add_callback(_stop, found["server"])
        thread.join(30)


def _stop(server: Server) -> None:
    server.stop()
    server.io_loop.stop()


def call(document: Any, action: Callable[[], Any]) -> Any:
    """Run an action on the document's thread and return what it returns."""
    done, found = threading.Event(), []

    def run() -> None:
        try:
            found.append(action())
        finally:
            done.set()

    document.add_next_tick_callback(run)
    assert done.wait(30)
    return found[0]


class PageCanvas:
    """One canvas as the page has it.

    Parameters
    ----------
    page : playwright page
    figure_id : str
        Of the Bokeh figure.
    """

    def __init__(self, page: Any, figure_id: str) -> None:
        self.page = page
        self._find = f"Bokeh.index.find_one_by_id({figure_id!r})"
        page.wait_for_function(f"window.Bokeh && {self._find}?.vitsci?.size.width > 0")

    def evaluate(self, code: str) -> Any:
        """Evaluate with ``view`` (the Bokeh view) and ``controller``."""
        return self.page.evaluate(f"() => {{ const view = {self._find}, controller = view.vitsci; {code} }}")

    def wait(self, condition: str) -> None:
        """Wait until a condition on ``controller`` holds."""
        self.page.wait_for_function(f"() => {{ const controller = {self._find}.vitsci; return {condition} }}")

    def window(self) -> dict[str, float]:
        """Return edges and scale of the view."""
        return self.evaluate("return {...controller.window(), scale: controller.shared().scale}")

    def painted(self, layer: str) -> None:
        """Wait until a layer has been decoded and drawn."""
        self.wait(f"controller.painted[{layer!r}] != null")
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def box(self) -> dict[str, float]:
        """Return the canvas element's rectangle in the page."""
        return self.evaluate("return controller.hit.getBoundingClientRect().toJSON()")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the place in the page of an image position."""
        window, box = self.window(), self.box()
        return box["x"] + (x - window["x0"]) / window["scale"], box["y"] + (y - window["y0"]) / window["scale"]
