"""Every step leaves one line for us and one point for TensorBoard."""

import errno
from pathlib import Path
from typing import Any

import pytest

from vitsci_viz.errors import OutputError
from vitsci_viz.training import recording
from vitsci_viz.training.recording import CHARTED, Recorder
from vitsci_viz.training.run_folder import RunFolder, append_metrics, read_metrics


def row(step: int, **more: Any) -> dict[str, Any]:
    return {"step": step, "loss": 1.0 / step, "val_dice": None, "learning_rate": 0.1, **more}


def points(folder: RunFolder, title: str) -> list[tuple[int, float]]:
    """Return what TensorBoard itself reads."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder.tensorboard))
    events.Reload()
    return [(event.step, pytest.approx(event.value)) for event in events.Scalars(title)]


def test_lines_and_points_say_the_same(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    recorder = Recorder(folder)
    rows = [row(1), row(2, val_dice=0.5), row(3)]
    for each in rows:
        recorder.add(each)
    recorder.close()
    assert read_metrics(folder)[0] == recorder.rows == rows
    assert points(folder, CHARTED["loss"]) == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert points(folder, CHARTED["val_dice"]) == [(2, 0.5)]


def test_a_resumed_run_drops_what_it_writes_again(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    first = Recorder(folder)
    for step in (1, 2, 3, 4):
        first.add(row(step, loss=9.0))
    first.close()
    second = Recorder(folder, step=2)
    second.add(row(3))
    second.close()
    assert [(each["step"], each["loss"]) for each in read_metrics(folder)[0]] == [(1, 9.0), (2, 9.0), (3, 1 / 3)]
    assert points(folder, CHARTED["loss"]) == [(1, 9.0), (2, 9.0), (3, 1 / 3)]


def test_without_a_folder_lines_are_kept_in_memory() -> None:
    recorder = Recorder(None)
    recorder.add(row(1))
    recorder.close()
    assert recorder.rows == [row(1)]


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(RunFolder(tmp_path))

    def fail(folder: RunFolder, row: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recording, "append_metrics", fail)
    with pytest.raises(OutputError, match=r"could not write .*metrics\.jsonl: No space left on device"):
        recorder.add(row(1))
    recorder.close()


def test_lines_of_a_killed_run_are_read_up_to_the_last_whole_one(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    append_metrics(folder, row(1))
    with folder.metrics.open("a") as file:
        file.write('{"step": 2, "lo')
    Recorder(folder, step=1).close()
    assert folder.metrics.read_text().count("\n") == 1
