"""Views whose rows lie apart are copied once: the same numbers, each view read a single time."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, OutputError
from vitsci_viz.io import row_copy
from vitsci_viz.io.frames import PickedLevel
from vitsci_viz.io.hdf5 import Hdf5Level, dataset_level
from vitsci_viz.io.row_copy import rows_at_once, rows_in_one_piece

VALUES = np.random.default_rng(0).integers(0, 60_000, (11, 30, 20)).astype(np.uint16)


@pytest.fixture
def packed(tmp_path: Path) -> Hdf5Level:
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file.create_dataset("data", data=VALUES, chunks=(1, 30, 20), compression="gzip")
        level = dataset_level(file["data"], tmp_path / "s.h5")
    assert isinstance(level, Hdf5Level)
    return level


def test_files_tell_how_many_rows_are_read_for_one(packed: Hdf5Level, tmp_path: Path):
    assert rows_at_once(packed) == 30
    assert rows_at_once(PickedLevel(packed, np.arange(3))) == 30
    assert rows_at_once(VALUES) == 1


def test_the_copy_holds_the_same_numbers_and_reads_every_view_once(
    packed: Hdf5Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(row_copy, "BLOCK_BYTES", 4 * 30 * 20 * 2)
    read: list[tuple[int, int]] = []
    read_box = Hdf5Level.read_box
    monkeypatch.setattr(Hdf5Level, "read_box", lambda level, box: read.append(box[0]) or read_box(level, box))
    copy = rows_in_one_piece(packed, tmp_path / "views", key="a")
    assert read == [(0, 4), (4, 8), (8, 11)]
    np.testing.assert_array_equal(np.asarray(copy[:, 3:9]), VALUES[:, 3:9])
    np.testing.assert_array_equal(np.asarray(copy[2:5, :, 1:7]), VALUES[2:5, :, 1:7])
    again = rows_in_one_piece(packed, tmp_path / "views", key="a")
    assert len(read) == 3, "a whole copy is taken as it is"
    np.testing.assert_array_equal(np.asarray(again[...]), VALUES)
    rows_in_one_piece(packed, tmp_path / "views", key="b")
    assert len(read) == 6, "that of another scan is not"


def test_a_copy_that_was_stopped_is_made_anew(packed: Hdf5Level, tmp_path: Path):
    def stop(stage: str, done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        rows_in_one_piece(packed, tmp_path / "views", key="a", progress=stop)
    copy = rows_in_one_piece(packed, tmp_path / "views", key="a")
    np.testing.assert_array_equal(np.asarray(copy[...]), VALUES)


def test_no_room_is_said_with_the_size_and_leaves_nothing(
    packed: Hdf5Level, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*arguments: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(row_copy.os, "posix_fallocate", full)
    with pytest.raises(OutputError, match=r"No space left on device\): make room for 0\.00 GiB"):
        rows_in_one_piece(packed, tmp_path / "views", key="a")
    assert not (tmp_path / "views").exists()
