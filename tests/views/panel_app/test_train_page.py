"""The Train page in a real browser, with a real run of a tiny model."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.views.panel_app.conftest import LIMIT_MS
from tests.views.session.runs import write_data
from vitsci_viz.views.session.run_book import RunBook
from vitsci_viz.views.session.train_state import TrainState

pytestmark = pytest.mark.browser

TINY = "width=16&depth=1&heads=2&patch_size=4&min_size=4&length=40&batch_size=2&device=cpu"
RUN_LIMIT_MS = 240_000
"""A process that imports torch on a busy machine, and then trains."""


@pytest.fixture(scope="module")
def data(data_root) -> str:
    folder = data_root / "discs"
    if not folder.exists():
        write_data(folder)
    return "discs"


@pytest.fixture
def train(page, server, data):
    """Open the page with a query; faults of its scripts fail the test."""
    faults = []
    page.set_default_timeout(LIMIT_MS)
    page.on("pageerror", lambda error: faults.append(str(error)))

    def open_page(query=""):
        page.goto(f"{server}train" + (f"?{query}" if query else ""))
        return page

    yield open_page
    assert faults == []


def reading(page, name):
    return page.locator(f"[data-reading='{name}']").first


def test_the_three_pages_are_one_click_apart(train):
    page = train()
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("navigation").get_by_role("link", name="Patch").click()
    expect(page.get_by_role("tab", name="Overlay")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("navigation").get_by_role("link", name="Train").click()
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible(timeout=LIMIT_MS)


def test_the_estimate_follows_the_form(train, data, keep_picture):
    page = train(f"data={data}&{TINY}&epochs=3")
    expect(reading(page, "Tokens of an image")).to_contain_text("40", timeout=LIMIT_MS)
    expect(reading(page, "Steps")).to_contain_text("3 epochs of 2 steps")
    page.get_by_label("Epochs", exact=True).fill("50")
    page.get_by_label("Epochs", exact=True).press("Enter")
    expect(reading(page, "Steps")).to_contain_text("100", timeout=LIMIT_MS)
    page.get_by_label("Length", exact=True).fill("16")
    page.get_by_label("Length", exact=True).press("Enter")
    expect(reading(page, "Tokens of an image")).to_contain_text("16", timeout=LIMIT_MS)
    expect(page.get_by_role("img", name="patches of disc0")).to_be_visible()
    keep_picture("train_plan", page.screenshot())
    state = TrainState.from_query(page.evaluate("location.search.slice(1)"))
    assert (state.data, state.options.epochs, state.options.length) == (data, 50, 16)
    sizes = page.evaluate("[document.scrollingElement.scrollHeight, innerHeight]")
    assert sizes[0] <= sizes[1]


def test_a_wrong_option_of_a_link_is_left_out_and_named(train, data, keep_picture):
    page = train(f"data={data}&{TINY}&epochs=-3")
    expect(reading(page, "Tokens of an image")).to_contain_text("40", timeout=LIMIT_MS)
    said = page.locator("footer .text")
    expect(said).to_have_text("Left out of the link: epochs must be at least 1, got '-3'", timeout=LIMIT_MS)
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("100")
    keep_picture("train_left_out", page.screenshot())


def test_data_are_chosen_below_the_root(train, data):
    page = train()
    page.get_by_role("button", name="Choose data").click()
    page.get_by_role("tab", name="Browse").click()
    page.get_by_role("button", name=re.compile("^discs")).click()
    expect(reading(page, "Tokens of an image")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("button", name="Recipe").click()
    recipe = page.get_by_label("Recipe as YAML")
    expect(recipe).to_have_value(re.compile(r"workflow: train[\s\S]*discs[\s\S]*epochs: 100"))
    recipe.fill(recipe.input_value().replace("epochs: 100", "epochs: 7"))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("7", timeout=LIMIT_MS)


@pytest.mark.slow
def test_a_run_outlives_its_tab_stops_and_goes_on(train, data, context, runs_folder, keep_picture):
    page = train(f"data={data}&{TINY}&epochs=4000&save_every=20&val_every=5")
    start = page.get_by_role("button", name="Start training")
    expect(start).to_be_enabled(timeout=LIMIT_MS)
    page.get_by_label("Name of the run").fill("tiny")
    start.click()
    head = page.get_by_role("status").filter(has_text="running")
    expect(head.first).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(reading(page, "Best Dice")).to_be_visible(timeout=RUN_LIMIT_MS)
    expect(page.get_by_role("img", name="prediction of", exact=False).first).to_be_visible(timeout=LIMIT_MS)
    expect(page.get_by_role("log")).to_contain_text("train", timeout=LIMIT_MS)
    keep_picture("train_run", page.screenshot())
    address = page.url
    page.close()

    before = step_of(runs_folder)
    end = time.monotonic() + RUN_LIMIT_MS / 1000
    while step_of(runs_folder) <= before and time.monotonic() < end:
        time.sleep(0.2)
    assert step_of(runs_folder) > before

    page = context.new_page()
    page.set_default_timeout(LIMIT_MS)
    page.goto(address)
    page.get_by_role("button", name="Stop").click(timeout=LIMIT_MS)
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_visible(timeout=RUN_LIMIT_MS)
    stopped = step_of(runs_folder)
    resume.click()
    end = time.monotonic() + RUN_LIMIT_MS / 1000
    while step_of(runs_folder) <= stopped and time.monotonic() < end:
        page.wait_for_timeout(200)
    assert step_of(runs_folder) > stopped
    expect(page.get_by_role("log")).to_contain_text(re.compile("train.*resumed 20", re.DOTALL), timeout=LIMIT_MS)
    keep_picture("train_resumed", page.screenshot())
    page.get_by_role("button", name="Stop").click(timeout=RUN_LIMIT_MS)
    expect(resume).to_be_visible(timeout=RUN_LIMIT_MS)


def step_of(runs: Path) -> int:
    return next((run.step for run in RunBook(runs).look() if run.name == "tiny"), 0)
