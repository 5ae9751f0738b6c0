"""The page in a real browser: what a user does and sees."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.views.panel_app.conftest import LIMIT_MS
from tests.views.panel_app.dashboard import Dashboard, wait_until
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.panel_app.frame import PAGES
from vitsci_viz.views.session.state import ViewState

pytestmark = pytest.mark.browser


@pytest.fixture
def dashboard(page, server):
    dashboard = Dashboard(page, server)
    yield dashboard
    assert dashboard.faults == []


def test_it_opens_with_a_sample_and_no_scroll_bar(dashboard, keep_picture):
    dashboard.open()
    assert dashboard.tokens > 100
    sizes = dashboard.page.evaluate(
        "[document.scrollingElement.scrollHeight, innerHeight, document.scrollingElement.scrollWidth, innerWidth]"
    )
    assert sizes[0] <= sizes[1]
    assert sizes[2] <= sizes[3]
    expect(dashboard.page.get_by_role("navigation").get_by_role("link")).to_have_text(
        [entry.title for entry in PAGES.values()]
    )
    keep_picture("patch", dashboard.page.screenshot())


def test_dragging_the_split_value_changes_overlay_and_counts(dashboard):
    dashboard.open()
    tokens, picture = dashboard.tokens, dashboard.picture()
    slider = dashboard.option("Split value slider")
    box = slider.bounding_box()
    at = (box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    dashboard.page.mouse.move(*at)
    dashboard.page.mouse.down()
    for step in range(1, 9):
        dashboard.page.mouse.move(at[0] + step * 8, at[1])
    dashboard.page.mouse.up()
    wait_until(dashboard, lambda: dashboard.tokens < tokens / 2)
    shown = float(dashboard.option("Split value").input_value())
    wait_until(dashboard, lambda: dashboard.state.options.split_value == shown)
    dashboard.settled()
    wait_until(dashboard, lambda: np.mean(np.any(dashboard.picture() != picture, axis=-1)) > 0.01)


def test_the_wheel_zooms_and_the_link_follows(dashboard):
    dashboard.open()
    before = dashboard.state.window
    picture = dashboard.picture()
    box = dashboard.canvas().bounding_box()
    dashboard.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    for _ in range(4):
        dashboard.page.mouse.wheel(0, -240)
    wait_until(dashboard, lambda: dashboard.state.window.scale < before.scale / 2)
    assert np.mean(np.any(dashboard.picture() != picture, axis=-1)) > 0.3


def test_hovering_a_leaf_tells_level_size_score_and_token(dashboard):
    dashboard.open()
    said = dashboard.hover(0.5, 0.5)
    assert re.search(r"token [\d,]+ of [\d,]+", said)
    assert re.search(r"level \d", said)
    assert re.search(r"(8|16|32|64|128) px", said)
    assert re.search(r"score [\d.,e+]+", said)
    wait_until(dashboard, lambda: dashboard.hover(0.3, 0.3) != said)


def test_a_link_restores_the_view(dashboard):
    wanted = ViewState(
        source="sample:retina",
        options=PatchOptions(length=700, patch_size=16, min_size=4, detail="gradient"),
        compare=PatchOptions(split_value=30.0),
    )
    dashboard.open(wanted.to_query())
    expect(dashboard.page.get_by_role("tab", name="A | B")).to_have_attribute("aria-selected", "true")
    expect(dashboard.option("Split value")).to_have_value("30")
    dashboard.page.get_by_role("button", name="A", exact=True).click()
    expect(dashboard.option("Patch size")).to_have_value("16")
    expect(dashboard.page.get_by_role("radio", name="gradient")).to_have_attribute("aria-checked", "true")
    restored = dashboard.state
    assert (restored.source, restored.options, restored.compare) == (wanted.source, wanted.options, wanted.compare)


def test_a_wrong_link_is_said_and_the_sample_opens(dashboard):
    dashboard.page.goto(dashboard.address + "?patch_sise=8")
    expect(dashboard.reading("Tokens")).to_be_visible(timeout=LIMIT_MS)
    expect(dashboard.status).to_contain_text("did you mean 'patch_size'", timeout=LIMIT_MS)


def test_what_is_kept_stands_beside_the_overlay(dashboard, keep_picture):
    dashboard.open("source=disc.png&mask=disc_mask.png&split_value=300&patch_size=4")
    expect(dashboard.reading("Oracle Dice")).to_contain_text(re.compile(r"0\.\d{3}"))
    dashboard.page.get_by_role("tab", name="What is kept").click()
    expect(dashboard.page.get_by_role("application")).to_have_count(3)
    expect(dashboard.page.get_by_text("absolute difference")).to_be_visible()
    keep_picture("kept", dashboard.page.screenshot())


def test_two_settings_stand_side_by_side(dashboard):
    dashboard.open()
    first = dashboard.tokens
    dashboard.page.get_by_role("tab", name="A | B").click()
    dashboard.option("Split value").fill("400")
    dashboard.option("Split value").press("Enter")
    values = dashboard.page.locator(".pair .value")
    expect(values.nth(0)).to_have_text(f"{first:,}")
    expect(values.nth(1)).not_to_have_text(f"{first:,}")
    expect(dashboard.page.get_by_role("application")).to_have_count(2)


def test_a_setting_of_the_front_is_taken_over_by_a_click(dashboard, keep_picture):
    dashboard.open("source=sample:pathology")
    dashboard.page.get_by_role("tab", name="Pareto").click()
    dashboard.page.get_by_role("button", name="Run the sweep").click()
    rows = dashboard.page.locator("tr[data-row]")
    rows.first.wait_for()
    row = dashboard.page.get_by_role("row", name=re.compile("^Take over: length, 511 tokens")).last
    row.click()
    expect(row).to_have_class("chosen")
    wait_until(dashboard, lambda: dashboard.tokens == 511)
    keep_picture("pareto", dashboard.page.screenshot())
    dashboard.page.get_by_role("tab", name="Overlay").click()
    expect(dashboard.page.get_by_role("radio", name="length")).to_have_attribute("aria-checked", "true")
    expect(dashboard.option("Patch size")).to_have_value("16")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_recommended_for_a_budget_is_marked_and_explained(dashboard, keep_picture, theme):
    page = dashboard.page
    page.emulate_media(color_scheme=theme)
    dashboard.open("source=sample:pathology")
    page.get_by_role("tab", name="Pareto").click()
    for name, text in (("Patch sizes", "8,16"), ("Lengths", "256,1024")):
        dashboard.option(name).fill(text)
        dashboard.option(name).press("Enter")
    expect(page.get_by_text("Recommended for each token budget")).to_be_hidden()
    page.get_by_role("button", name="Run the sweep").click()
    tags = page.locator("tr[data-row] .tag.advice")
    expect(tags).to_have_count(2, timeout=LIMIT_MS)
    expect(tags).to_have_text(["recommended"] * 2)
    said = [page.get_by_role("row", name=f"at most {count} tokens") for count in ("256", "1,024")]
    for each in said:
        expect(each.locator(".tag.advice")).to_be_visible()
    expect(page.get_by_text("Recommended for each token budget")).to_be_visible()
    expect(page.locator(".rule .diamond")).to_be_visible()
    tags.first.hover()
    tags.first.hover(position={"x": 12, "y": 6})
    expect(page.locator("#tip")).to_contain_text("The setting to train with", timeout=LIMIT_MS)
    keep_picture(f"pareto-recommended-{theme}", page.screenshot())


def test_a_point_of_the_plot_is_taken_over_by_a_click(dashboard):
    dashboard.open("source=disc.png")
    dashboard.page.get_by_role("tab", name="Pareto").click()
    for name, text in (("Patch sizes", "8"), ("Min sizes", "8"), ("Lengths", "64,256")):
        dashboard.option(name).fill(text)
        dashboard.option(name).press("Enter")
    dashboard.page.get_by_label("Uniform", exact=True).uncheck()
    dashboard.page.get_by_role("button", name="Run the sweep").click()
    expect(dashboard.page.locator("tr[data-row]")).to_have_count(2, timeout=LIMIT_MS)
    place = dashboard.page.wait_for_function(
        """() => {
          const figures = (view) => [...view.owner.query((each) => each.model.type == "Figure")]
          const views = Object.values(Bokeh.index).flatMap(figures)
          for (const found of views) {
            if (!String(found.model.left[0]?.axis_label).includes("PSNR")) continue
            const points = found.model.renderers.find((r) => r.data_source.data.row?.length).data_source.data
            const box = found.canvas_view.el.getBoundingClientRect()
            const {x_scale, y_scale} = found.frame
            return [box.left + x_scale.compute(points.x[0]), box.top + y_scale.compute(points.y[0])]
          }
        }"""
    ).json_value()
    dashboard.page.mouse.click(*place)
    expect(dashboard.page.locator("tr.chosen")).to_have_count(1, timeout=LIMIT_MS)
    wait_until(dashboard, lambda: dashboard.state.options.length == 64)


def test_a_wrong_option_is_marked_where_it_stands_and_the_picture_stays(dashboard):
    dashboard.open()
    tokens = dashboard.tokens
    dashboard.option("Patch size").fill("7")
    dashboard.option("Patch size").press("Enter")
    expect(dashboard.page.locator("[data-option=patch_size] [role=alert]")).to_contain_text("power of two")
    assert dashboard.tokens == tokens


def test_every_control_has_a_name_and_the_keyboard_reaches_it(dashboard):
    dashboard.open()
    nameless = dashboard.page.evaluate(
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
    dashboard.page.get_by_role("radio", name="threshold").focus()
    dashboard.page.keyboard.press("ArrowRight")
    expect(dashboard.page.get_by_role("radio", name="length")).to_have_attribute("aria-checked", "true")
    expect(dashboard.page.get_by_role("radio", name="length")).to_be_focused()


def test_the_theme_switches_without_a_reload_and_is_kept(dashboard, keep_picture):
    dashboard.open()
    look = "document.documentElement.dataset.theme"
    before = dashboard.page.evaluate(look)
    dashboard.page.get_by_role("button", name="Switch between the light and the dark theme").click()
    after = dashboard.page.evaluate(look)
    assert {before, after} == {"light", "dark"}
    keep_picture(f"patch_{after}", dashboard.page.screenshot())
    dashboard.page.reload()
    dashboard.settled()
    assert dashboard.page.evaluate(look) == after


def test_sides_fold_away_and_the_picture_takes_their_place(dashboard):
    dashboard.open()
    width = dashboard.canvas().bounding_box()["width"]
    dashboard.page.get_by_role("button", name="Show or hide the readings").click()
    dashboard.page.get_by_role("button", name="Show or hide the options").click()
    wait_until(dashboard, lambda: dashboard.canvas().bounding_box()["width"] > width + 500)


def test_the_readme_picture_shows_leaves_over_a_real_slide(dashboard, keep_picture):
    dashboard.open("source=sample:ihc&split_value=30&patch_size=8&min_size=4")
    dashboard.hover(0.62, 0.6)
    keep_picture("hero", dashboard.page.screenshot())


def test_a_lost_server_is_said_and_the_picture_stays(dashboard):
    lines = []

    def keep(line):
        line.connect_to_server()
        lines.append(line)

    dashboard.page.route_web_socket("**/ws", keep)
    dashboard.open()
    notice = dashboard.page.get_by_role("alert").filter(has_text="does not answer")
    expect(notice).to_be_hidden()
    for line in lines:
        line.close()
    expect(notice).to_be_visible()
    expect(dashboard.reading("Tokens")).to_be_visible()
    expect(notice.get_by_role("button", name="Reload")).to_be_visible()
