"""Two runs never share a folder, and a killed one does not keep the next from it."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from vitsci_viz.errors import OutputError
from vitsci_viz.lock import Holder
from vitsci_viz.training.lock import NAME, holder_of, locked
from vitsci_viz.training.run_folder import RunFolder

HOLD = """
import sys, time
from pathlib import Path
from vitsci_viz.training.lock import locked
from vitsci_viz.training.run_folder import RunFolder
with locked(RunFolder(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_refused_and_the_first_is_named(tmp_path: Path) -> None:
    with (
        locked(RunFolder(tmp_path)),
        pytest.raises(OutputError, match=f"process {os.getpid()} on .* trains in"),
        locked(RunFolder(tmp_path)),
    ):
        pytest.fail("two runs in one folder")


def test_the_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with locked(RunFolder(tmp_path)):
            assert holder_of(RunFolder(tmp_path)) == Holder.here()
    assert holder_of(RunFolder(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_an_error_inside_frees_the_folder(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="inside"), locked(RunFolder(tmp_path)):
        raise OSError("inside")
    assert not (tmp_path / NAME).exists()


def test_a_killed_run_keeps_nobody_out(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        folder = RunFolder(tmp_path)
        holder = holder_of(folder)
        assert holder is not None
        assert holder.pid == process.pid
        with pytest.raises(OutputError, match=f"process {process.pid} "), locked(folder):
            pytest.fail("two runs in one folder")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert (tmp_path / NAME).exists()
    assert holder_of(folder) is None
    with locked(folder):
        assert holder_of(folder) == Holder.here()


def test_a_later_process_of_the_same_number_is_not_taken_for_the_run(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps(vars(replace(Holder.here(), started=Holder.here().started - 3600))))
    assert holder_of(RunFolder(tmp_path)) is None


def test_a_run_on_another_machine_counts_as_alive(tmp_path: Path) -> None:
    elsewhere = replace(Holder.here(), host="another machine", pid=2**22)
    (tmp_path / NAME).write_text(json.dumps(vars(elsewhere)))
    assert holder_of(RunFolder(tmp_path)) == elsewhere


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "\udcff"])
def test_a_damaged_lock_is_nobodys(content: str, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content.encode(errors="surrogateescape"))
    assert holder_of(RunFolder(tmp_path)) is None
    with locked(RunFolder(tmp_path)):
        assert holder_of(RunFolder(tmp_path)) == Holder.here()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="could not write"), locked(RunFolder(tmp_path / "missing")):
        pytest.fail("there is no such folder")


def test_a_file_system_without_locks_is_not_taken_for_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OutputError, match=r"could not be locked \(No locks available\)"), locked(RunFolder(tmp_path)):
        pytest.fail("a run without a lock")
