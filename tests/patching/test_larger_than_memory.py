"""Where the pixels lie, how many are held at once and how many threads look at them changes nothing."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import as_image, images, sides
from vitsci_viz.errors import Cancelled
from vitsci_viz.io import read_image
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching import cutting, fidelity, stream
from vitsci_viz.patching.detail import detail_pyramid
from vitsci_viz.patching.edges import EDGE_HALO, canny_thresholds, edge_map
from vitsci_viz.patching.fidelity import ErrorTable
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.token_error import sequence_psnr
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image, PatchSequence, PatchTree

SHAPE = (4500, 5000)
"""Slightly more than one edge tile, so that four tiles meet."""
LENGTH = 4096
LITTLE = ExecutionOptions(memory="64MiB")
"""A bound far below what the image, the tokens and the tables would like: everything is read tile by tile."""


def _natural(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    """Make a grey picture with outlines, texture of every scale, smooth parts and sensor noise."""
    random = np.random.default_rng(seed)
    picture = np.zeros(shape, np.float32)
    for cells in (6, 24, 96, 384, 1536):
        coarse = random.standard_normal((cells, cells)).astype(np.float32)
        picture += cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC) / cells**0.5
    picture = cv2.normalize(picture, None, 40, 215, cv2.NORM_MINMAX)
    for _ in range(3000):
        centre = (int(random.integers(shape[1])), int(random.integers(shape[0])))
        axes = (int(random.integers(2, 40)), int(random.integers(2, 40)))
        cv2.ellipse(picture, centre, axes, float(random.integers(180)), 0, 360, float(random.integers(20, 235)), -1)
    return np.clip(np.rint(picture + random.normal(0, 2, shape)), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return _natural(SHAPE)


def _in_array(picture: np.ndarray, folder: Path) -> Image:
    return Image(levels=(picture,), axes="yx")


def _in_npy(picture: np.ndarray, folder: Path) -> Image:
    np.save(folder / "picture.npy", picture)
    return read_image(folder / "picture.npy")


def _in_memory_map(picture: np.ndarray, folder: Path) -> Image:
    np.save(folder / "mapped.npy", picture)
    return Image(levels=(np.load(folder / "mapped.npy", mmap_mode="r"),), axes="yx")


def _in_tiled_tiff(picture: np.ndarray, folder: Path) -> Image:
    import tifffile

    tifffile.imwrite(folder / "picture.tif", picture, tile=(256, 256), compression="zlib")
    return read_image(folder / "picture.tif")


def _in_ome_zarr(picture: np.ndarray, folder: Path) -> Image:
    import zarr

    group = zarr.open_group(folder / "picture.ome.zarr", mode="w")
    level = group.create_array("0", shape=picture.shape, chunks=(1000, 700), dtype=picture.dtype)
    level[...] = picture
    axes = [{"name": name, "type": "space"} for name in "yx"]
    multiscales = [{"version": "0.4", "axes": axes, "datasets": [{"path": "0"}]}]
    group.attrs["ome"] = {"version": "0.5", "multiscales": multiscales}
    return read_image(folder / "picture.ome.zarr")


HOMES = {
    "array": _in_array,
    "npy file": _in_npy,
    "memory map": _in_memory_map,
    "tiled TIFF": _in_tiled_tiff,
    "OME-Zarr": _in_ome_zarr,
}


def _bytes(tree: PatchTree, sequence: PatchSequence) -> list[bytes]:
    return [np.ascontiguousarray(part).tobytes() for part in (
        tree.origin, tree.size, tree.level, tree.score, sequence.tokens, sequence.valid,
    )]  # fmt: skip


def _cut(image: Image, options: PatchOptions, execution: ExecutionOptions) -> list[bytes]:
    tree = build_tree(image, options, execution=execution)
    return _bytes(tree, gather(image, tree, options.patch_size, length=LENGTH, execution=execution))


@pytest.fixture(scope="module")
def expected(picture: np.ndarray) -> list[bytes]:
    return _cut(_in_array(picture, Path()), PatchOptions(length=LENGTH), ExecutionOptions(threads=1))


@pytest.mark.parametrize("home", HOMES)
def test_tree_and_tokens_are_the_same_bytes_from_any_storage(picture, expected, home, tmp_path):
    image = HOMES[home](picture, tmp_path)
    assert _cut(image, PatchOptions(length=LENGTH), LITTLE) == expected


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("memory", [None, "64MiB", "8MiB"])
def test_tree_and_tokens_are_the_same_bytes_with_any_threads_and_memory(picture, expected, threads, memory):
    execution = ExecutionOptions(threads=threads, memory=memory)
    assert _cut(_in_array(picture, Path()), PatchOptions(length=LENGTH), execution) == expected


@pytest.mark.parametrize("stage", ["detail", "tokens", "quality"])
def test_cancelling_in_the_middle_leaves_nothing_running(picture, stage):
    before = threading.active_count()

    def stop(name: str, done: int, total: int) -> None:
        if name == stage and done >= 1:
            raise Cancelled

    image = _in_array(picture, Path())

    def cut_and_look() -> None:
        tree = build_tree(image, PatchOptions(split_value=400), progress=stop, execution=LITTLE)
        sequence = gather(image, tree, 8, progress=stop, execution=LITTLE)
        sequence_psnr(image, sequence, progress=stop, execution=LITTLE)

    with pytest.raises(Cancelled):
        cut_and_look()
    assert threading.active_count() == before


@pytest.mark.parametrize("thresholds", ["auto", (50, 100), (100, 200)])
def test_tiled_edges_differ_from_one_whole_canny_in_less_than_one_in_100_000(picture, thresholds):
    options = PatchOptions(thresholds=thresholds, blur=7)
    tiled = edge_map(picture, options)
    limits = canny_thresholds(as_image(picture, 2), options)
    whole = cv2.Canny(cv2.GaussianBlur(picture, (7, 7), 0), *limits) // 255
    assert np.count_nonzero(whole) > 100_000
    assert np.count_nonzero(tiled != whole) < 1e-5 * np.count_nonzero(whole)


def test_edges_that_reach_far_into_a_tile_are_cut_at_its_halo_and_nowhere_else():
    # One weak line that only its far end makes strong: hysteresis would carry that across the whole image.
    picture = np.full((300, 9000), 100, np.uint8)
    picture[150:] = 118
    picture[150:, :8] = 255
    options = PatchOptions(thresholds=(30, 400), blur=0)
    tiled, whole = edge_map(picture, options), cv2.Canny(picture, 30, 400) // 255
    different = np.flatnonzero((tiled != whole).any(axis=0))
    assert whole[:, 5000:].any()
    assert different.min() == stream.TILE[2]
    assert different.min() > EDGE_HALO


@contextlib.contextmanager
def _tiles_of(side: int) -> Iterator[None]:
    """Stream everything in tiles of a few pixels."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream, "TILE", {1: 2 * side, 2: side, 3: max(4, side // 2)})
        patched.setattr(cutting, "WHOLE_BYTES", 0)
        patched.setattr(fidelity, "WHOLE_VALUES", 0)
        yield


