"""Lazy levels slice as NumPy does, from several threads, and read no more than they must."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError
from vitsci_viz.io import lazy
from vitsci_viz.io.lazy import BoxLevel, reading
from vitsci_viz.io.levels import ArrangedLevel, ArrayLevel, DecodedLevel, MappedLevel, OpaqueLevel, composite_on_white

SHAPE = (7, 9, 5)
WHOLE = np.arange(np.prod(SHAPE), dtype=np.int32).reshape(SHAPE)


class Counted(BoxLevel):
    """A level that notes the boxes it was asked for."""

    def __init__(self, whole: np.ndarray) -> None:
        super().__init__(whole.shape, whole.dtype)
        self.whole = whole
        self.boxes: list[Any] = []

    def read_box(self, box: Any) -> np.ndarray:
        self.boxes.append(box)
        return self.whole[tuple(slice(*pair) for pair in box)]


def axis_keys(length: int) -> st.SearchStrategy[Any]:
    bound = st.none() | st.integers(-length - 2, length + 2)
    step = st.none() | st.integers(-3, 3).filter(bool)
    return st.integers(-length, length - 1) | st.builds(slice, bound, bound, step)


@given(st.tuples(*(axis_keys(n) for n in SHAPE)), st.integers(0, 3), st.booleans())
def test_slicing_means_what_numpy_means(keys: tuple[Any, ...], given_axes: int, has_dots: bool) -> None:
    key = (*keys[:given_axes], ...) if has_dots else keys[:given_axes]
    ours, theirs = Counted(WHOLE)[key], WHOLE[key]
    assert np.shape(ours) == np.shape(theirs)
    np.testing.assert_array_equal(ours, theirs)


@given(axis_keys(SHAPE[0]), axis_keys(SHAPE[2]))
def test_dots_in_the_middle_mean_what_numpy_means(first: Any, last: Any) -> None:
    np.testing.assert_array_equal(Counted(WHOLE)[first, ..., last], WHOLE[first, ..., last])


def test_only_the_box_under_the_slice_is_read() -> None:
    level = Counted(WHOLE)
    level[2:4, 5, ::-2]
    assert level.boxes == [((2, 4), (5, 6), (0, 5))]


def test_an_empty_slice_reads_nothing() -> None:
    level = Counted(WHOLE)
    assert level[3:3].shape == (0, 9, 5)
    assert level.boxes == []


def test_a_large_strided_read_is_done_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lazy, "BAND_BYTES", 400)
    level = Counted(WHOLE)
    np.testing.assert_array_equal(level[::2, ::3], WHOLE[::2, ::3])
    assert max(np.prod([stop - start for start, stop in box]) * 4 for box in level.boxes) <= 400


@pytest.mark.parametrize("key", [None, [0, 1], np.array([True] * 7), True])
def test_fancy_indices_are_refused(key: Any) -> None:
    with pytest.raises(TypeError, match="integers, slices and"):
        Counted(WHOLE)[key]


@pytest.mark.parametrize("key", [7, -8, (0, 0, 0, 0), (..., ...)])
def test_indices_outside_are_refused(key: Any) -> None:
    with pytest.raises(IndexError):
        Counted(WHOLE)[key]


@pytest.mark.parametrize("dtype", [">u2", "<i4", "u1", ">f4"])
def test_mapped_numbers_are_native_and_equal(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "numbers.bin"
    path.write_bytes(b"header" + WHOLE.astype(dtype).tobytes())
    level = MappedLevel(path, 6, SHAPE, dtype)
    assert level.dtype.isnative
    np.testing.assert_array_equal(level[1:5, ::2, 1:], WHOLE.astype(dtype)[1:5, ::2, 1:])


def test_a_mapped_file_that_is_too_short_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "short.bin"
    path.write_bytes(bytes(100))
    with pytest.raises(InputError, match="must hold 1,260 bytes"):
        MappedLevel(path, 0, SHAPE, "i4")


def test_a_window_of_a_huge_map_reads_from_a_sparse_file(tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    side = 65_536
    with path.open("wb") as file:
        file.truncate(side * side)
        file.seek(40_000 * side + 50_000)
        file.write(b"\x07")
    level = MappedLevel(path, 0, (side, side), "u1")
    assert level[40_000:40_100, 50_000:50_100].sum() == 7


def test_a_decoded_level_decodes_once_from_many_threads(tmp_path: Path) -> None:
    calls: list[int] = []

    def decode() -> np.ndarray:
        calls.append(1)
        return WHOLE.copy()

    level = DecodedLevel(decode, SHAPE, WHOLE.dtype, tmp_path)
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda i: level[i], range(SHAPE[0])))
    np.testing.assert_array_equal(np.stack(rows), WHOLE)
    assert len(calls) == 1


def test_a_decoded_level_larger_than_the_free_memory_is_refused(tmp_path: Path) -> None:
    level = DecodedLevel(lambda: WHOLE, (2**30, 2**30), np.uint8, tmp_path / "bomb.png")
    with pytest.raises(InputError, match="are free: convert it to a tiled TIFF"):
        level[0, 0]


def test_a_decoded_level_that_breaks_its_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="announces the shape"):
        DecodedLevel(lambda: WHOLE, (3, 3), np.uint8, tmp_path / "odd.png")[0]


@given(st.permutations([0, 1, 2]))
def test_an_arranged_level_is_a_transpose(order: list[int]) -> None:
    level = ArrangedLevel(WHOLE, tuple(order), {})
    np.testing.assert_array_equal(np.asarray(level), WHOLE.transpose(order))
    np.testing.assert_array_equal(level[1:3, 2:4], WHOLE.transpose(order)[1:3, 2:4])


def test_an_arranged_level_holds_the_other_axes() -> None:
    level = ArrangedLevel(WHOLE, (2, 0), {1: 4})
    np.testing.assert_array_equal(np.asarray(level), WHOLE[:, 4].T)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_opaque_pixels_lose_their_alpha_unchanged(dtype: Any) -> None:
    white = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else 1
    pixels = (np.random.default_rng(0).random((6, 5, 4)) * white).astype(dtype)
    pixels[..., 3] = white
    np.testing.assert_array_equal(np.asarray(OpaqueLevel(pixels)), pixels[..., :3])


def test_clear_pixels_become_white_and_half_clear_ones_half_white() -> None:
    pixels = np.array([[[10, 20, 30, 0], [100, 100, 100, 51]]], np.uint8)
    np.testing.assert_array_equal(composite_on_white(pixels), [[[255, 255, 255], [224, 224, 224]]])


def test_premultiplied_colours_are_not_multiplied_again() -> None:
    pixels = np.array([[[20, 20, 20, 51]]], np.uint8)
    np.testing.assert_array_equal(composite_on_white(pixels, premultiplied=True), [[[224, 224, 224]]])


def test_an_array_level_is_read_by_one_thread_at_a_time_when_serial() -> None:
    inside: list[int] = []

    class Touchy:
        shape, dtype = (64,), np.dtype(np.int64)

        def __getitem__(self, key: Any) -> np.ndarray:
            inside.append(1)
            overlap = len(inside)
            result = np.full(len(range(64)[key[0]]), overlap)
            inside.pop()
            return result

    level = ArrayLevel(Touchy(), serial=True)
    with ThreadPoolExecutor(8) as pool:
        assert all(value == 1 for value in pool.map(lambda i: int(level[i]), range(64)))


def test_reading_passes_our_own_errors_and_wraps_others(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="may be truncated"), reading(tmp_path / "x.tif"):
        raise KeyError("tag")
    with pytest.raises(InputError, match=r"^mine$"), reading(tmp_path / "x.tif"):
        raise InputError("mine")
    with pytest.raises(MemoryError), reading(tmp_path / "x.tif"):
        raise MemoryError
