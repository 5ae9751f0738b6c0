import numpy as np
import pytest

from tests.views.session.cases import VARIANCE, blobs, session_of, whole
from vitsci_viz.views.session import leaves as module
from vitsci_viz.views.session.palettes import SHADE
from vitsci_viz.views.session.scene import leaves
from vitsci_viz.views.session.state import Window


@pytest.fixture(scope="module")
def session():
    return session_of(blobs((300, 420), channels=3), "yxc")


def test_rectangles_tile_the_image_with_the_levels_of_the_tree(session):
    window = Window(0, 0, 420, 300, 1680, 1200)
    scene = leaves(session, VARIANCE, window, margin=0)
    tree = session.tree(VARIANCE)
    quads = scene.quads
    assert scene.raster is None
    assert scene.visible == scene.total == len(tree)
    area = ((quads.right - quads.left) * (quads.bottom - quads.top)).sum()
    assert area == pytest.approx(420 * 300)
    assert np.array_equal(quads.left, tree.origin[:, 1])
    assert np.array_equal(quads.level, tree.level)


def test_only_visible_leaves_are_sent(session):
    window = Window(100, 50, 180, 110, 800, 600)
    tree = session.tree(VARIANCE)
    last = tree.origin + tree.size
    seen = [(o[1] < 180 and e[1] > 100) and (o[0] < 110 and e[0] > 50) for o, e in zip(tree.origin, last, strict=True)]
    scene = leaves(session, VARIANCE, window, margin=0)
    assert scene.visible == len(scene.quads.left) == sum(seen)
    assert scene.total == len(tree)


def test_edges_lie_on_whole_screen_pixels(session):
    window = Window(100.3, 50.7, 180.3, 110.7, 777, 583)
    quads = leaves(session, VARIANCE, window, margin=0).quads
    screen = (quads.left.astype(float) - window.x0) * window.width / (window.x1 - window.x0)
    assert np.abs(screen - np.round(screen)).max() < 0.01


@pytest.mark.parametrize("reason", ["small leaves", "many leaves"])
def test_small_or_many_leaves_come_as_a_raster(session, reason, monkeypatch):
    if reason == "many leaves":
        monkeypatch.setattr(module, "MOST_QUADS", 10)
    side = 420 if reason == "many leaves" else 210
    scene = leaves(session, VARIANCE, Window(0, 0, 420, 300, side * 4 if side == 420 else side, 600), margin=0)
    assert scene.quads is None
    assert scene.raster.index.dtype == np.uint8
    assert scene.raster.palette.shape == (256, 4)
    assert scene.visible == scene.total


def test_leaves_below_three_screen_pixels_are_shaded_and_larger_ones_outlined(session):
    tree = session.tree(VARIANCE)
    window = Window(0, 0, 420, 300, 280, 200)
    index = leaves(session, VARIANCE, window, margin=0).raster.index
    size_px = tree.size[:, 0] / window.scale
    shaded = {int(k) & (SHADE - 1) for k in np.unique(index[index >= SHADE])}
    outlined = {int(k) for k in np.unique(index[(index > 0) & (index < SHADE)])}
    assert shaded == {int(k) + 1 for k in np.unique(tree.level[size_px < 3])}
    assert outlined == {int(k) + 1 for k in np.unique(tree.level[size_px >= 3])}
    middle = tree.origin[size_px < 3] + tree.size[size_px < 3] / 2
    at = np.floor(middle / window.scale).astype(int)
    drawn = index[at[:, 0].clip(0, 199), at[:, 1].clip(0, 279)]
    assert (drawn > 0).all()


def test_the_inside_of_a_large_leaf_stays_clear(session, monkeypatch):
    monkeypatch.setattr(module, "MOST_QUADS", 0)
    tree = session.tree(VARIANCE)
    index = leaves(session, VARIANCE, whole((300, 420)), margin=0).raster.index
    large = int(np.argmax(tree.size[:, 0]))
    (y, x), (h, w) = tree.origin[large], tree.size[large]
    inside = index[y + 1 : min(y + h, 300) - 1, x + 1 : min(x + w, 420) - 1]
    assert inside.size
    assert not inside.any()
    assert (index[y, x : min(x + w, 420)] > 0).all()


def test_colours_stay_while_the_split_value_moves(session):
    window = whole((300, 420))
    coarse = leaves(session, VARIANCE.replace(split_value=1e6), window)
    fine = leaves(session, VARIANCE.replace(split_value=500.0), window)
    assert coarse.colours == fine.colours
    colour = {row.level: row.colour for row in coarse.legend}
    assert all(row.colour == colour.get(row.level, row.colour) for row in fine.legend)


def test_the_legend_counts_every_leaf(session):
    scene = leaves(session, VARIANCE, whole((300, 420)))
    assert sum(row.count for row in scene.legend) == scene.total
    assert [row.level for row in scene.legend] == sorted(row.level for row in scene.legend)


def test_a_slice_shows_the_leaves_that_cross_it():
    session = session_of(blobs((20, 64, 48)), "zyx")
    options = VARIANCE.replace(patch_size=4, min_size=2, split_value=5000.0)
    tree = session.tree(options)
    for z in (0, 7, 19):
        scene = leaves(session, options, Window(0, 0, 48, 64, 480, 640), slice_index=z, margin=0)
        crossing = (tree.origin[:, 0] <= z) & (z < tree.origin[:, 0] + tree.size[:, 0])
        assert scene.visible == crossing.sum()
        assert scene.total == len(tree)
        area = ((scene.quads.right - scene.quads.left) * (scene.quads.bottom - scene.quads.top)).sum()
        assert area == pytest.approx(48 * 64)


def test_a_window_beside_the_image_has_no_leaves(session):
    scene = leaves(session, VARIANCE, Window(1000, 1000, 1100, 1100, 100, 100))
    assert scene.visible == 0
    assert len(scene.quads.left) == 0
