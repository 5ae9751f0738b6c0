import numpy as np
import pytest

from tests.views.session.cases import VARIANCE, blobs, session_of
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.notebook.painter import Painter

SHAPE = (96, 128)


class Page:
    """What a page does to a canvas, and what reaches it."""

    def __init__(self, canvas):
        self.models = canvas._models

    def look(self, x0=0, y0=0, x1=SHAPE[1], y1=SHAPE[0]):
        window = {"x0": x0, "y0": y0, "x1": x1, "y1": y1, "width": x1 - x0, "height": y1 - y0}
        self.models.windows.data = {name: [value] for name, value in window.items()}

    def point_at(self, x, y):
        self.models.probes.data = {"x": [x], "y": [y], "inside": [1]}

    def serial(self, layer):
        return self.models.frames[layer].data["serial"][0]

    def is_drawn(self, layer):
        return len(self.models.frames[layer].data["bytes"][0]) > 0


@pytest.fixture
def session():
    return session_of(blobs(SHAPE, channels=3), "yxc", mask=(blobs(SHAPE) > 120).astype(np.uint8))


@pytest.fixture
def canvas(session):
    return PatchCanvas(session.shape)


@pytest.fixture
def painter(session, canvas):
    return Painter(session, canvas, VARIANCE)


def test_nothing_is_drawn_before_the_page_says_where_it_looks(painter, canvas):
    page = Page(canvas)
    painter.show(VARIANCE)
    assert not any(page.is_drawn(layer) for layer in page.models.frames)
    page.look()
    assert page.is_drawn("image")
    assert page.is_drawn("mask")
    assert page.is_drawn("overview")
    assert len(page.models.quads.data["left"]) > 1


def test_another_setting_leaves_the_image_alone(painter, canvas):
    page = Page(canvas)
    page.look()
    image, leaves = page.serial("image"), len(page.models.quads.data["left"])
    painter.show(VARIANCE.replace(split_value=1e6))
    assert page.serial("image") == image
    assert len(page.models.quads.data["left"]) < leaves


def test_what_tokens_keep_is_offered_hidden_and_follows_only_while_shown(painter, canvas):
    page = Page(canvas)
    page.look()
    assert page.is_drawn("reconstruction")
    assert not canvas.layers["reconstruction"][0]
    before = page.serial("reconstruction")
    painter.show(VARIANCE.replace(split_value=1e6))
    assert page.serial("reconstruction") == before
    canvas.set_layer("reconstruction", visible=True)
    painter.show(VARIANCE.replace(split_value=1e5))
    assert page.serial("reconstruction") > before


def test_moving_draws_the_image_again_and_the_overview_once(painter, canvas):
    page = Page(canvas)
    page.look()
    image, overview = page.serial("image"), page.serial("overview")
    page.look(10, 10, 60, 60)
    assert page.serial("image") > image
    assert page.serial("overview") == overview


def test_the_cursor_is_answered_with_its_leaf(painter, canvas, session):
    page = Page(canvas)
    page.look()
    page.point_at(70.0, 20.0)
    leaf = session.leaf_at(VARIANCE, (20.0, 70.0))
    status = canvas._state["status"]
    assert f"token {leaf.token + 1:,} of {len(session.tree(VARIANCE)):,}" in status
    assert f"level {leaf.level}" in status
    page.point_at(-5.0, 20.0)
    assert canvas._state["status"] == []


def test_another_slice_shows_other_pixels_and_leaves():
    session = session_of(blobs((16, 32, 48)), "zyx")
    canvas = PatchCanvas(session.shape[-2:])
    painter, page = Painter(session, canvas, VARIANCE), Page(canvas)
    page.look(0, 0, 48, 32)
    assert painter.slice_index == 8
    overview, image = page.serial("overview"), page.serial("image")
    painter.show_slice(2)
    assert page.serial("overview") > overview
    assert page.serial("image") > image
