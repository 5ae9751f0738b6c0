"""The dashboard in Chromium: from a moved slider or a pressed key to pixels on the screen, by the page's own clock."""

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from tests.benchmarks.measuring import Row
from tests.benchmarks.preprocessing import slide
from tests.benchmarks.pyramid_file import write_pyramid
from tests.benchmarks.server_part import measure_server
from tests.conftest import CHROMIUM_ARGS, CHROMIUM_NAMES

SERVER = "from vitsci_viz.views.panel_app.server import serve; serve(root={root!r}, port=0, sample=None)"
SCRIPT = Path(__file__).with_name("page.js")
LIMIT_MS = 180_000
SLIDES, PANS = 24, 24
PYRAMID_SIDE = 65_536
VIEWPORT = {"width": 1366, "height": 768}


def measure() -> list[Row]:
    """Drag the split value over a 4,096^2 image, then walk through a 64K^2 pyramid."""
    with tempfile.TemporaryDirectory(prefix="vitsci_viz_bench_") as folder:
        root = Path(folder)
        cv2.imwrite(str(root / "slide.png"), slide()[..., ::-1])
        write_pyramid(root / "pyramid.tif", slide(), PYRAMID_SIDE)
        with served(root) as address, chromium() as browser:
            dragged = _drag(browser, address)
            walked = _walk(browser, address)
    return [_slider_row(dragged, measure_server(slide(), SLIDES)), _walk_row(walked)]


