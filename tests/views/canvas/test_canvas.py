import json

import numpy as np
import pytest
from bokeh.document import Document

from tests.views.session.cases import VARIANCE, blobs, session_of, whole
from vitsci_viz.errors import OptionError
from vitsci_viz.views.canvas.canvas import PatchCanvas
from vitsci_viz.views.session.scene import error_map, leaves, picture
from vitsci_viz.views.session.state import Window


@pytest.fixture(scope="module")
def session():
    return session_of(blobs((200, 300), channels=3), "yxc", spacing=(0.5, 0.5), unit="um")


@pytest.fixture
def canvas(session):
    return PatchCanvas(session.shape, spacing_um=session.spacing_um)


@pytest.fixture
def changes(canvas):
    """Which sources were sent, by their role."""
    document, found = Document(), []
    document.add_root(canvas.layout)
    models = canvas._models
    roles = {
        **{source: name for name, source in models.frames.items()}, models.quads: "quads", models.state: "state",
        models.mapper: "mapper",
    }  # fmt: skip
    document.on_change(lambda event: found.append(roles.get(event.model, "other")))
    return found


def state_of(canvas):
    return json.loads(canvas._models.state.data["json"][0])


def test_every_source_is_part_of_the_document(canvas):
    document = Document()
    document.add_root(canvas.layout)
    models = canvas._models
    parts = [*models.frames.values(), models.quads, models.windows, models.probes, models.events, models.state]
    assert all(part.document is document for part in parts)


def test_only_the_layer_that_changed_is_sent(canvas, changes, session):
    canvas.show_picture(picture(session, whole((200, 300))))
    assert set(changes) == {"image", "state"}
    changes.clear()
    wide = Window(0, 0, 300, 200, 3000, 2000)
    canvas.show_leaves(leaves(session, VARIANCE, wide))
    assert set(changes) == {"quads", "mapper", "state"}
    changes.clear()
    canvas.show_leaves(leaves(session, VARIANCE.replace(split_value=3e4), wide))
    assert set(changes) == {"quads", "state"}


def test_rectangles_and_raster_replace_each_other(canvas, session):
    canvas.show_leaves(leaves(session, VARIANCE, Window(0, 0, 300, 200, 3000, 2000)))
    assert len(canvas._models.quads.data["left"])
    canvas.show_leaves(leaves(session, VARIANCE, Window(0, 0, 300, 200, 150, 100)))
    assert not len(canvas._models.quads.data["left"])
    assert len(canvas._models.frames["leaves"].data["bytes"][0])
    canvas.show_leaves(None)
    assert not len(canvas._models.frames["leaves"].data["bytes"][0])
    assert not state_of(canvas)["layers"]["leaves"]["offered"]


def test_repeating_oneself_sends_nothing(canvas, changes):
    canvas.set_stale(True, "tree")
    changes.clear()
    canvas.set_stale(True, "tree")
    canvas.show_probe(None)
    canvas.set_layer("leaves", visible=True)
    assert changes == []


def test_layers_are_offered_once_they_show_something(canvas, session):
    assert not state_of(canvas)["layers"]["error"]["offered"]
    canvas.show("error", error_map(session, VARIANCE, whole((200, 300))))
    layer = state_of(canvas)["layers"]["error"]
    assert layer["offered"]
    assert layer["legend"]["ramp"]["high"].endswith("63.75")


def test_the_legend_lists_leaf_sizes_with_their_counts(canvas, session):
    scene = leaves(session, VARIANCE, whole((200, 300)))
    canvas.show_leaves(scene)
    legend = state_of(canvas)["layers"]["leaves"]["legend"]
    assert legend["title"] == f"{scene.total:,} leaves"
    assert [row["count"] for row in legend["rows"]] == [f"{row.count:,}" for row in scene.legend]
    assert [row["colour"] for row in legend["rows"]] == [row.colour for row in scene.legend]


def test_the_page_tells_python_what_it_shows(canvas):
    seen = []
    canvas.on_window(seen.append)
    assert canvas.window is None
    canvas._models.windows.data = {"x0": [1], "y0": [2.5], "x1": [11], "y1": [22], "width": [100], "height": [195]}
    assert seen == [canvas.window] == [Window(1, 2.5, 11, 22, 100, 195)]


def test_probes_come_as_row_and_column_and_leave_as_none(canvas):
    seen = []
    canvas.on_probe(seen.append)
    canvas._models.probes.data = {"x": [3.5], "y": [7.25], "inside": [1]}
    canvas._models.probes.data = {"x": [0], "y": [0], "inside": [0]}
    assert seen == [(7.25, 3.5), None]


def test_a_probe_outlines_the_part_of_a_leaf_inside_the_image(canvas, session):
    tree = session.tree(VARIANCE)
    last = int(np.argmax((tree.origin + tree.size).sum(axis=1)))
    leaf = session.leaf_at(VARIANCE, tuple(tree.origin[last]))
    canvas.show_probe(leaf, ["leaf 1"])
    top, left = tree.origin[last]
    assert state_of(canvas)["leaf"] == [left, top, min(left + leaf.size[1], 300), min(top + leaf.size[0], 200)]
    assert state_of(canvas)["status"] == ["leaf 1"]


def test_keys_and_toggles_of_the_page_reach_python(canvas):
    steps, layers = [], []
    canvas.on_slice(steps.append)
    canvas.on_layers(layers.append)
    canvas._models.events.data = {"kind": ["slice"], "value": ["-1"], "serial": [1]}
    told = json.dumps({"name": "leaves", "visible": False, "opacity": 0.3})
    canvas._models.events.data = {"kind": ["layer"], "value": [told], "serial": [2]}
    assert steps == [-1]
    assert layers[0]["leaves"] == canvas.layers["leaves"] == (False, 0.3)


def test_another_image_empties_every_layer(canvas, session):
    canvas.show_picture(picture(session, whole((200, 300))))
    canvas.show_leaves(leaves(session, VARIANCE, whole((200, 300))))
    canvas.set_layer("leaves", opacity=0.5)
    canvas.set_image((50, 60), title="other")
    state = state_of(canvas)
    assert state["shape"] == [50, 60]
    assert state["spacing_um"] is None
    assert not any(layer["offered"] for layer in state["layers"].values())
    assert state["layers"]["leaves"]["opacity"] == 0.5
    assert not any(len(source.data["bytes"][0]) for source in canvas._models.frames.values())


def test_commands_are_told_apart_even_when_they_repeat(canvas):
    canvas.fit()
    first = state_of(canvas)["command"]
    canvas.fit()
    assert state_of(canvas)["command"] != first
    canvas.go_to(Window(1, 2, 3, 4, 10, 10))
    assert state_of(canvas)["command"]["box"] == [1, 2, 3, 4]


def test_an_unknown_layer_names_the_nearest_one(canvas):
    with pytest.raises(OptionError, match="did you mean 'leaves'"):
        canvas.show("leafs", None)


def test_linked_canvases_share_view_and_cursor_but_no_layers(session):
    first = PatchCanvas(session.shape, layers=("image",))
    second = PatchCanvas(session.shape, layers=("error",), link=first)
    assert second._models.shared is first._models.shared
    assert second._models.frames["overview"] is not first._models.frames["overview"]


def test_a_closed_canvas_calls_nobody(canvas):
    seen = []
    canvas.on_window(seen.append)
    canvas.close()
    canvas._models.windows.data = {"x0": [1], "y0": [2], "x1": [3], "y1": [4], "width": [9], "height": [9]}
    assert seen == []
