"""The Tomography page in a real browser: a scan is opened, the axis is dragged, the slice follows."""

import io
import math
import re
import shutil

import h5py
import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow
from playwright.sync_api import expect

from tests.reconstruction.counted import counted, exact
from tests.views.panel_app.conftest import LIMIT_MS
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.views.session.tomography_state import TomographyState

pytestmark = pytest.mark.browser

SIDE, ROWS, VIEWS = 96, 8, 120
MIDDLE = (SIDE - 1) / 2


@pytest.fixture(scope="module")
def scan_file(data_root):
    """Counts of the head phantom about the middle of the detector."""
    return write_scan(data_root / "head.h5", counted(exact(views=VIEWS, rows=ROWS, columns=SIDE), pixel_mm=0.02))


@pytest.fixture
def tomography(page, server, scan_file):
    """Open the page with a query; faults of its scripts fail the test."""
    faults = []
    page.set_default_timeout(LIMIT_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: "ERR_" in message.text and faults.append(message.text))

    def open_page(query=""):
        page.goto(f"{server}tomography" + (f"?{query}" if query else ""))
        return page

    yield open_page
    assert faults == []


def status(page):
    return page.locator("footer .text")


def sliced(page, centre=None):
    """Wait until the slice on screen is that of the newest axis."""
    words = r"Slice of row" if centre is None else rf"about {re.escape(f'{centre:.2f}')} px"
    expect(status(page)).to_contain_text(re.compile(words), timeout=LIMIT_MS)
    return page


def state(page):
    found, problems = TomographyState.read(page.evaluate("location.search.slice(1)"))
    assert problems == ()
    return found


def centre(page):
    return float(page.get_by_label("Rotation axis in pixels").input_value())


def canvas(page, number):
    """Projection 0, sinogram 1, slice 2, as they stand on the page."""
    return page.get_by_role("application").filter(visible=True).nth(number)


def pixels(page, number):
    return np.asarray(Pillow.open(io.BytesIO(canvas(page, number).screenshot())).convert("L")).astype(float)


def place_of_axis(page, number=1):
    """Where the line of the axis stands on a canvas, in pixels of the screen."""
    line = page.locator(".vz-guide[data-name=axis]").filter(visible=True).nth(number)
    box, frame = line.bounding_box(), canvas(page, number).bounding_box()
    return box["x"] + box["width"] / 2, frame["y"] + frame["height"] * 0.45


def test_without_a_scan_the_page_says_what_to_do_with_samples_one_click_away(tomography, keep_picture):
    page = tomography()
    expect(page.get_by_role("heading", name="Open a scan to begin")).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("button", name=re.compile("tooth", re.IGNORECASE))).to_be_visible()
    expect(page.get_by_role("link", name="Tomography")).to_have_attribute("aria-current", "page")
    keep_picture("tomography_empty", page.screenshot())


def test_a_scan_is_shown_as_projection_sinogram_and_slice(tomography, keep_picture):
    page = sliced(tomography("source=head.h5"))
    expect(page.get_by_text(f"{VIEWS} views of {ROWS} x {SIDE} px")).to_be_visible()
    for number, caption in enumerate(("Projection", "Sinogram", "Slice")):
        expect(page.get_by_text(caption, exact=True).filter(visible=True).first).to_be_visible()
        assert pixels(page, number).std() > 10
    assert centre(page) == pytest.approx(MIDDLE, abs=0.01)
    sizes = page.evaluate("[document.scrollingElement.scrollHeight, innerHeight]")
    assert sizes[0] <= sizes[1]
    keep_picture("tomography", page.screenshot())


def test_the_dragged_axis_redraws_the_slice_and_the_link(tomography, keep_picture):
    page = sliced(tomography("source=head.h5"))
    before = pixels(page, 2)
    x, y = place_of_axis(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 13):
        page.mouse.move(x + 2 * step, y)
    during = float(centre(page))
    page.mouse.up()
    page.wait_for_function("new URLSearchParams(location.search).has('centre')")
    moved = state(page).options.centre
    assert moved > MIDDLE + 2
    assert during <= moved + 0.01
    sliced(page, moved)
    page.wait_for_timeout(300)
    assert np.abs(pixels(page, 2) - before).mean() > 2
    assert centre(page) == pytest.approx(moved, abs=0.006)
    assert float(page.locator("[data-option=centre] input").first.input_value()) == pytest.approx(moved, abs=1e-3)
    keep_picture("tomography_dragged", page.screenshot())


def test_a_typed_axis_and_arrow_keys_move_the_slice(tomography):
    page = sliced(tomography("source=head.h5"))
    field = page.get_by_label("Rotation axis in pixels")
    field.fill("45.5")
    field.press("Enter")
    sliced(page, 45.5)
    field.press("ArrowRight")
    sliced(page, 45.6)
    field.press("Shift+ArrowLeft")
    sliced(page, 44.6)
    assert state(page).options.centre == pytest.approx(44.6)


def test_a_click_takes_another_row_or_view(tomography):
    page = sliced(tomography("source=head.h5"))
    assert state(page).row is None
    box = canvas(page, 0).bounding_box()
    line = page.locator(".vz-guide[data-name=row]").filter(visible=True).first.bounding_box()
    page.mouse.click(box["x"] + 40, line["y"] - 20)
    page.wait_for_function("new URLSearchParams(location.search).has('row')")
    assert state(page).row < ROWS // 2
    expect(status(page)).to_contain_text(f"Slice of row {state(page).row} ")
    box = canvas(page, 1).bounding_box()
    page.mouse.click(box["x"] + 40, box["y"] + box["height"] / 2)
    page.wait_for_function("new URLSearchParams(location.search).has('view')")
    assert abs(state(page).view - VIEWS / 2) < VIEWS / 6