@contextlib.contextmanager
def served(root: Path) -> Iterator[str]:
    """Serve the dashboard over a folder; yield its address."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    code = SERVER.format(root=str(root))
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://\S+", line):
                yield found.group()
                break
        else:
            raise SystemExit("the dashboard did not start: run vitsci-viz serve to see why")
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Yield a browser."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("VITSCI_VIZ_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if path is None:
        raise SystemExit("the browser benchmarks need Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


class _Wire:
    """What the web socket of a page carries, with the browser's own times."""

    def __init__(self, page: Any) -> None:
        self.sent: list[float] = []
        self.received: list[tuple[float, int]] = []
        session = page.context.new_cdp_session(page)
        session.on("Network.webSocketFrameSent", lambda event: self.sent.append(event["timestamp"]))
        session.on("Network.webSocketFrameReceived", self._take)
        session.send("Network.enable")

    def _take(self, event: dict[str, Any]) -> None:
        payload, is_binary = event["response"]["payloadData"], event["response"]["opcode"] == 2
        self.received.append((event["timestamp"], len(payload) * 3 // 4 if is_binary else len(payload.encode())))

    def clear(self) -> None:
        """Forget what has been."""
        self.sent.clear()
        self.received.clear()

    @property
    def received_bytes(self) -> int:
        """Everything that came."""
        return sum(size for _, size in self.received)

    @property
    def answer_ms(self) -> float:
        """From the first message to the last one of the answer: the server's part, both ways on the wire included."""
        return 1e3 * (self.received[-1][0] - self.sent[0])


def _open(browser: Any, address: str, query: str) -> tuple[Any, _Wire]:
    page = browser.new_page(viewport=VIEWPORT)
    page.set_default_timeout(LIMIT_MS)
    wire = _Wire(page)
    page.goto(f"{address}?{query}")
    page.evaluate(SCRIPT.read_text())
    page.wait_for_function("bench.canvases().some((canvas) => canvas.painted.image > 0)")
    return page, wire


def _settle(page: Any) -> None:
    page.locator("footer .text").filter(has_text="tokens, known in").wait_for()
    page.locator("[data-reading='Reconstruction']").first.filter(has_text=re.compile("dB|exact")).wait_for()
    page.wait_for_timeout(500)


def _drag(browser: Any, address: str) -> dict[str, list[float]]:
    """Move the slider, once with the overlay alone and once with reconstruction and error map beside it."""
    page, wire = _open(browser, address, "source=slide.png&split_value=50")
    _settle(page)
    found: dict[str, list[float]] = {}
    _slide(page, wire, [[0, "leaves"]], found)
    page.get_by_role("tab", name="What is kept").click()
    page.wait_for_function("bench.canvases()[2]?.painted.error > 0 && bench.canvases()[1].painted.reconstruction > 0")
    _settle(page)
    _slide(page, wire, [[1, "reconstruction"], [2, "error"]], found)
    page.close()
    return found


def _slide(page: Any, wire: _Wire, layers: list[list[Any]], found: dict[str, list[float]]) -> None:
    for number in range(SLIDES + 2):
        place = 350 + (number * 137) % 400
        wire.clear()
        times = page.evaluate("([place, layers]) => bench.slide(place, layers)", [place, layers])
        page.wait_for_timeout(150)
        if number < 2:
            continue
        for name, time_ms in times.items():
            key = name if layers[0][1] == "leaves" or name != "counts" else "counts_beside_reconstruction"
            found.setdefault(key, []).append(time_ms)
        if layers[0][1] == "leaves":
            found.setdefault("repaint", []).append(max(times.values()))
            found.setdefault("answer", []).append(wire.answer_ms)
            found.setdefault("bytes", []).append(wire.received_bytes)


def _walk(browser: Any, address: str) -> dict[str, list[float]]:
    """Pan and zoom with the keys at full resolution."""
    page, wire = _open(browser, address, "source=pyramid.tif")
    _stop_measuring(page)
    found: dict[str, list[float]] = {"pan": [], "zoom": [], "bytes": []}
    page.evaluate("bench.zoom_to(1, 30000, 30000)")
    page.wait_for_timeout(1500)
    keys = ["ArrowRight", "ArrowDown", "+", "ArrowRight", "-", "ArrowUp", "-", "+"]
    for number in range(PANS + 2):
        key = keys[number % len(keys)]
        wire.clear()
        times = page.evaluate("(key) => bench.press(key)", key)
        page.wait_for_timeout(300)
        if number < 2:
            continue
        found["pan" if key.startswith("Arrow") else "zoom"].append(times["sharp"])
        found["bytes"].append(wire.received_bytes)
    page.close()
    return found


def _stop_measuring(page: Any) -> None:
    """Cancel the search for detail in the whole slide: it takes minutes and is another row."""
    end = time.monotonic() + 60
    while "ancelled" not in (page.locator("footer .text").text_content() or ""):
        if time.monotonic() > end:
            raise SystemExit("the search for detail in the whole slide could not be cancelled")
        page.get_by_role("button", name="Cancel").dispatch_event("click")
        page.wait_for_timeout(200)


def _slider_row(found: dict[str, list[float]], server: dict[str, float]) -> Row:
    middle = {name: statistics.median(values) for name, values in found.items()}
    follow = max(middle["reconstruction"], middle["error"])
    return Row(
        name="split-value slider to repainted overlay and counts in Chromium, 4,096^2",
        target="median <= 150 ms, server part <= 30 ms; reconstruction and error map follow within 500 ms",
        measured=f"{middle['repaint']:.0f} ms, {server['overlay']:.0f} ms of them the server's; reconstruction and "
        f"error map after {follow:.0f} ms ({server['follow']:.0f} ms the server's); {middle['bytes'] / 1e3:,.0f} kB "
        "a change",
        is_met=middle["repaint"] <= 150 and server["overlay"] <= 30 and follow <= 500,
        anchor="HoloViews 331 ms at 2,048^2",
        repetitions=SLIDES,
        values={**{f"{name}_median": value for name, value in middle.items()}, "server_ms": server},
    )


def _walk_row(found: dict[str, list[float]]) -> Row:
    pan, zoom = statistics.median(found["pan"]), statistics.median(found["zoom"])
    largest = max(found["bytes"])
    return Row(
        name="pan and zoom of a 64K^2 pyramid (JPEG tiles) to sharp in Chromium",
        target="<= 200 ms and <= 2 MB a frame",
        measured=f"pan {pan:.0f} ms, zoom {zoom:.0f} ms; at most {largest / 1e6:.2f} MB a frame",
        is_met=max(pan, zoom) <= 200 and largest <= 2e6,
        anchor="napari 2-D",
        repetitions=PANS,
        values={"pan_ms": pan, "zoom_ms": zoom, "largest_bytes": largest,
                "slowest_ms": max(found["pan"] + found["zoom"])},
    )  # fmt: skip
