"""The canvas in a real browser: navigation, layers, probes, and what travels."""

import io
import math
from types import SimpleNamespace

import numpy as np
import pytest
from bokeh.layouts import row
from PIL import Image as Pillow

from tests.views.canvas.serving import PageCanvas, call, served
from tests.views.session.cases import VARIANCE, blobs, session_of
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.session import scene

pytestmark = pytest.mark.browser

SHAPE = (300, 400)


@pytest.fixture(scope="module")
def session():
    image = blobs(SHAPE, channels=3)
    return session_of(image, "yxc", mask=(image[..., 0] > 120).astype(np.uint8), spacing=(0.5, 0.5), unit="um")


@pytest.fixture(scope="module")
def app(session):
    """Serves one canvas that follows the page, and two linked ones under ``?pair``."""
    world = SimpleNamespace(windows=[], probes=[], slices=[], layers=[])

    def fill(document):
        canvas = PatchCanvas(SHAPE, spacing_um=session.spacing_um, title="blobs", layers=("image", "mask", "leaves"))
        world.__dict__.update(document=document, canvas=canvas, windows=[], probes=[], slices=[], layers=[])

        def on_window(window):
            world.windows.append(window)
            canvas.show_picture(scene.picture(session, window))
            canvas.show("mask", scene.mask_overlay(session, window))
            canvas.show_leaves(scene.leaves(session, VARIANCE, window))

        def on_probe(point):
            world.probes.append(point)
            leaf = None if point is None else session.leaf_at(VARIANCE, point)
            canvas.show_probe(leaf, [] if leaf is None else [f"leaf {leaf.token}"])

        canvas.on_window(on_window)
        canvas.on_probe(on_probe)
        canvas.on_slice(world.slices.append)
        canvas.on_layers(world.layers.append)
        canvas.show_overview(scene.overview(session))
        roots = [canvas.layout]
        if document.session_context.request.arguments.get("pair"):
            world.second = PatchCanvas(SHAPE, layers=("image",), link=canvas)
            world.second.show_overview(scene.overview(session))
            world.second.layout.width, world.second.layout.sizing_mode = 300, "stretch_height"
            roots.append(world.second.layout)
        document.add_root(row(*roots, sizing_mode="stretch_both"))

    with served(fill) as url:
        world.url = url
        yield world


@pytest.fixture
def view(app, page):
    page.goto(app.url)
    found = PageCanvas(page, app_canvas_id(app))
    found.painted("image")
    found.wait("controller.state.layers.leaves.offered")  # the server draws them last
    return found


def app_canvas_id(app):
    return app.canvas.layout.id


