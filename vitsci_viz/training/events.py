"""Event files that TensorBoard reads, written line by line in the thread of the run.

The writers of torch and TensorBoard write from a thread of their own, where a full disk cannot be answered for.
"""

from __future__ import annotations

import importlib
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE_VERSION = "brain.Event:2"


class EventFile:
    """One file of scalars.

    Parameters
    ----------
    folder : Path
        Made if need be; every part of a run adds a file.
    step : int
        Last step of the run so far: TensorBoard drops the points that older files hold after it.

    Raises
    ------
    OSError
        The file cannot be written.
    """

    def __init__(self, folder: Path, *, step: int = 0) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        # The names in these modules are made from the format's description when they are imported.
        self._events: Any = importlib.import_module("tensorboard.compat.proto.event_pb2")
        self._summaries: Any = importlib.import_module("tensorboard.compat.proto.summary_pb2")
        folder.mkdir(exist_ok=True)
        name = f"events.out.tfevents.{time.time():.6f}.{socket.gethostname()}.{os.getpid()}"
        self._file = (folder / name).open("ab")
        self._records = RecordWriter(self._file)
        self._write(file_version=FILE_VERSION)
        if step:
            log = self._events.SessionLog
            self._write(step=step + 1, session_log=log(status=log.START))

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Write the numbers of a step by their titles."""
        summary = self._summaries.Summary
        points = [summary.Value(tag=title, simple_value=value) for title, value in values.items()]
        self._write(step=step, summary=summary(value=points))

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, **content: Any) -> None:
        self._records.write(self._events.Event(wall_time=time.time(), **content).SerializeToString())
        self._records.flush()
