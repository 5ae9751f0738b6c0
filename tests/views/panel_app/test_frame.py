import re

import pytest
from playwright.sync_api import expect

from vitsci_viz.views.panel_app.frame import PAGES, asset, icon_address

ASSETS = ("frame.html", "frame.css", "frame.js", "theme.js", "dom.js", "base.css", "form.js", "sources.js")


@pytest.mark.parametrize("name", ASSETS)
def test_assets_name_no_address_beyond_this_machine(name):
    assert re.findall(r"https?://(?!www\.w3\.org/)", asset(name)) == []


def test_only_pages_that_exist_are_in_the_navigation():
    for entry in PAGES.values():
        page = entry.load()
        assert all(callable(getattr(page, name)) for name in ("template", "start", "close"))


def test_the_icon_needs_no_request():
    assert icon_address().startswith("data:image/svg+xml;base64,")


TIPS = """<div id="tip" hidden></div><div id="host"></div><script>
const root = document.getElementById("host").attachShadow({mode: "open"})
root.innerHTML = ["one", "two"].map((name) => `<p data-tip="tip of ${name}">${name}</p>`).join("")
</script>"""


@pytest.mark.browser
def test_the_tip_follows_the_mouse_within_one_panel(page):
    page.set_content(TIPS)
    script = asset("frame.js")
    first, last = script.index("const tip ="), script.index("// A dialog that closes")
    page.add_script_tag(content="{" + script[first:last] + "}")
    for name in ("one", "two", "one"):
        page.get_by_text(name, exact=True).hover()
        expect(page.locator("#tip")).to_have_text(f"tip of {name}")


def _luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(first, second):
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [":root {", ':root[data-theme="dark"] {'])
def test_text_can_be_read_in_both_themes(theme):
    block = asset("frame.css").split(theme, 1)[1].split("}", 1)[0]
    colours = dict(re.findall(r"--vz-([a-z-]+): (#[0-9a-f]{6})", block))
    pairs = [("text", "panel"), ("muted", "panel"), ("muted", "sunken"), ("error", "panel"), ("error", "error-soft"),
             ("accent-text", "accent"), ("text", "accent-soft")]  # fmt: skip
    ratios = {pair: _contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert min(ratios.values()) >= 4.5, ratios
