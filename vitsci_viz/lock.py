"""One run at a time where two would spoil each other's work."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from vitsci_viz.errors import OutputError


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who holds a lock.

    Parameters
    ----------
    pid : int
        Process.
    started : float
        When the process began, seconds since 1970: a later process with the same number is another one.
    host : str
        Machine.
    """

    pid: int
    started: float
    host: str

    @classmethod
    def here(cls) -> Holder:
        """Return this process."""
        return cls(pid=os.getpid(), started=psutil.Process().create_time(), host=socket.gethostname())

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs; on another machine nobody can tell, so it counts as alive."""
        if self.host != socket.gethostname():
            return True
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started) < 1
        except psutil.NoSuchProcess:
            return False


@contextlib.contextmanager
def locked(path: Path, *, work: str) -> Iterator[None]:
    """Keep other runs out while the block runs.

    The operating system gives the lock back when the process ends, however it ends: a killed run leaves the file, but
    no lock.

    Parameters
    ----------
    path : Path
        The file that is locked; it is removed afterwards.
    work : str
        What the holder does, such as "trains in runs/first".

    Raises
    ------
    OutputError
        Another run is under way there; its process is named. Or the lock cannot be written.
    """
    descriptor = _take(path, work)
    try:
        _sign(descriptor, path)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)


def holder_of(path: Path) -> Holder | None:
    """Return who holds a lock; None where nobody does, a run that was killed included."""
    holder = _read(path)
    return holder if holder is not None and holder.is_alive else None


def _take(path: Path, work: str) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise OutputError(f"could not write {path}: {error.strerror or error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise OutputError(_refusal(path, work)) from None
        except OSError as error:  # some network file systems have no locks
            os.close(descriptor)
            raise OutputError(
                f"{path} could not be locked ({error.strerror or error}): choose a folder on another file system"
            ) from error
        if _is_still(descriptor, path):
            return descriptor
        os.close(descriptor)  # the run that held it has just ended and removed the file


def _sign(descriptor: int, path: Path) -> None:
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(asdict(Holder.here())).encode())
    except OSError as error:
        raise OutputError(f"could not write {path}: {error.strerror or error}") from error


def _is_still(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _refusal(path: Path, work: str) -> str:
    holder = _read(path)
    who = "another process" if holder is None else f"process {holder.pid} on {holder.host}"
    return f"only one run may do so at a time: {who} {work}; wait for it, stop it, or choose another --out"


def _read(path: Path) -> Holder | None:
    try:
        values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Holder(**values)
    except (OSError, ValueError, TypeError):
        return None