def test_a_shift_click_puts_the_axis_and_arrow_keys_nudge_it(tomography):
    page = sliced(tomography("source=head.h5"))
    x, y = place_of_axis(page)
    page.keyboard.down("Shift")
    page.mouse.click(x - 30, y)
    page.keyboard.up("Shift")
    page.wait_for_function("new URLSearchParams(location.search).has('centre')")
    put = state(page).options.centre
    assert put < MIDDLE - 2
    sliced(page, put)
    page.keyboard.press("ArrowLeft")
    sliced(page, put - 0.1)
    assert state(page).row is None


def test_a_candidate_is_taken_compared_put_in_a_recipe_and_taken_away(tomography):
    page = sliced(tomography("source=head.h5&rings=sorting"))
    page.locator("[data-choice]").last.click()
    page.wait_for_function("new URLSearchParams(location.search).has('centre')")
    taken = state(page).options.centre
    assert abs(taken - MIDDLE) < 0.5
    page.get_by_role("tab", name="Before | after").click()
    expect(page.get_by_text("Before corrections", exact=True).filter(visible=True).first).to_be_visible()
    expect(page.get_by_text(re.compile("before corrections [0-9]")).first).to_be_visible(timeout=LIMIT_MS)
    assert pixels(page, 0).std() > 10
    assert pixels(page, 1).std() > 10
    page.get_by_role("button", name="The recipe of what is on screen").click()
    recipe = page.get_by_label("Recipe as YAML")
    expect(recipe).to_have_value(re.compile(f"centre: {taken}"))
    recipe.fill(recipe.input_value().replace("filter: ram-lak", "filter: hann"))
    page.get_by_role("button", name="Apply", exact=True).click()
    page.wait_for_function("new URLSearchParams(location.search).get('filter') == 'hann'")
    page.get_by_role("button", name="Download", exact=True).filter(visible=True).click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name="Slice, values").click()
    assert tifffile.imread(coming.value.path()).shape == (SIDE, SIDE)


def test_everything_is_reconstructed_by_a_job_and_its_volume_opens(tomography, runs_folder):
    page = sliced(tomography("source=head.h5&centre=47.5&rows=0:2"))
    page.get_by_label("Name of the volume").fill("head")
    page.get_by_role("button", name="Reconstruct all").click()
    page.get_by_role("button", name="Open head", exact=True).click(timeout=2 * LIMIT_MS)
    expect(page.get_by_role("tab", name="Volume")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text(re.compile("^XY")).filter(visible=True).first).to_be_visible()
    page.wait_for_function("new URLSearchParams(location.search).get('layout') == 'volume'")
    assert (runs_folder / "volumes" / "head.ome.zarr" / "zarr.json").exists()


def test_angles_that_a_scan_lacks_are_asked_for(tomography, scan_file, data_root):
    bare = data_root / "bare.h5"
    shutil.copy(scan_file, bare)
    with h5py.File(bare, "r+") as file:
        del file["exchange/theta"]
    page = tomography("source=bare.h5")
    field = page.get_by_label("Angles of the views")
    expect(field).to_be_visible(timeout=LIMIT_MS)
    expect(status(page)).to_contain_text("has no angles")
    field.fill(f"0:180:{VIEWS}")
    page.get_by_role("button", name="Use these").click()
    sliced(page)
    assert state(page).angles == f"0:180:{VIEWS}"


def test_a_link_restores_scan_axis_row_and_setting(tomography):
    page = sliced(tomography("source=head.h5&centre=40.25&row=2&view=30&rings=sorting"), 40.25)
    found = state(page)
    assert (found.row, found.view, found.options.rings, found.options.centre) == (2, 30, "sorting", 40.25)
    expect(page.get_by_label("Rings", exact=True)).to_have_value("sorting")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("source=absent.h5", "absent.h5"), ("source=disc.png", "must end in a suffix of scans"),
        ("source=../outside.png", "outside the data root"), ("source=head.h5&ring=mean", "did you mean 'rings'"),
        ("source=head.h5&rows=3:900", "rows"), ("source=head.h5&centre=500", "on the detector"),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_says_why(tomography, query, words):
    page = tomography(query)
    expect(status(page)).to_contain_text(words, timeout=LIMIT_MS)
    assert "/tmp" not in status(page).text_content()


def test_every_control_has_a_name(tomography):
    page = sliced(tomography("source=head.h5"))
    nameless = page.evaluate(
        """() => {
          const found = [], visit = (root) => {
            for (const node of root.querySelectorAll("*")) {
              if (node.shadowRoot) visit(node.shadowRoot)
              if (!node.matches("input:not([hidden]), select, button, textarea") || !node.checkVisibility()) continue
              const named = node.ariaLabel || node.textContent.trim() || node.title || node.labels?.length
              if (!named && node.getAttribute("aria-hidden") != "true") found.push(node.outerHTML.slice(0, 120))
            }
          }
          visit(document)
          return found
        }"""
    )
    assert nameless == []


@pytest.mark.data
def test_the_tooth_is_whole_about_its_axis(tomography, keep_picture):
    page = sliced(tomography("source=sample:tooth&centre=296"))
    assert math.isclose(centre(page), 296)
    page.get_by_text("Quality of the slice").wait_for()
    keep_picture("tomography_tooth", page.screenshot())
