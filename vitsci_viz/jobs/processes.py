"""Which process a number means: numbers are used again, a number with its start is not."""

import contextlib
import os
import socket
from pathlib import Path

PROC = Path("/proc")


def identity(pid: int) -> str | None:
    """Return what tells a running process from every other one of any time, or None if there is none.

    Parameters
    ----------
    pid : int
        Number of a process.

    Returns
    -------
    str or None
        Number, boot of the machine, and start in clock ticks since then (which no change of the clock moves). A
        process that has ended but was not waited for counts as gone.
    """
    try:
        text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None if PROC.joinpath("self").exists() else _identity_without_proc(pid)
    except ProcessLookupError:
        return None
    state, *fields = text[text.rfind(")") + 2 :].split()  # the name of the program may hold spaces and brackets
    return None if state in "ZX" else f"{pid} {boot} {fields[18]}"


def _identity_without_proc(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{pid} {process.create_time()}"
    except psutil.NoSuchProcess:
        return None


def pid_of(known: str) -> int:
    """Return the number in what `identity` returned."""
    return int(known.partition(" ")[0])


def is_alive(known: str | None) -> bool:
    """Say whether the very process that `identity` was asked about still runs."""
    return known is not None and identity(pid_of(known)) == known


def host() -> str:
    """Return the name of this machine."""
    return socket.gethostname()


def signal_group(pid: int, number: int) -> None:
    """Send a signal to a process group; one that has ended is left in peace."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says the latter of a group of the dead
        os.killpg(pid, number)
