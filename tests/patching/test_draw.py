"""Leaves over a picture: every leaf outlined or shaded at its place, nothing else touched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import sparse_tree
from tests.reference import laws
from vitsci_viz.errors import InputError
from vitsci_viz.patching.draw import draw_leaves, leaf_raster, level_colours, section
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree


@given(rows=st.integers(1, 60), columns=st.integers(1, 60), seed=st.integers(0, 99))
def test_leaves_are_outlined_at_their_first_pixels_and_clear_inside(rows, columns, seed):
    tree = sparse_tree((rows, columns), (4, 4), seed)
    lines, shades = leaf_raster(tree, (rows, columns))
    assert not shades.any()
    for leaf in laws.cells_of(tree):
        y, x = leaf.slices(tree.shape)
        assert (lines[y.start, x] > 0).all()
        assert (lines[y, x.start] > 0).all()
        assert not lines[y.start + 1 : y.stop - 1, x.start + 1 : x.stop - 1].any()


def test_the_finer_of_two_neighbours_owns_their_common_line():
    tree = sparse_tree((64, 64), (4, 4), seed=3)
    lines, _ = leaf_raster(tree, (64, 64))
    for leaf in laws.cells_of(tree):
        y, x = leaf.slices(tree.shape)
        assert (lines[y.start, x] >= leaf.level + 1).all()


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_window_shows_the_part_of_the_whole(scale):
    tree = sparse_tree((64, 96), (4, 4), seed=1)
    whole, _ = leaf_raster(tree, (64 * scale, 96 * scale))
    part, _ = leaf_raster(tree, (32 * scale, 40 * scale), window=(24, 16, 64, 48))
    cut = whole[16 * scale : 48 * scale, 24 * scale : 64 * scale]
    # The last row and column may carry the line of the leaf beyond.
    np.testing.assert_array_equal(part[:-1, :-1], cut[:-1, :-1])


def test_leaves_below_three_pixels_are_shaded_with_their_level():
    tree = sparse_tree((64, 64), (4, 4), seed=1)
    lines, shades = leaf_raster(tree, (32, 32))
    for leaf in laws.cells_of(tree):
        y, x = (slice(part.start // 2, part.stop // 2) for part in leaf.slices(tree.shape))
        if leaf.size[0] / 2 < 3:
            assert (shades[y, x] == leaf.level + 1).all()
        else:
            assert not shades[y, x].any()
    assert lines.any()


def test_the_picture_is_not_changed_and_only_lines_are_drawn():
    tree = sparse_tree((64, 64), (8, 8), seed=2)
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    before = picture.copy()
    drawn = draw_leaves(picture, tree)
    lines, _ = leaf_raster(tree, (64, 64))
    np.testing.assert_array_equal(picture, before)
    np.testing.assert_array_equal(drawn[lines == 0], picture[lines == 0])
    colours = level_colours(int(tree.level.max() - tree.level.min()))
    np.testing.assert_array_equal(drawn[lines > 0], colours[lines[lines > 0] - 1 - tree.level.min()])


@pytest.mark.parametrize("depth", [0, 1, 3, 6, 12])
def test_every_level_has_a_colour_and_the_finest_six_differ(depth):
    colours = level_colours(depth)
    assert colours.shape == (depth + 1, 3)
    assert len(np.unique(colours[-7:], axis=0)) == min(depth + 1, 7)


@given(seed=st.integers(0, 99), axis=st.integers(0, 2), data=st.data())
def test_a_section_of_a_volume_tiles_its_plane(seed, axis, data):
    shape = (13, 9, 18)
    tree = sparse_tree(shape, (2, 1, 4), seed)
    index = data.draw(st.integers(0, shape[axis] - 1))
    plane = section(tree, axis=axis, index=index)
    kept = [other for other in range(3) if other != axis]
    levels = np.full(shape, -1)
    for leaf in laws.cells_of(tree):
        levels[leaf.slices(shape)] = leaf.level
    painted = np.zeros(plane.shape, int)
    for leaf in laws.cells_of(plane):
        painted[leaf.slices(plane.shape)] += leaf.level + 1
    assert plane.shape == tuple(shape[other] for other in kept)
    np.testing.assert_array_equal(painted - 1, levels.take(index, axis=axis))


def test_volumes_are_drawn_by_section_only():
    with pytest.raises(InputError, match="section"):
        leaf_raster(sparse_tree((8, 8, 8), (2, 2, 2)), (8, 8))


@pytest.mark.parametrize("plane", [{"axis": 0, "index": 99}, {"axis": 0, "index": -1}, {"axis": 3, "index": 0}])
def test_a_plane_outside_the_volume_is_refused(plane):
    tree = build_tree(np.zeros((16, 16, 16), np.uint8), PatchOptions(patch_size=4))
    with pytest.raises(InputError, match="must lie in the domain"):
        section(tree, **plane)


@pytest.mark.parametrize("picture", [np.zeros((16, 16), np.uint8), np.zeros((16, 16, 3))])
def test_only_8_bit_colours_are_drawn_on(picture):
    with pytest.raises(InputError, match=r"\(h, w, 3\) uint8"):
        draw_leaves(picture, build_tree(np.zeros((16, 16), np.uint8)))