@given(drawn=images(), data=st.data(), tile=st.sampled_from([4, 8, 16]))
def test_a_leaf_or_a_cell_wider_than_a_tile_keeps_its_tokens_and_errors(drawn, data, tile):
    array, ndim = drawn
    image = as_image(array, ndim)
    patch, finest = data.draw(sides(ndim)), data.draw(sides(ndim))
    value = data.draw(st.sampled_from([0, 1e5, 1e12]))
    tree = build_tree(image, PatchOptions(patch_size=finest, detail="variance", split_value=value))
    whole, error = gather(image, tree, patch).tokens, ErrorTable(image).squared_error(tree, patch)
    with _tiles_of(tile):
        for execution in (ExecutionOptions(threads=1), ExecutionOptions(threads=3)):
            assert gather(image, tree, patch, execution=execution).tokens.tobytes() == whole.tobytes()
            found = ErrorTable(image, execution=execution).squared_error(tree, patch)
            assert found == pytest.approx(error, rel=1e-12, abs=1e-6)


def test_threads_never_change_streamed_tokens_of_floats():
    array = np.random.default_rng(0).standard_normal((60, 70)).astype(np.float32) * 1e6
    options = PatchOptions(patch_size=2, detail="variance", split_value=1e30)
    with _tiles_of(4):
        tree = build_tree(array, options)
        first, *others = [
            gather(array, tree, 2, execution=ExecutionOptions(threads=threads)).tokens.tobytes()
            for threads in (1, 2, 3, 8, 8, 8)
        ]
    assert len(tree) == 1
    assert all(other == first for other in others)


def test_progress_of_a_streamed_image_reaches_its_total_in_every_stage(picture):
    seen: dict[str, list[tuple[int, int]]] = {}

    def note(stage: str, done: int, total: int) -> None:
        seen.setdefault(stage, []).append((done, total))

    image = _in_array(picture, Path())
    tree = build_tree(image, PatchOptions(length=256), progress=note, execution=LITTLE)
    gather(image, tree, 8, progress=note, execution=LITTLE)
    assert {"detail", "tokens"} <= set(seen)
    for reports in seen.values():
        assert reports[-1] == (4, 4)


def test_the_finest_leaf_may_be_one_pixel_without_a_wide_type(picture):
    pyramid = detail_pyramid(picture, PatchOptions(patch_size=8, min_size=1))
    assert [level.dtype.itemsize for level in pyramid.levels[:5]] == [1, 1, 1, 1, 2]
    assert int(pyramid.levels[-1].item()) == int(edge_map(picture).sum())
