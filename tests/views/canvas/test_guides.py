"""Lines across the canvas in a real browser: taken, moved, kept, and clicks beside them."""

from types import SimpleNamespace

import pytest
from bokeh.layouts import row

from tests.views.canvas.serving import PageCanvas, call, served
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.canvas.guides import Guide

pytestmark = pytest.mark.browser

SHAPE = (30, 40, 50)
"""z, y, x."""
LINES = (Guide(name="x", axis="x", at=20.0, label="x 20"), Guide(name="y", axis="y", at=10.0))


@pytest.fixture(scope="module")
def app():
    """Two planes of a volume that share a scale and the centre along x."""
    world = SimpleNamespace()

    def fill(document):
        first = PatchCanvas((40, 50), layers=("image",), axes=("x", "y"), wheel="slice")
        second = PatchCanvas((30, 50), layers=("image",), axes=("x", "z"), wheel="slice", link=first)
        world.__dict__.update(document=document, first=first, second=second, moves=[], clicks=[], slices=[])
        first.on_guide(lambda places, is_done: world.moves.append((dict(places), is_done)))
        first.on_click(world.clicks.append)
        first.on_slice(world.slices.append)
        first.show_guides(LINES)
        document.add_root(row(first.layout, second.layout, sizing_mode="stretch_both"))

    with served(fill) as url:
        world.url = url
        yield world


@pytest.fixture
def planes(app, page):
    page.goto(app.url)
    return PageCanvas(page, app.first.layout.id), PageCanvas(page, app.second.layout.id)


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()
    page.wait_for_timeout(300)


def test_a_line_that_is_dragged_moves_alone_and_python_hears_where_it_was_left(app, planes):
    first, _ = planes
    before = first.window()
    drag(first.page, first.at(20, 30), first.at(35, 12))
    places, is_done = app.moves[-1]
    assert is_done
    assert places == {"x": pytest.approx(35, abs=0.5)}
    assert not any(done for _, done in app.moves[:-1])
    assert first.window() == before
    assert first.evaluate("return controller.state.guides.map((each) => each.at)") == pytest.approx([35, 10], abs=0.5)


def test_both_lines_are_taken_where_they_cross(app, planes):
    first, _ = planes
    drag(first.page, first.at(20, 10), first.at(30, 25))
    places, _ = app.moves[-1]
    assert places == {"x": pytest.approx(30, abs=0.5), "y": pytest.approx(25, abs=0.5)}


def test_a_line_stays_on_the_picture(app, planes):
    first, _ = planes
    drag(first.page, first.at(20, 30), first.at(-20, 30))
    assert app.moves[-1][0] == {"x": 0.0}


def test_what_python_shows_counts_once_it_has_heard_of_the_drag(app, planes):
    first, _ = planes
    drag(first.page, first.at(20, 30), first.at(35, 30))
    call(app.document, lambda: app.first.show_guides([Guide(name="x", axis="x", at=7.0), LINES[1]]))
    first.wait("controller.state.guides[0].at == 7")


def test_a_line_that_may_not_be_moved_lets_the_picture_pan(app, planes):
    first, _ = planes
    call(app.document, lambda: app.first.show_guides([Guide(name="x", axis="x", at=20.0, is_movable=False)]))
    first.wait("controller.state.guides.length == 1")
    before = first.window()
    drag(first.page, first.at(20, 30), first.at(30, 30))
    assert app.moves == []
    assert first.window()["x0"] < before["x0"]


def test_arrow_keys_move_the_line_that_was_taken_last_and_else_the_picture(app, planes):
    first, _ = planes
    lines = [Guide(name="x", axis="x", at=20.0, step=0.5), LINES[1]]
    call(app.document, lambda: app.first.show_guides(lines))
    first.wait("controller.state.guides[0].step == 0.5")
    before = first.window()
    first.page.mouse.click(*first.at(20, 30))
    for key in ("ArrowRight", "Shift+ArrowRight", "Alt+ArrowLeft"):
        first.page.keyboard.press(key)
    first.page.wait_for_timeout(300)
    assert [places for places, is_done in app.moves if is_done][-1] == {"x": pytest.approx(20 + 0.5 + 5 - 0.05)}
    assert first.window() == before
    first.page.mouse.click(*first.at(40, 30))
    first.page.keyboard.press("ArrowRight")
    first.wait(f"controller.window().x0 > {before['x0']}")


def test_a_shift_click_puts_a_line_that_may_be_put_and_is_no_other_click(app, planes):
    first, _ = planes
    lines = [Guide(name="x", axis="x", at=20.0, is_put=True), LINES[1]]
    call(app.document, lambda: app.first.show_guides(lines))
    first.wait("controller.state.guides[0].is_put")
    before = first.window()
    first.page.keyboard.down("Shift")
    first.page.mouse.click(*first.at(41, 30))
    first.page.keyboard.up("Shift")
    first.page.wait_for_timeout(300)
    assert app.moves[-1] == ({"x": pytest.approx(41, abs=0.5)}, True)
    assert app.clicks == []
    assert first.window() == before


def test_a_click_is_told_and_a_pan_is_none(app, planes):
    first, _ = planes
    first.page.mouse.click(*first.at(40, 30))
    first.page.wait_for_timeout(300)
    assert app.clicks == [pytest.approx((30, 40), abs=0.5)]
    drag(first.page, first.at(40, 30), first.at(44, 34))
    assert len(app.clicks) == 1


def test_the_wheel_goes_through_slices_and_zooms_with_ctrl(app, planes):
    first, _ = planes
    first.page.mouse.move(*first.at(30, 30))
    before = first.window()
    for _ in range(3):
        first.page.mouse.wheel(0, 100)
    first.page.wait_for_timeout(400)
    assert sum(app.slices) == 3
    first.page.mouse.wheel(0, -100)
    first.page.wait_for_timeout(400)
    assert sum(app.slices) == 2
    assert first.window() == before
    first.page.keyboard.down("Control")
    first.page.mouse.wheel(0, -100)
    first.page.keyboard.up("Control")
    first.wait(f"controller.shared().scale < {before['scale']}")


def test_planes_share_scale_and_the_axis_that_they_have_in_common(app, planes):
    first, second = planes
    for canvas, (rows, columns) in ((first, (40, 50)), (second, (30, 50))):
        window = canvas.window()
        assert (window["x0"] + window["x1"], window["y0"] + window["y1"]) == pytest.approx((columns, rows))
    first.evaluate("controller.zoom(0.5, [0, 0])")
    one, two = first.window(), second.window()
    assert one["scale"] == two["scale"]
    assert one["x0"] + one["x1"] == pytest.approx(two["x0"] + two["x1"])
    assert one["y0"] + one["y1"] == pytest.approx(20)
    assert two["y0"] + two["y1"] == pytest.approx(30)
    first.evaluate("controller.fit()")
    second.wait("controller.shared().fitted")
    assert second.window()["y0"] + second.window()["y1"] == pytest.approx(30)


def test_the_status_line_names_the_axes_of_a_plane_in_samples(app, planes):
    _, second = planes
    call(app.document, lambda: app.second.set_image((60, 50), steps=(1.0, 2.0)))
    second.wait("controller.state.shape[0] == 60")
    second.page.mouse.move(*second.at(12.5, 41))
    second.page.get_by_text("x 12  z 20").wait_for()
