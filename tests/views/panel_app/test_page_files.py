"""The page in a real browser: what is opened, and what is taken away."""

import re

import pytest
import yaml
from playwright.sync_api import expect

from tests.views.panel_app.conftest import LIMIT_MS
from tests.views.panel_app.dashboard import Dashboard, wait_until
from vitsci_viz.patching.tree_file import load_tree

pytestmark = pytest.mark.browser


@pytest.fixture
def dashboard(page, server):
    dashboard = Dashboard(page, server)
    yield dashboard
    assert dashboard.faults == []


def choose_path(dashboard, path, *, role="Open image"):
    dashboard.page.get_by_role("button", name=role, exact=True).click()
    dashboard.page.get_by_role("tab", name="Browse").click()
    field = dashboard.page.get_by_role("textbox", name="Path below the data root")
    field.fill(path)
    dashboard.page.get_by_role("button", name="Open", exact=True).click()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("../outside.png", "outside the data root"),
        ("absent.png", "does not exist"),
        ("broken.png", "broken.png"),
        ("empty.png", "empty"),
    ],
)
def test_what_cannot_be_opened_says_why_and_the_last_picture_stays(dashboard, path, words):
    dashboard.open()
    tokens = dashboard.tokens
    choose_path(dashboard, path)
    alert = dashboard.page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text(words)
    dashboard.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(dashboard.page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    assert dashboard.tokens == tokens


def test_a_file_below_the_root_opens_from_the_list_with_its_mask(dashboard):
    dashboard.open()
    dashboard.page.get_by_role("button", name="Open image").click()
    dashboard.page.get_by_role("tab", name="Browse").click()
    dashboard.page.get_by_role("button", name=re.compile(r"^disc\.png")).click()
    expect(dashboard.page.get_by_text("500 x 300 px, uint8")).to_be_visible()
    dashboard.page.get_by_role("button", name="Mask", exact=True).click()
    dashboard.page.get_by_role("button", name=re.compile("^disc_mask")).click()
    expect(dashboard.reading("Oracle Dice")).to_contain_text(re.compile(r"[01]\.\d{3}"))


def test_an_upload_opens_and_one_over_the_limit_is_refused(dashboard, data_root, tmp_path):
    dashboard.open()
    dashboard.page.get_by_role("button", name="Open image").click()
    dashboard.page.get_by_role("tab", name="Upload").click()
    big = tmp_path / "big.png"
    big.write_bytes(bytes(3 * 2**20))
    dashboard.page.get_by_label("File to upload").set_input_files(big)
    expect(dashboard.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("must be at most 1 MiB")
    dashboard.page.get_by_label("File to upload").set_input_files(data_root / "disc.png")
    expect(dashboard.page.get_by_text("500 x 300 px, uint8")).to_be_visible()
    dashboard.settled()
    assert dashboard.state.source == "upload:disc.png"


def test_long_work_can_be_cancelled_and_the_last_image_stays(dashboard):
    dashboard.open()
    tokens = dashboard.tokens
    dashboard.page.get_by_role("button", name="Open image").click()
    dashboard.page.get_by_role("button", name=re.compile("^Large virtual slide")).click()
    dashboard.page.keyboard.press("Escape")
    dashboard.page.get_by_role("button", name="Cancel").click()
    expect(dashboard.status).to_contain_text("Cancelled", timeout=LIMIT_MS)
    assert dashboard.tokens == tokens
    assert dashboard.state.source == "sample:ihc"


def test_a_volume_is_walked_slice_by_slice(dashboard):
    dashboard.open("source=sample:ct_volume")
    slider = dashboard.page.get_by_label("Slice", exact=True)
    expect(dashboard.page.get_by_text("33 / 64")).to_be_visible()
    slider.fill("10")
    wait_until(dashboard, lambda: dashboard.state.slice_index == 10)
    dashboard.canvas().click(position={"x": 100, "y": 100})
    dashboard.page.keyboard.press("]")
    wait_until(dashboard, lambda: dashboard.state.slice_index == 11)


def test_the_recipe_on_screen_can_be_saved_changed_and_applied(dashboard):
    dashboard.open()
    dashboard.page.get_by_role("button", name="The recipe of what is on screen").click()
    text = dashboard.page.get_by_role("textbox", name="Recipe as YAML")
    recipe = yaml.safe_load(text.input_value())
    assert recipe["inputs"] == {"image": "sample:ihc"}
    with dashboard.page.expect_download() as saved:
        dashboard.page.get_by_role("button", name="Save", exact=True).click()
    assert yaml.safe_load(saved.value.path().read_text()) == recipe
    text.fill(yaml.safe_dump({**recipe, "options": {"patch_sise": 4}}))
    dashboard.page.get_by_role("button", name="Apply").click()
    expect(dashboard.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("did you mean 'patch_size'")
    text.fill(yaml.safe_dump({**recipe, "options": {"mode": "length", "length": 64}}))
    dashboard.page.get_by_role("button", name="Apply").click()
    wait_until(dashboard, lambda: dashboard.tokens == 64)


def test_tree_and_statistics_can_be_taken_away(dashboard):
    dashboard.open()
    saved = {}
    for title in ("Tree (npz)", "Statistics (CSV)", "Overlay (PNG)"):
        dashboard.page.get_by_role("button", name="Download").click()
        with dashboard.page.expect_download() as download:
            dashboard.page.get_by_role("menuitem", name=title).click()
        saved[title] = download.value.path()
    assert len(load_tree(saved["Tree (npz)"])) == dashboard.tokens
    assert saved["Statistics (CSV)"].read_text().startswith("level,size_px,count,area_share,tokens")
    assert saved["Overlay (PNG)"].read_bytes().startswith(b"\x89PNG")
