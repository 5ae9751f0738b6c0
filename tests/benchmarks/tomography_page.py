"""The axis dragged in Chromium: from the pointer's movement to the slice on the screen, by the page's own clock."""

import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.browser import LIMIT_MS, SCRIPT, VIEWPORT, chromium, served
from tests.benchmarks.measuring import Row
from tests.benchmarks.tomography_peers import half_turn
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
from vitsci_viz.types import Scan

SIZES = {"narrow": (640, 181), "wide": (2048, 1500)}
WHOLE_MS = {"narrow": 100, "wide": 500}
PREVIEW_MS = 150
ROWS, DRAGS, STEP_PX = 4, 12, 3
NOISE = 0.01


def measure() -> list[Row]:
    """Drag the line of the axis on the sinogram of a small and of a large scan."""
    with tempfile.TemporaryDirectory(prefix="vitsci_viz_bench_") as folder:
        root = Path(folder)
        for name, (columns, views) in SIZES.items():
            write_phantom(root / f"{name}.h5", columns, views)
        with served(root) as address, chromium() as browser:
            return [_row(name, _dragged(browser, f"{address}tomography", name)) for name in SIZES]


def write_phantom(path: Path, columns: int, views: int) -> None:
    """Write line integrals of a head with some noise, a few rows high."""
    angles, random = half_turn(views), np.random.default_rng(0)
    lines = np.repeat(project_phantom(shepp_logan(columns / 2), angles, columns), ROWS, axis=1)
    lines += random.normal(0, NOISE, lines.shape).astype(np.float32)
    write_scan(path, Scan.from_line_integrals(lines, angles_rad=angles, centre=(columns - 1) / 2))


def _dragged(browser: Any, address: str, name: str) -> dict[str, list[float]]:
    """Move the line step by step, and let go after every step."""
    page = browser.new_page(viewport=VIEWPORT)
    page.set_default_timeout(LIMIT_MS)
    page.goto(f"{address}?source={name}.h5")
    page.evaluate(SCRIPT.read_text())
    page.locator("footer .text").filter(has_text="Slice of row").wait_for()
    page.wait_for_timeout(1500)
    line = page.locator(".vz-guide[data-name=axis]").filter(visible=True).nth(1)
    found: dict[str, list[float]] = {"moved": [], "first": [], "whole": []}
    for number in range(DRAGS + 2):
        box = line.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.45
        step = STEP_PX * (1 if number // 3 % 2 else -1)
        page.mouse.move(x, y)
        page.mouse.down()
        moved = _timed(page, "pointermove", "any", lambda x=x, y=y, step=step: page.mouse.move(x + step, y))
        page.wait_for_timeout(600)
        page.mouse.move(x + 2 * step, y)
        let_go = _timed(page, "pointerup", "whole", page.mouse.up)
        page.wait_for_timeout(300)
        if number > 1:
            found["moved"].append(moved["first"])
            found["first"].append(let_go["first"])
            found["whole"].append(let_go["whole"])
    page.close()
    return found


def _timed(page: Any, event: str, wanted: str, act: Any) -> dict[str, float]:
    page.evaluate("([event, wanted]) => { window.followed = bench.follow(event, wanted) }", [event, wanted])
    act()
    return page.evaluate("() => window.followed")


def _row(name: str, found: dict[str, list[float]]) -> Row:
    (columns, views), middle = SIZES[name], {part: statistics.median(times) for part, times in found.items()}
    # A small scan is redrawn at full resolution while the axis moves; a large one when it rests.
    kind = "the slice at full resolution" if name == "narrow" else "a slice at screen resolution"
    return Row(
        name=f"dragged axis to redrawn slice in Chromium, {columns:,}^2 from {views:,} views",
        target=f"<= {WHOLE_MS[name]} ms, a preview within {PREVIEW_MS} ms",
        measured=f"{middle['moved']:.0f} ms from a movement to {kind}, {middle['whole']:.0f} ms from letting go to the "
        "slice as the volume will have it",
        is_met=middle["moved"] <= PREVIEW_MS and middle["whole"] <= WHOLE_MS[name],
        anchor="httomo: pictures by file name",
        repetitions=DRAGS,
        values={f"{part}_ms": value for part, value in middle.items()},
    )
