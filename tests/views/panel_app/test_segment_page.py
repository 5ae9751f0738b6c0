"""The Segment page in a real browser, with real runs of a tiny model."""

import csv
import json
import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.training.discs import SMALL
from tests.views.panel_app.conftest import LIMIT_MS
from tests.views.session.runs import write_data
from vitsci_viz.io import read_mask
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.types import Recipe
from vitsci_viz.views.session.segment_state import SegmentState

pytestmark = pytest.mark.browser

RUNS = {"good": {"epochs": 30}, "weak": {"epochs": 1, "learning_rate": 1e-6}}
IMAGES = 5
WIDE = 1536
"""Side of an image that takes seconds in small tiles."""


@pytest.fixture(scope="module")
def trained(data_root, runs_folder):
    """Two runs on the same discs: one has learned them, one has learned nothing."""
    from vitsci_viz.workflows.train import run_train

    data = write_data(data_root / "segment_discs", count=IMAGES)
    for name, more in RUNS.items():
        options = TrainOptions(**{**SMALL, "val_share": 0.4, **more})
        recipe = Recipe(
            workflow="train", inputs={"data": str(data)}, outputs={"run": str(runs_folder / name)},
            options=options.to_mapping(),
        )  # fmt: skip
        run_train(recipe, options, execution=ExecutionOptions(threads=1))
    return data


