"""Examples on disk: found by content, whole or not at all, bounded."""

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import MissingFileError
from vitsci_viz.training import cache as cache_module
from vitsci_viz.training.cache import ExampleCache, content_key, entry_key

ARRAYS = {"tokens": np.arange(24, dtype=np.float32).reshape(2, 3, 4), "labels": np.zeros((5, 0), np.uint8)}


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_arrays_come_back_as_they_were(tmp_path: Path):
    ExampleCache(tmp_path).put("abc", ARRAYS)
    found = ExampleCache(tmp_path).get("abc")
    assert found is not None
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    assert ExampleCache(tmp_path).get("other") is None


@pytest.mark.parametrize("damage", ["truncated", "changed", "foreign", "empty"])
def test_a_damaged_entry_is_no_entry_and_is_removed(tmp_path: Path, damage: str):
    cache = ExampleCache(tmp_path)
    cache.put("abc", ARRAYS)
    (path,) = files_of(tmp_path)
    content = path.read_bytes()
    turned = content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]
    path.write_bytes({"truncated": content[:-7], "changed": turned, "foreign": b"x" * 100, "empty": b""}[damage])
    assert cache.get("abc") is None
    assert not files_of(tmp_path)


def test_the_entries_unused_for_longest_go_first(tmp_path: Path):
    cache = ExampleCache(tmp_path, limit_bytes=5000)
    block = {"block": np.zeros(1000, np.uint8)}
    for number in range(4):
        cache.put(f"k{number}", block)
        os.utime(cache._path(f"k{number}"), (number, number))
    assert cache.get("k0") is not None  # used now: k1 is the oldest
    cache.put("k4", block)
    assert cache.get("k1") is None
    assert all(cache.get(key) is not None for key in ("k0", "k4"))
    for number in range(5, 30):
        cache.put(f"k{number}", block)
    assert sum(path.stat().st_size for path in files_of(tmp_path)) <= 5000


def test_a_full_disk_ends_writing_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    cache = ExampleCache(tmp_path)
    cache.put("kept", ARRAYS)

    def fail(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    cache.put("abc", ARRAYS)
    assert not cache.is_writable
    assert cache.get("abc") is None
    assert cache.get("kept") is not None
    assert len(files_of(tmp_path)) == 1


def test_without_a_place_to_write_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("VITSCI_VIZ_CACHE", str(tmp_path / "file" / "below"))
    cache = ExampleCache()
    cache.put("abc", ARRAYS)
    assert cache.get("abc") is None
    assert not cache.is_writable


def _write_often(folder: Path, seed: int) -> None:
    cache = ExampleCache(folder, limit_bytes=20_000)
    for number in range(60):
        value = (number * 7 + seed) % 20
        cache.put(f"k{value}", {"value": np.full(500, value, np.int32)})
        found = cache.get(f"k{(number + seed) % 20}")
        assert found is None or (found["value"] == (number + seed) % 20).all()


def test_two_processes_share_a_folder(tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_often, args=(tmp_path, seed)) for seed in (0, 3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert all(path.suffix == ".arrays" for path in files_of(tmp_path))


def test_a_key_is_one_of_content_not_of_names(tmp_path: Path):
    one, two, other = tmp_path / "one", tmp_path / "two", tmp_path / "other"
    for path, text in ((one, "same"), (two, "same"), (other, "else")):
        path.write_text(text)
    assert content_key(one) == content_key(two) != content_key(other)
    before = content_key(one)
    one.write_text("changed")
    assert content_key(one) != before
    with pytest.raises(MissingFileError, match="gone does not exist"):
        content_key(tmp_path / "gone")


def test_folders_and_large_files_have_keys_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "a.zarr"
    folder.mkdir()
    (folder / "0").write_text("chunk")
    before = content_key(folder)
    (folder / "1").write_text("chunk")
    assert content_key(folder) != before
    monkeypatch.setattr(cache_module, "WHOLE_HASH_BYTES", 10)
    monkeypatch.setattr(cache_module, "_BLOCK", 4)
    cache_module._file_key.cache_clear()
    large = tmp_path / "large"
    large.write_bytes(bytes(range(200)))
    before = content_key(large)
    large.write_bytes(bytes(range(199)) + b"x")
    assert content_key(large) != before


def test_a_new_generation_finds_nothing_old(monkeypatch: pytest.MonkeyPatch):
    before = entry_key("a")
    monkeypatch.setattr(cache_module, "GENERATION", cache_module.GENERATION + 1)
    assert entry_key("a") != before
