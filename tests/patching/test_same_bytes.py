"""The same image and options give the same bytes: on every machine, with any threads, from any storage."""

import hashlib

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.patching.cases import as_image, images, sides
from tests.reference import laws, trees
from tests.reference import tokens as slow
from tests.reference.cells import sum_score, variance_score
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching import stream
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree, detail_pyramid, tree_from_pyramid
from vitsci_viz.types import Image

FIELDS = {"origin": "<i8", "size": "<i8", "level": "<i2", "score": "<f8"}


def _picture(rows, columns):
    """Make a picture by whole numbers alone: rings, with every seventh block speckled."""
    y, x = np.mgrid[:rows, :columns].astype(np.int64)
    rings = (y * y + x * x) // 97 % 256
    speckle = (y * 7919 + x * 104_729) % 251
    return np.where((y // 16 + x // 16) % 7 == 0, speckle, np.where(rings > 170, 200, 60)).astype(np.uint8)


def _digest(tree):
    content = b"".join(
        np.ascontiguousarray(getattr(tree, name)).astype(kind).tobytes() for name, kind in FIELDS.items()
    )
    return hashlib.sha256(content).hexdigest()


def _digest_of(leaves, score):
    arrays = {
        "origin": [leaf.origin for leaf in leaves],
        "size": [leaf.size for leaf in leaves],
        "level": [leaf.level for leaf in leaves],
        "score": [score(leaf) for leaf in leaves],
    }
    return hashlib.sha256(b"".join(np.array(arrays[name], kind).tobytes() for name, kind in FIELDS.items())).hexdigest()


GOLDEN = {
    "map, threshold": "ac9a17fb967340a505dc823ac5ccdf654bcf35d1327545be8b7646000647bcaa",
    "map, length": "7cda4e15dd1a776d149259cebd5cfc56a1a9d26b9dccf0ab8baefc5f220be142",
    "variance, length": "eb23b13b27bf604f8aef31a601920423938dd33700e7c7108e93ddf2b488f02e",
    "edges, threshold": "3f9fa922fd26d7a2044eb92aea9249803b9b50e7fb7ef18f9af3fd65757d07ff",
}


def _made(name):
    picture = _picture(96, 136)
    dark = (picture < 50).astype(np.uint8)
    small = {"patch_size": 4}
    return {
        "map, threshold": lambda: build_tree(picture, PatchOptions(**small, split_value=20), detail=dark),
        "map, length": lambda: build_tree(picture, PatchOptions(**small, length=200), detail=dark),
        "variance, length": lambda: build_tree(_picture(128, 64), PatchOptions(**small, length=150, detail="variance")),
        "edges, threshold": lambda: build_tree(
            picture, PatchOptions(**small, split_value=5, detail="edges", thresholds=(60, 120), blur=3)
        ),
    }[name]()


@pytest.mark.parametrize("name", GOLDEN)
def test_trees_of_whole_numbers_have_the_same_bytes_everywhere(name):
    assert _digest(_made(name)) == GOLDEN[name]


def test_the_golden_bytes_are_those_of_the_reference():
    picture = _picture(96, 136)
    score = sum_score((picture < 50).astype(np.uint8))
    squares = variance_score(_picture(128, 64), 2)
    edges = sum_score(cv2.Canny(cv2.GaussianBlur(picture, (3, 3), 0), 60, 120) // 255)
    shape, side = (96, 136), (4, 4)
    assert {
        "map, threshold": _digest_of(trees.threshold_tree(score, shape, side, 20), score),
        "map, length": _digest_of(trees.length_tree(score, shape, side, 200), score),
        "variance, length": _digest_of(trees.length_tree(squares, (128, 64), side, 150), squares),
        "edges, threshold": _digest_of(trees.threshold_tree(edges, shape, side, 5), edges),
    } == GOLDEN


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
@pytest.mark.parametrize("thresholds", ["auto", (60, 120)])
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_threads_and_memory_never_change_a_pyramid(detail, thresholds, dtype):
    image = np.stack([_picture(300, 410), _picture(410, 300).T], axis=-1).astype(dtype)
    options = PatchOptions(patch_size=4, detail=detail, thresholds=thresholds)
    pyramids = [
        detail_pyramid(as_image(image, 2), options, execution=execution)
        for execution in (
            None,
            ExecutionOptions(threads=1),
            ExecutionOptions(threads=2),
            ExecutionOptions(threads=5, memory="64MiB"),
        )
    ]
    for pyramid in pyramids[1:]:
        for level, first in zip(pyramid.levels, pyramids[0].levels, strict=True):
            assert level.tobytes() == first.tobytes()


class _Sliced:
    """Storage that is read only where it is sliced, and remembers the largest piece."""

    def __init__(self, array):
        self._array, self.shape, self.dtype, self.largest = array, array.shape, array.dtype, 0

    def __getitem__(self, key):
        piece = self._array[key]
        self.largest = max(self.largest, piece.size)
        return piece.copy()


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
def test_a_large_lazy_image_has_the_pyramid_of_the_array_and_is_read_in_pieces(detail):
    image = _picture(260, 17_000)
    lazy = _Sliced(image)
    options = PatchOptions(patch_size=8, detail=detail)
    whole = detail_pyramid(image, options)
    pieces = detail_pyramid(Image(levels=(lazy,), axes="yx"), options)
    for level, other in zip(whole.levels, pieces.levels, strict=True):
        assert level.tobytes() == other.tobytes()
    assert lazy.largest < image.size


def test_edges_on_the_tile_grid_differ_from_one_whole_canny_in_less_than_one_in_100_000_edge_pixels():
    image = _picture(4500, 4500)
    found = detail_pyramid(image, PatchOptions(patch_size=1, detail="edges", thresholds=(60, 120), blur=7)).levels[0]
    whole = cv2.Canny(cv2.GaussianBlur(image, (7, 7), 0), 60, 120) // 255
    found = found[:4500, :4500]
    assert np.count_nonzero(found != whole) < 1e-5 * np.count_nonzero(whole)


@given(drawn=images(dtypes=("uint8", "uint16", "float32")), data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_streamed_tokens_are_those_of_the_whole_image(small_tiles, drawn, data):
    image, ndim = drawn
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    options = PatchOptions(patch_size=finest, detail="variance", split_value=data.draw(st.sampled_from([5, 1e4, 1e7])))
    tree = build_tree(as_image(image, ndim), options)
    found = gather(as_image(image, ndim), tree, patch).tokens
    expected = slow.gather(image, laws.cells_of(tree), patch)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("detail", ["gradient", "variance"])
@pytest.mark.parametrize("shape", [(203,), (75, 130), (21, 18, 30), (75, 130, 3)])
@pytest.mark.parametrize("side", [2, 64])
def test_the_size_of_a_tile_never_changes_gradient_or_variance(monkeypatch, detail, shape, side):
    image = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    options = PatchOptions(patch_size=side, detail=detail, blur=9)
    whole = detail_pyramid(image, options)
    monkeypatch.setattr(stream, "TILE", {1: 32, 2: 16, 3: 8})
    for level, other in zip(whole.levels, detail_pyramid(image, options).levels, strict=True):
        assert level.tobytes() == other.tobytes()


@pytest.mark.parametrize("layout", ["fortran", "reversed", "strided"])
def test_the_layout_in_memory_makes_no_difference(layout):
    image = _picture(96, 136)
    same = {
        "fortran": np.asfortranarray(image),
        "reversed": np.ascontiguousarray(image[::-1, ::-1])[::-1, ::-1],
        "strided": np.repeat(image, 2, axis=1)[:, ::2],
    }[layout]
    for detail in ("edges", "gradient", "variance"):
        options = PatchOptions(patch_size=4, detail=detail)
        first, other = build_tree(image, options), build_tree(same, options)
        assert _digest(first) == _digest(other)
        first, other = (gather(array, first, 4).tokens for array in (image, same))
        assert first.tobytes() == other.tobytes()


def test_an_image_is_left_as_it_was():
    image = _picture(96, 136)
    before = image.copy()
    pyramid = detail_pyramid(image, PatchOptions(patch_size=4))
    levels = [level.copy() for level in pyramid.levels]
    tree_from_pyramid(pyramid, PatchOptions(patch_size=4, length=100, balance=True))
    assert (image == before).all()
    assert all((a == b).all() for a, b in zip(pyramid.levels, levels, strict=True))