def pixels(page):
    return np.asarray(Pillow.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


def has_true_aspect(view):
    # The ranges follow the window in the next frame of the page.
    view.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    window, box = view.window(), view.box()
    ranges = view.evaluate("const {x_range: x, y_range: y} = view.model; return [x.end - x.start, y.start - y.end]")
    assert ranges[0] / box["width"] == pytest.approx(window["scale"], rel=1e-6)
    assert ranges[1] / box["height"] == pytest.approx(window["scale"], rel=1e-6)


def test_the_first_view_shows_the_whole_image_at_true_aspect_and_fills_its_box(app, view, keep_picture):
    window, box = view.window(), view.box()
    assert window["x0"] < 0 < SHAPE[1] < window["x1"]
    assert window["y0"] < 0 < SHAPE[0] < window["y1"]
    assert box["width"] >= 1360
    assert box["height"] >= 760
    has_true_aspect(view)
    keep_picture("canvas", view.page.screenshot())


def test_the_colours_on_screen_are_those_of_the_image(app, view, session):
    call(app.document, lambda: [app.canvas.set_layer(name, visible=False) for name in ("mask", "leaves")])
    view.wait("!controller.state.layers.leaves.visible")
    for _ in range(14):
        view.evaluate("controller.zoom(0.8, [200, 150])")
    view.page.wait_for_timeout(600)
    shot, image = pixels(view.page), np.asarray(session.image).astype(int)
    for y, x in ((148, 203), (151, 196), (150, 210)):
        column, line = view.at(x + 0.5, y + 0.5)
        assert shot[round(line), round(column)].tolist() == image[y, x].tolist()


def test_the_wheel_zooms_at_the_cursor(app, view):
    view.page.mouse.move(*view.at(100, 80))
    before = view.window()
    for _ in range(3):
        view.page.mouse.wheel(0, -240)
    view.wait(f"controller.shared().scale < {before['scale'] * 0.5}")
    x, y = view.at(100, 80)
    cursor = view.evaluate("return controller.probed")
    assert cursor == pytest.approx([100, 80], abs=1)
    assert (x, y) == pytest.approx(view.at(*cursor), abs=2)
    has_true_aspect(view)


def test_dragging_pans_and_a_double_click_fits(app, view):
    fitted = view.window()
    view.evaluate("controller.zoom(0.5)")
    start = view.window()
    box = view.box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    view.page.mouse.move(*middle)
    view.page.mouse.down()
    view.page.mouse.move(middle[0] + 60, middle[1] - 30, steps=4)
    view.page.mouse.up()
    moved = view.window()
    assert moved["x0"] == pytest.approx(start["x0"] - 60 * start["scale"])
    assert moved["y0"] == pytest.approx(start["y0"] + 30 * start["scale"])
    view.page.mouse.dblclick(*middle)
    assert view.window() == pytest.approx(fitted)


def test_shift_drag_zooms_into_the_box(app, view):
    first, last = view.at(50, 60), view.at(150, 110)
    view.page.keyboard.down("Shift")
    view.page.mouse.move(*first)
    view.page.mouse.down()
    view.page.mouse.move(*last, steps=4)
    view.page.mouse.up()
    view.page.keyboard.up("Shift")
    window = view.window()
    assert (window["x0"] + window["x1"]) / 2 == pytest.approx(100, abs=1)
    assert (window["y0"] + window["y1"]) / 2 == pytest.approx(85, abs=1)
    assert window["x1"] - window["x0"] == pytest.approx(100, rel=0.05)
    has_true_aspect(view)


def test_keys_zoom_pan_and_fit(app, view):
    fitted = view.window()
    view.page.mouse.click(*view.at(200, 150))
    view.page.keyboard.press("+")
    view.page.keyboard.press("+")
    zoomed = view.window()
    assert zoomed["scale"] == pytest.approx(fitted["scale"] / 1.96)
    view.page.keyboard.press("ArrowRight")
    assert view.window()["x0"] > zoomed["x0"]
    view.page.keyboard.press("ArrowUp")
    assert view.window()["y0"] < zoomed["y0"]
    view.page.keyboard.press("-")
    assert view.window()["scale"] == pytest.approx(zoomed["scale"] * 1.4)
    view.page.keyboard.press("0")
    assert view.window() == pytest.approx(fitted)


def test_brackets_ask_python_for_another_slice(app, view):
    view.page.mouse.click(*view.at(200, 150))
    view.page.keyboard.press("]")
    view.page.keyboard.press("[")
    view.page.wait_for_timeout(300)
    assert app.slices == [1, -1]


def test_a_digit_toggles_a_layer_for_page_and_python(app, view):
    view.page.mouse.click(*view.at(200, 150))
    view.page.keyboard.press("3")
    view.wait("!controller.state.layers.leaves.visible")
    button = view.page.get_by_role("button", name="Leaves")
    assert button.get_attribute("aria-pressed") == "false"
    view.page.wait_for_timeout(300)
    assert app.layers[-1]["leaves"] == (False, 1.0)
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    view.page.wait_for_timeout(300)
    assert app.canvas.layers["leaves"] == (True, 1.0)


def test_a_toggle_survives_what_python_sent_before_it_heard_of_it(app, view):
    view.evaluate("""
      controller.set_layer("leaves", {visible: false})
      const late = {...JSON.parse(JSON.stringify(controller.state)), events_seen: 0}
      late.layers.leaves.visible = true
      const source = [...view.model.document._all_models.values()]
        .find((m) => m.data?.json != null)
      source.setv({data: {json: [JSON.stringify(late)]}}, {sync: false})
    """)
    view.page.wait_for_timeout(300)
    assert not view.evaluate("return controller.state.layers.leaves.visible")
    assert not app.canvas.layers["leaves"][0]


def test_python_may_hide_and_fade_layers(app, view):
    call(app.document, lambda: app.canvas.set_layer("mask", opacity=0.25))
    view.wait("controller.state.layers.mask.opacity == 0.25")
    assert 0.25 in view.evaluate("return view.model.renderers.map((r) => r.glyph.global_alpha?.value ?? null)")


def test_a_fast_gesture_sends_few_windows_and_always_the_last_one(app, view):
    view.page.wait_for_timeout(500)
    count = len(app.windows)
    view.evaluate("for (let i = 0; i < 40; i++) setTimeout(() => controller.pan(3, 1), i * 10)")
    view.page.wait_for_timeout(1500)
    assert 1 <= len(app.windows) - count <= 12
    shown, window = app.windows[-1], view.window()
    assert (shown.x0, shown.y1) == pytest.approx((window["x0"], window["y1"]))


def test_the_leaf_under_the_cursor_is_outlined_and_named(app, view, session):
    place = 190.5, 130.5
    view.page.mouse.move(*view.at(10, 10))
    view.page.mouse.move(*view.at(*place))
    leaf = session.leaf_at(VARIANCE, (place[1], place[0]))
    view.page.get_by_text(f"leaf {leaf.token}").wait_for()
    box = view.page.locator(".vz-outline").bounding_box()
    left, top = view.at(leaf.origin[1], leaf.origin[0])
    assert (box["x"], box["y"]) == pytest.approx((left, top), abs=1)
    assert box["width"] == pytest.approx(leaf.size[1] / view.window()["scale"], abs=1)
    assert view.page.get_by_text("x 190  y 130").is_visible()
    view.page.mouse.move(*view.at(-3, -3))
    view.page.wait_for_timeout(400)
    assert app.probes[-1] == pytest.approx((-3, -3), abs=1)
    assert not view.page.locator(".vz-outline").is_visible()
    assert not view.page.get_by_text("x 190  y 130").is_visible()


def test_only_what_changed_travels_and_no_frame_exceeds_two_megabytes(app, page):
    sizes = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", lambda e: sizes.append(len(e["response"]["payloadData"])))
    page.goto(app.url)
    view = PageCanvas(page, app_canvas_id(app))
    view.painted("image")
    page.wait_for_timeout(500)
    assert max(sizes) < 2_000_000
    sizes.clear()
    from vitsci_viz.views.session.scene import leaves

    found = leaves(session_of(blobs(SHAPE), "yx"), VARIANCE, app.canvas.window)
    call(app.document, lambda: app.canvas.show_leaves(found))
    page.wait_for_timeout(500)
    assert 0 < sum(sizes) < 200_000


def test_s_saves_the_picture_with_its_scale_bar(app, view):
    view.page.mouse.click(*view.at(200, 150))
    with view.page.expect_download() as download:
        view.page.keyboard.press("s")
    assert download.value.suggested_filename == "blobs.png"
    saved = Pillow.open(download.value.path())
    box = view.box()
    assert saved.size == pytest.approx((box["width"], box["height"]), abs=2)
    corner = np.asarray(saved.convert("RGB"))[-40:, -200:]
    assert (corner == 255).all(axis=-1).any()


def test_python_may_fit_and_go_to_a_window(app, view):
    from vitsci_viz.views.session.state import Window

    fitted = view.window()
    call(app.document, lambda: app.canvas.go_to(Window(40, 30, 80, 60, 10, 10)))
    view.wait("controller.window().x0 > 0")
    window = view.window()
    assert (window["x0"] + window["x1"]) / 2 == pytest.approx(60)
    assert window["y1"] - window["y0"] == pytest.approx(30, rel=0.3)
    call(app.document, app.canvas.fit)
    view.wait("controller.window().x0 < 0")
    assert view.window() == pytest.approx(fitted)


def test_a_long_wait_dims_the_picture_and_a_short_one_does_not(app, view):
    veil = view.page.locator(".vz-veil")
    call(app.document, lambda: app.canvas.set_stale(True, "reading 40 %"))
    call(app.document, lambda: app.canvas.set_stale(False))
    view.page.wait_for_timeout(300)
    assert not veil.is_visible()
    call(app.document, lambda: app.canvas.set_stale(True, "reading 40 %"))
    veil.wait_for(state="visible")
    assert view.page.get_by_text("reading 40 %").is_visible()
    call(app.document, lambda: app.canvas.set_stale(False))
    veil.wait_for(state="hidden")


def test_resizing_keeps_aspect_and_centre(app, view):
    view.evaluate("controller.zoom(0.5, [120, 90])")
    before = view.window()
    view.page.set_viewport_size({"width": 800, "height": 700})
    view.wait("controller.size.width < 810")
    view.page.wait_for_timeout(200)
    after = view.window()
    assert after["scale"] == pytest.approx(before["scale"])
    assert after["x0"] + after["x1"] == pytest.approx(before["x0"] + before["x1"])
    has_true_aspect(view)


def test_a_sharp_screen_gets_a_sharp_frame(app, browser, external_requests):
    context = browser.new_context(viewport={"width": 700, "height": 500}, device_scale_factor=2)
    page = context.new_page()
    page.goto(app.url)
    view = PageCanvas(page, app_canvas_id(app))
    view.painted("image")
    box = view.box()
    assert app.windows[-1].width == pytest.approx(2 * box["width"], abs=1)
    context.close()


def test_linked_canvases_of_different_size_show_the_same_place(app, page, keep_picture):
    page.goto(app.url + "?pair=1")
    first, second = PageCanvas(page, app.canvas.layout.id), PageCanvas(page, app.second.layout.id)
    first.painted("image")
    fitted = first.window()["scale"]
    first.evaluate("controller.zoom(0.4, [250, 100])")
    page.mouse.move(*first.at(240, 110))
    page.wait_for_timeout(500)
    one, two = first.window(), second.window()
    assert one["scale"] == two["scale"] < fitted * 0.5
    assert one["x0"] + one["x1"] == pytest.approx(two["x0"] + two["x1"])
    has_true_aspect(first)
    has_true_aspect(second)
    assert not math.isclose(first.box()["width"], second.box()["width"], rel_tol=0.1)
    cross = second.evaluate("return controller.chrome.parts.cross.getBoundingClientRect().toJSON()")
    assert (cross["x"], cross["y"]) == pytest.approx(second.at(240, 110), abs=1.5)
    assert first.evaluate("return controller.chrome.parts.cross.hidden")
    keep_picture("canvas_pair", page.screenshot())


def test_a_fit_of_linked_canvases_shows_the_whole_image_in_each(app, page):
    page.goto(app.url + "?pair=1")
    first, second = PageCanvas(page, app.canvas.layout.id), PageCanvas(page, app.second.layout.id)
    second.painted("image")
    for canvas in (first, second):
        canvas.evaluate("controller.fit()")
        canvas.wait("controller.shared().fitted && !controller.is_painting")
        for each in (first, second):
            window, (rows, columns) = each.window(), each.evaluate("return controller.state.shape")
            assert window["x0"] < 0 < columns < window["x1"]
            assert window["y0"] < 0 < rows < window["y1"]


def test_the_keys_are_listed_on_demand(app, view):
    view.page.mouse.click(*view.at(200, 150))
    view.page.keyboard.press("?")
    assert view.page.get_by_text("zoom into a box").is_visible()
    view.page.keyboard.press("Escape")
    assert not view.page.get_by_text("zoom into a box").is_visible()


def test_nothing_flashes_white(app, page):
    page.goto(app.url)
    view = PageCanvas(page, app_canvas_id(app))
    assert view.evaluate("return getComputedStyle(view.el).backgroundColor") == "rgb(22, 22, 22)"
    view.painted("image")
    corner = pixels(page)[200, 5]
    assert corner.max() < 40