@pytest.fixture
def segment(page, server, trained):
    """Open the page with a query; faults of its scripts fail the test."""
    faults = []
    page.set_default_timeout(LIMIT_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def open_page(query=""):
        page.goto(f"{server}segment" + (f"?{query}" if query else ""))
        return page

    yield open_page
    assert faults == []


def status(page):
    return page.locator("footer .text")


def predicted(page):
    """Wait until an image is predicted and every image of the list has its score."""
    expect(status(page)).to_contain_text("predicted in", timeout=LIMIT_MS)
    expect(page.get_by_text(re.compile("still to be scored"))).to_have_count(0, timeout=LIMIT_MS)
    page.wait_for_function("new URLSearchParams(location.search).has('view')")
    return page


def state(page):
    return SegmentState.from_query(page.evaluate("location.search.slice(1)"))


def rows(page):
    return page.get_by_role("list", name="Images").get_by_role("button")


def dice_of_rows(page):
    return [float(re.search(r"[01]\.\d{3}", text).group()) for text in rows(page).all_inner_texts()]


def reading(page, name="Mean Dice"):
    return float(re.search(r"[01]\.\d{3}", page.locator(f"[data-reading='{name}']").first.inner_text()).group())


def canvases(page):
    return page.get_by_role("application").filter(visible=True)


def test_without_a_run_the_page_says_what_to_do_and_offers_the_runs(segment, keep_picture):
    page = segment()
    expect(page.get_by_role("heading", name="Choose a training run")).to_be_visible()
    expect(page.get_by_label("Run A").locator("option")).to_contain_text(["Choose a run", "good"][:1])
    keep_picture("segment_empty", page.screenshot())
    page.get_by_role("button", name="good", exact=True).click()
    predicted(page)
    assert state(page).run == "good"


def test_validation_images_are_predicted_and_listed_the_worst_first(segment, keep_picture):
    page = predicted(segment("run=good"))
    known = dice_of_rows(page)
    assert known == sorted(known)
    assert len(known) == 2
    assert min(known) > 0.8
    expect(canvases(page)).to_have_count(6)
    assert page.locator("[data-class=foreground]").count() == 2
    expect(page.get_by_role("note", name="Legend")).to_contain_text("false negative")
    expect(page.get_by_role("note", name="Legend")).to_contain_text("Uncertainty")
    sizes = page.evaluate("[document.scrollingElement.scrollHeight, innerHeight]")
    assert sizes[0] <= sizes[1]
    keep_picture("segment", page.screenshot())


def test_the_scores_on_screen_are_those_of_the_prediction_that_is_saved(segment, trained):
    page = predicted(segment("run=good"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
        page.get_by_role("menuitem", name="Labels (TIFF)").click()
    path = saved.value.path().with_suffix(".tif")
    saved.value.save_as(path)
    labels, name = np.asarray(read_mask(path)), state(page).source.removeprefix("run:")
    truth = cv2.imread(str(trained / "masks" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
    dice = 2 * np.sum(labels * truth) / (labels.sum(dtype=np.int64) + truth.sum(dtype=np.int64))
    assert reading(page) == pytest.approx(dice, abs=6e-4)


def test_scores_and_outlines_can_be_taken_away(segment):
    page = predicted(segment("run=good"))
    saved = {}
    for title in ("Scores (CSV)", "Outlines for QuPath (GeoJSON)", "Errors over the image (PNG)"):
        page.get_by_role("button", name="Download").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=title).click()
        saved[title] = download.value.path()
    table = list(csv.DictReader(saved["Scores (CSV)"].read_text().splitlines()))
    assert [round(float(row["mean_dice"]), 3) for row in table] == dice_of_rows(page)
    outlines = json.loads(saved["Outlines for QuPath (GeoJSON)"].read_text())
    assert outlines["features"][0]["properties"]["classification"]["name"] == "foreground"
    assert saved["Errors over the image (PNG)"].read_bytes().startswith(b"\x89PNG")


def test_keys_walk_through_the_list_and_every_picture_follows(segment):
    page = predicted(segment("run=good"))
    page.get_by_role("button", name="All", exact=True).click()
    expect(rows(page)).to_have_count(IMAGES)
    expect(rows(page).filter(has_text=re.compile(r"\d\.\d{3}"))).to_have_count(IMAGES, timeout=LIMIT_MS)  # sorted
    predicted(page)
    names = [row.get_attribute("data-key") for row in rows(page).all()]
    rows(page).first.click()
    expect(page.locator("li button[aria-current=true]")).to_have_attribute("data-key", names[0])
    canvases(page).first.click(position={"x": 60, "y": 160})
    page.keyboard.press("n")
    expect(page.locator("li button[aria-current=true]")).to_have_attribute("data-key", names[1])
    page.keyboard.press("p")
    expect(page.locator("li button[aria-current=true]")).to_have_attribute("data-key", names[0])


def test_two_runs_are_compared_image_by_image(segment, keep_picture):
    page = predicted(segment("run=weak"))
    page.get_by_label("Run B, to compare with").select_option("good")
    expect(page.get_by_role("tab", name="A | B")).to_have_attribute("aria-selected", "true", timeout=LIMIT_MS)
    expect(page.get_by_text(re.compile(r"B \+0\.\d+ on 2 images: better on 2, worse on 0"))).to_be_visible()
    assert reading(page, "Mean Dice B") > reading(page, "Mean Dice A")
    expect(page.get_by_role("note", name="Legend")).to_contain_text("only B right")
    for caption in ("Truth", "Prediction A", "Prediction B", "Where A and B differ", "Error of A", "Error of B"):
        expect(page.get_by_text(caption, exact=True)).to_be_visible()
    keep_picture("segment_compare", page.screenshot())


def test_a_link_restores_run_image_layout_and_view(segment):
    page = segment("run=good&source=run:disc3&layout=overlay&view=10,10,40,40,300,300")
    predicted(page)
    expect(page.get_by_role("tab", name="Overlay")).to_have_attribute("aria-selected", "true")
    expect(page.locator("li button[aria-current=true], .name").first).to_contain_text("disc3")
    restored = state(page)
    assert (restored.run, restored.source, restored.layout) == ("good", "run:disc3", "overlay")
    centre = (restored.window.x0 + restored.window.x1) / 2, (restored.window.y0 + restored.window.y1) / 2
    assert centre == pytest.approx((25, 25), abs=0.1)
    expect(canvases(page)).to_have_count(1)


def test_layers_that_are_switched_are_kept_on_other_images_in_other_layouts_and_in_the_link(segment, keep_picture):
    page = predicted(segment("run=good&layout=overlay"))
    for name, on in (("Show leaves", "Hide leaves"), ("Hide prediction", "Show prediction")):
        page.get_by_title(name, exact=False).filter(visible=True).click()
        expect(page.get_by_title(on, exact=False).filter(visible=True)).to_be_visible()
    page.wait_for_function("new URLSearchParams(location.search).get('layers')?.includes('prediction')")
    layers = ("-everything:prediction", "everything:leaves")
    assert state(page).layers == layers

    page.get_by_role("tab", name="Side by side").click()
    expect(canvases(page)).to_have_count(6)
    page.get_by_role("tab", name="Overlay").click()
    expect(page.get_by_title("Hide leaves", exact=False).filter(visible=True)).to_be_visible()

    other, before = (
        page.locator("li button:not([aria-current=true])").first.get_attribute("data-key"),
        state(page).source,
    )
    page.locator(f"li button[data-key='{other}']").click()
    page.wait_for_function("(old) => new URLSearchParams(location.search).get('source') != old", arg=before)
    expect(page.locator(f"li button[data-key='{other}']")).to_have_attribute("aria-current", "true")
    expect(page.get_by_title("Hide leaves", exact=False).filter(visible=True)).to_be_visible()
    assert state(page).layers == layers
    page.goto(page.url)
    predicted(page)
    expect(page.get_by_title("Hide leaves", exact=False).filter(visible=True)).to_be_visible()
    expect(page.get_by_title("Show prediction", exact=False).filter(visible=True)).to_be_visible()
    assert state(page).layers == layers
    keep_picture("segment_layers", page.screenshot())


def test_a_cancelled_prediction_can_be_asked_for_again(segment, data_root, keep_picture):
    rng = np.random.default_rng(0)
    cv2.imwrite(str(data_root / "wide.png"), rng.integers(0, 255, (WIDE, WIDE, 3), dtype=np.uint8))
    page = segment("run=good&source=wide.png&tile=32&halo=0")
    expect(status(page)).to_contain_text("Predicting", timeout=LIMIT_MS)
    cancel = page.get_by_role("button", name="Cancel")
    cancel.wait_for()
    cancel.evaluate("(button) => button.click()")  # beside it words change eight times a second
    expect(status(page)).to_contain_text("Cancelled; there is no prediction", timeout=LIMIT_MS)
    again = page.get_by_role("button", name="Predict again")
    keep_picture("segment_cancelled", page.screenshot())
    again.click()
    expect(status(page)).to_contain_text("Predicting wide.png")
    expect(again).to_be_hidden()
    expect(status(page)).to_contain_text("predicted in", timeout=LIMIT_MS)
    expect(again).to_be_hidden()


def test_zooming_moves_all_pictures_and_the_link(segment):
    page = predicted(segment("run=good"))
    before = state(page).window
    box = canvases(page).nth(3).bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        page.mouse.wheel(0, -240)
    page.wait_for_function("(old) => location.search != old", arg=page.evaluate("location.search"))
    page.wait_for_timeout(500)
    assert state(page).window.scale < before.scale / 2


def test_the_class_under_the_cursor_is_named_in_truth_and_prediction(segment):
    page = predicted(segment("run=good"))
    box = canvases(page).first.bounding_box()
    said = page.locator(".vz-status").first
    for tremble in range(50):
        page.mouse.move(box["x"] + box["width"] * 0.4 + tremble % 2, box["y"] + box["height"] * 0.5)
        page.wait_for_timeout(100)
        if "truth" in said.text_content():
            break
    assert "truth foreground" in said.text_content()
    assert "prediction foreground" in said.text_content()


def test_an_image_without_truth_is_predicted_and_its_mask_may_be_added(segment):
    page = predicted(segment("run=good&source=segment_discs/images/disc1.png"))
    expect(page.get_by_text("No truth is known for this image")).to_be_visible()
    expect(canvases(page)).to_have_count(4)
    page.get_by_role("button", name="Mask", exact=True).click()
    page.get_by_role("tab", name="Browse").click()
    page.get_by_role("textbox", name="Path below the data root").fill("segment_discs/masks/disc1.png")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(canvases(page)).to_have_count(6, timeout=LIMIT_MS)
    predicted(page)
    assert state(page).mask == "segment_discs/masks/disc1.png"
    assert reading(page) > 0.8


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("run=absent", "there is no run absent"),
        ("rum=good", "did you mean 'run'"),
        ("run=good&source=disc.png", "channels"),
        ("run=good&source=../outside.png", "outside the data root"),
        ("run=good&checkpoint=last&tile=3", "tile"),
        ("run=good&layers=A:leafs", "layers in the link must be names such as A:leaves"),
    ],
)
def test_what_cannot_be_shown_says_why(segment, query, words):
    page = segment(query)
    expect(status(page)).to_contain_text(words, timeout=LIMIT_MS)
    assert "/tmp" not in status(page).text_content()


def test_a_wrong_option_is_marked_and_the_prediction_stays(segment):
    page = predicted(segment("run=good"))
    page.get_by_label("Tile", exact=True).fill("3")
    page.get_by_label("Tile", exact=True).press("Enter")
    expect(page.locator("[data-option=tile] [role=alert]")).to_contain_text("32")
    page.get_by_label("Tile", exact=True).fill("32")
    page.get_by_label("Tile", exact=True).press("Enter")
    page.wait_for_function("new URLSearchParams(location.search).get('tile') == '32'")
    predicted(page)


def test_every_control_has_a_name(segment):
    page = predicted(segment("run=good"))
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
