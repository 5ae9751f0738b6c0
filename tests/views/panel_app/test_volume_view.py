"""A volume in a real browser: planes that follow the crosshair, values that follow the limits, files to take away."""

import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from playwright.sync_api import expect

from tests.views.panel_app.conftest import LIMIT_MS, said_address
from vitsci_viz.io.multiscale_writing import MultiscaleFacts
from vitsci_viz.io.volume_writing import SlabFile

pytestmark = pytest.mark.browser

SHAPE = (24, 48, 64)
"""z, y, x."""
CODE = """
import panel as pn
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.server import Desk
from vitsci_viz.views.panel_app.status import StatusLine
from vitsci_viz.views.panel_app.volume_view import VolumeView, open_file

pn.extension()

def app():
    desk = Desk(pn.state.curdoc.add_next_tick_callback)
    status = StatusLine(lambda: view.cancel())
    view = VolumeView(lambda source, progress: open_file(source), status, post=desk.post)
    view.open(pn.state.session_args["volume"][0].decode())
    parts = dict(header=pn.Row(), left=pn.Column(), main=view.panel, right=view.side, bottom=status.view.panel)
    pn.state.onload(desk.open)
    return frame("tomography", parts=parts)

server = pn.io.server.get_server({"/": app}, port=0, start=False, location=False)
server.start()
print(f"http://localhost:{server.port}/", flush=True)
server.io_loop.start()
"""


def voxels():
    """A value that tells its place: 1 for every x, 100 for every y, 10,000 for every z, in thousandths."""
    z, y, x = np.ogrid[tuple(slice(0, n) for n in SHAPE)]
    return ((10_000 * z + 100 * y + x) / 1000).astype(np.float32)


QUALITY = {
    "resolution_px": 4.0, "resolution_mm": 0.04, "is_pixel_limited": False, "is_view_limited": False,
    "signal_to_noise": 12.0, "contrast_to_noise": 11.0, "ring_score": 0.3, "streak_score": 0.1,
    "ring_correlation": {
        "frequency_per_px": [0.0, 0.25, 0.5], "correlation": [1.0, 0.6, 0.1], "half_bit": [0.9, 0.5, 0.4],
    },
}  # fmt: skip
REPORT = {
    "centre": {"px": 31.25, "uncertainty_px": 0.04, "method": "agreement", "confidence": 0.9, "tilt_deg": 0.0},
    "scan": {"name": "core", "views": 90, "angles_deg": [0.0, 178.0], "flats": 5, "darks": 5}, "method": "fbp",
    "quality": QUALITY, "notes": [], "corrections": ["6 dead pixels filled from their neighbours"],
    "seconds": {"total": 12.3},
}  # fmt: skip


@pytest.fixture(scope="module")
def volume(tmp_path_factory):
    """A volume that keeps how it was made."""
    place = tmp_path_factory.mktemp("volume") / "core.ome.zarr"
    facts = MultiscaleFacts(name="core", shape=SHAPE, dtype="float32", spacing=(0.01,) * 3, unit="mm")
    file = SlabFile(place, facts, key="core")
    file.write(slice(0, SHAPE[0]), voxels())
    file.finish({"quantity": "linear attenuation", "unit": "1/mm", "report": REPORT, "options": {"filter": "hann"}})
    return place


