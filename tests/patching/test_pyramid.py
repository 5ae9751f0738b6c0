"""The pyramid is the summed detail of every cell that a tree may have."""

import cv2
import numpy as np
import pytest
from hypothesis import given

from tests.patching.cases import as_image, cases, images, sides
from tests.reference.cells import root, sum_score, variance_score
from vitsci_viz.patching import pyramid
from vitsci_viz.patching.edges import count_edges
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pyramid import halve, sum_levels
from vitsci_viz.patching.tree import detail_pyramid


def _cells(shape, min_size):
    """List every cell of the full recursion, root first."""
    found = [root(shape, min_size)]
    for cell in found:
        if cell.size != min_size:
            found.extend(cell.children(shape))
    return found


def _value(levels, cell):
    level = levels[len(levels) - 1 - cell.level]
    return float(level[tuple(o // s for o, s in zip(cell.origin, cell.size, strict=True))])


@given(case=cases())
def test_every_cell_holds_the_detail_of_its_pixels(case):
    blank = as_image(np.zeros(case.shape, np.uint8), len(case.shape))
    pyramid = detail_pyramid(blank, case.options(), detail=case.detail)
    assert pyramid.shape == case.shape
    assert tuple(pyramid.min_size) == case.min_size
    assert set(pyramid.levels[-1].shape) == {1}
    for cell in _cells(case.shape, case.min_size):
        assert _value(pyramid.levels, cell) == case.score(cell)


@given(drawn=images(), side=sides(1))
def test_every_cell_holds_the_squared_deviation_of_its_pixels(drawn, side):
    image, ndim = drawn
    min_size = side * ndim
    pyramid = detail_pyramid(as_image(image, ndim), PatchOptions(patch_size=min_size, detail="variance"))
    score = variance_score(image, ndim)
    for cell in _cells(image.shape[:ndim], min_size)[:200]:
        np.testing.assert_allclose(_value(pyramid.levels, cell), score(cell), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("min_size", [(1, 1), (2, 2), (4, 4), (8, 8), (16, 16), (32, 64), (1, 8), (16, 2), (4, 1)])
def test_edge_pixels_are_counted_without_rounding(min_size):
    image = np.random.default_rng(0).integers(0, 256, (203, 149)).astype(np.uint8)
    options = PatchOptions(patch_size=min_size, detail="edges", thresholds=(50, 100), blur=3)
    edges = cv2.Canny(cv2.GaussianBlur(image, (3, 3), 0), 50, 100) // 255
    pyramid = detail_pyramid(image, options)
    score = sum_score(edges)
    for cell in _cells((203, 149), min_size)[:400]:
        assert _value(pyramid.levels, cell) == score(cell)


def test_a_cell_full_of_edges_is_counted_whole():
    for side in (1, 2, 4, 8, 16, 64, 128):
        full = detail_pyramid(
            np.zeros((300, 300), np.uint8), PatchOptions(patch_size=side), detail=np.ones((300, 300), np.uint8)
        )
        assert full.levels[-1].item() == 90_000
        assert full.levels[0].flat[0] == side * side


@pytest.mark.parametrize("side", [1, 2, 4, 8, 16, 32, 128, 512])
def test_cells_full_of_edge_pixels_do_not_overflow(side):
    full = np.full((512, 512), 255, np.uint8)
    counts = count_edges(full, (side, side))
    assert (counts == side * side).all()
    levels = sum_levels(counts, (512, 512), (side, side), limit=side * side)
    assert [int(level.flat[0]) for level in levels] == [(side << step) ** 2 for step in range(len(levels))]
    assert levels[-1].item() == 512 * 512


@pytest.mark.parametrize("shape", [(2003,), (301, 151), (5, 1001), (31, 20, 11), (1, 3)])
@pytest.mark.parametrize("leave_first", [False, True])
def test_halving_in_bands_is_halving_at_once(monkeypatch, shape, leave_first):
    monkeypatch.setattr(pyramid, "BAND_VALUES", 1000)
    values = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    axes = [not leave_first, *[True] * (len(shape) - 1)]
    padded = np.pad(values.astype(np.int64), [(0, n % 2 * is_chosen) for n, is_chosen in zip(shape, axes, strict=True)])
    for axis, is_chosen in enumerate(axes):
        if is_chosen:
            padded = np.add.reduceat(padded, np.arange(0, padded.shape[axis], 2), axis=axis)
    found = halve(values, np.uint16, axes)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, padded)