@pytest.fixture(scope="module")
def address():
    """The view alone, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE], env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield said_address(process)
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


@pytest.fixture
def view(page, address, volume):
    """The page with the volume open; faults of its scripts fail the test."""
    faults = []
    page.set_default_timeout(LIMIT_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}?volume={volume}")
    crosshair(page).filter(has_text="x 32, y 24, z 12").wait_for()
    drawn(page)
    yield page
    assert faults == []


def crosshair(page):
    return page.get_by_role("region", name="Crosshair")


def planes(page):
    return page.get_by_role("application").filter(visible=True)


CANVASES = """[...new Set([...Bokeh.index].flatMap((view) => [...view.owner.query((each) => each.vitsci)]))]
  .map((view) => view.vitsci)"""


def drawn(page):
    """Wait until every plane in sight has been drawn."""
    page.wait_for_function(f"""() => {{
      const all = {CANVASES}
      return all.length == 3 && all.every((each) => each.painted.image != null)
    }}""")


def place(page, axes, across, down):
    """Return the place in the page of the centre of a pixel of a plane, named by its axes across and down."""
    return tuple(
        page.evaluate(
            f"""([axes, across, down]) => {{
      const one = {CANVASES}.find((each) => each.axes().join("") == axes)
      const box = one.hit.getBoundingClientRect(), {{x0, y0}} = one.window(), {{scale}} = one.shared()
      return [box.x + (across + 0.5 - x0) / scale, box.y + (down + 0.5 - y0) / scale]
    }}""",
            [axes, across, down],
        )
    )


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=6)
    page.mouse.up()


def saved(page, title):
    page.get_by_role("button", name="Download").click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name=title).click()
    return found.value.suggested_filename, found.value.path().read_bytes()


def test_three_planes_meet_in_the_middle_with_the_report_beside_them(view, keep_picture):
    expect(planes(view)).to_have_count(3)
    expect(crosshair(view)).to_contain_text("0.325, 0.245, 0.125 mm")
    expect(crosshair(view)).to_contain_text("122.4 1/mm")
    beside = view.get_by_role("region", name="About the volume")
    for text in ("31.25 ± 0.04 px", "agreement", "4.00 px", "64 x 48 x 24", "filter hann", "6 dead pixels"):
        expect(beside).to_contain_text(text)
    expect(view.get_by_role("img", name="Fourier ring correlation")).to_be_visible()
    sizes = view.evaluate("[document.scrollingElement.scrollHeight, innerHeight]")
    assert sizes[0] <= sizes[1]
    view.wait_for_timeout(300)
    keep_picture("volume", view.screenshot())


def test_a_click_and_a_dragged_line_move_the_crosshair_and_the_other_planes(view):
    view.mouse.click(*place(view, "xy", 10, 40))
    expect(crosshair(view)).to_contain_text("x 10, y 40, z 12")
    expect(view.get_by_text("YZ · x 10")).to_be_visible()
    expect(view.get_by_text("XZ · y 40")).to_be_visible()
    drag(view, place(view, "xy", 10, 5), place(view, "xy", 50, 5))
    expect(crosshair(view)).to_contain_text("x 50, y 40, z 12")
    drag(view, place(view, "xz", 20, 12), place(view, "xz", 20, 3))
    expect(crosshair(view)).to_contain_text("x 50, y 40, z 3")
    expect(crosshair(view)).to_contain_text("34.05 1/mm")


def test_wheel_brackets_and_slider_go_through_the_slices(view):
    view.mouse.move(*place(view, "xy", 5, 5))
    view.mouse.wheel(0, 200)
    expect(crosshair(view)).to_contain_text("x 32, y 24, z 14")
    planes(view).first.focus()
    view.keyboard.press("[")
    expect(crosshair(view)).to_contain_text("x 32, y 24, z 13")
    view.get_by_role("slider", name="Slice").fill("23")
    expect(crosshair(view)).to_contain_text("x 32, y 24, z 23")
    view.keyboard.press("Escape")
    planes(view).first.focus()
    view.keyboard.press("]")
    view.wait_for_timeout(300)
    expect(crosshair(view)).to_contain_text("z 23")


def test_the_value_under_the_cursor_is_the_voxels_and_its_place_is_in_mm(view):
    view.mouse.move(*place(view, "xy", 7, 9))
    expect(view.get_by_text("x 7  y 9")).to_be_visible()
    expect(view.get_by_text("120.9 1/mm")).to_be_visible()
    view.mouse.move(*place(view, "zy", 4, 9))
    expect(view.get_by_text("z 4  y 9")).to_be_visible()
    expect(view.get_by_text("40.93 1/mm")).to_be_visible()


def test_dragging_a_limit_of_the_histogram_changes_what_is_black_and_white(view):
    handle = view.get_by_role("slider", name="Value shown as white")
    before = float(handle.get_attribute("aria-valuenow"))
    shade = pixel(view, place(view, "xy", 20, 5))
    box = handle.bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + 12
    drag(view, middle, (middle[0] - 120, middle[1]))
    assert float(handle.get_attribute("aria-valuenow")) < before - 10
    view.wait_for_timeout(800)
    assert pixel(view, place(view, "xy", 20, 5)) > shade + 20
    view.get_by_role("spinbutton", name="White").fill("200")
    view.keyboard.press("Enter")
    expect(handle).to_have_attribute("aria-valuenow", "200")
    handle.focus()
    view.keyboard.press("ArrowLeft")
    expect(handle).not_to_have_attribute("aria-valuenow", "200")
    view.get_by_role("button", name="Auto").click()
    expect(handle).to_have_attribute("aria-valuenow", f"{before:g}")


def pixel(page, at):
    shot = np.asarray(Pillow.open(io.BytesIO(page.screenshot())).convert("L")).astype(int)
    return int(np.median(shot[round(at[1]) - 2 : round(at[1]) + 3, round(at[0]) - 2 : round(at[0]) + 3]))


def test_one_plane_alone_fills_the_room_and_its_slices_are_counted(view, keep_picture):
    view.get_by_role("tab", name="XZ").click()
    expect(planes(view)).to_have_count(1)
    expect(view.get_by_text("25 / 48")).to_be_visible()
    box = planes(view).first.bounding_box()
    assert box["height"] > 550
    view.wait_for_timeout(800)
    keep_picture("volume_xz", view.screenshot())


def test_planes_and_report_are_saved_as_they_are(view):
    view.mouse.click(*place(view, "xy", 10, 40))
    expect(crosshair(view)).to_contain_text("x 10, y 40")
    name, data = saved(view, "XZ slice, values (TIFF)")
    assert name == "core-xz-y00040.tif"
    assert np.array_equal(tifffile.imread(io.BytesIO(data)), voxels()[:, 40])
    name, data = saved(view, "YZ slice, grey (PNG)")
    assert name == "core-yz-x00010.png"
    assert Pillow.open(io.BytesIO(data)).size == (SHAPE[0], SHAPE[1])
    name, data = saved(view, "Report")
    kept = json.loads(data)
    assert kept["kept"]["report"]["centre"]["px"] == 31.25
    assert kept["shown"]["point"] == [12, 40, 10]


def test_what_is_no_volume_is_refused_where_it_would_be(page, address, tmp_path):
    place = tmp_path / "broken.tif"
    place.write_bytes(b"II*\0 not really")
    page.goto(f"{address}?volume={place}", timeout=LIMIT_MS)
    heading = page.get_by_role("heading", name="This volume could not be opened")
    expect(heading).to_be_visible(timeout=LIMIT_MS)
    expect(page.locator("footer .text, .bottom .text").first).to_contain_text(re.compile("broken.tif"))
