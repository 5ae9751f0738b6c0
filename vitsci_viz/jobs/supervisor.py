"""The small process beside every job: waits for a slot, starts the program, stops it if asked, notes how it ended.

Run as ``python -m vitsci_viz.jobs.supervisor LEDGER ID`` by `local.LocalJobs`. It belongs to nobody: its parent ends
at once, so that it outlives the app and leaves no dead process behind it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from vitsci_viz.errors import OutputError
from vitsci_viz.jobs.ledger import Ledger, Row
from vitsci_viz.jobs.places import log_file, recipe_file
from vitsci_viz.jobs.processes import identity, is_alive, pid_of, signal_group
from vitsci_viz.jobs.spec import RECIPE, State

POLL_S = 0.1
STOPPED_CODES = (130, 143, -signal.SIGINT, -signal.SIGTERM)
"""How programs end that somebody stopped by hand."""
NOT_STARTED = 127
"""What shells call the exit code of a program that cannot be started."""
START_WITHIN_S = 60.0
"""A job whose supervisor has not come up by then is lost."""
RETRIES, RETRY_EVERY_S = 120, 1.0
"""A ledger that cannot be written (full disk) is tried again for two minutes."""


def main(arguments: Sequence[str]) -> int:
    """Look after one job in a process of its own; return as soon as that has been noted.

    Parameters
    ----------
    arguments : sequence of str
        Path of the ledger, and the job's id.

    Returns
    -------
    int
        0, or 1 where the process did not come up.
    """
    ledger, id = Ledger(Path(arguments[0])), arguments[1]
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            return 0 if pipe.read(1) else 1
    os.close(reading)
    stop = _Stop()
    ledger.note(id, supervisor=identity(os.getpid()))
    os.write(writing, b"1")
    os.close(writing)
    supervise(ledger, id, stop)
    return 0


class _Stop:
    """SIGTERM and SIGINT to the supervisor itself (such as at shutdown) stop its job in good order."""

    def __init__(self) -> None:
        self.is_asked = False
        # Handlers of our own are not inherited by the program; "ignore" and blocked signals would be.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.is_asked = True


def supervise(ledger: Ledger, id: str, stop: _Stop) -> None:
    """Bring a job from where it stands to its end."""
    row = ledger.read(id)

    def is_cancelled() -> bool:
        try:
            return stop.is_asked or ledger.read(id).is_cancel_asked
        except OutputError:  # busy or full: asked again at the next turn
            return False

    if row.process is not None:  # its first supervisor has died
        _wait(row.process, row.spec.grace_s, is_cancelled, lambda: not is_alive(row.process))
        state: State = "cancelled" if is_cancelled() else "lost"
        _finish(ledger, id, state, None, "the process that looked after it had died: its exit code is not known")
        return
    while not ledger.claim(id, is_live=is_live):
        if is_cancelled():
            _finish(ledger, id, "cancelled", None, "cancelled before it began")
            return
        time.sleep(POLL_S)
    _run(ledger, row, is_cancelled)


def is_live(row: Row) -> bool:
    """Say whether an open job has a living supervisor, will have one at once, or at least still runs."""
    if row.supervisor is None:
        return time.time() - row.submitted_s < START_WITHIN_S
    return is_alive(row.supervisor) or is_alive(row.process)


def _run(ledger: Ledger, row: Row, is_cancelled: Callable[[], bool]) -> None:
    recipe = str(recipe_file(ledger.path, row.id))
    arguments = [recipe if argument == RECIPE else argument for argument in row.spec.arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **row.spec.environment}
    try:
        process = subprocess.Popen(
            arguments, cwd=row.spec.folder, env=environment, stdin=subprocess.DEVNULL, start_new_session=True
        )
    except OSError as error:
        message = f"could not start {arguments[0]} in {row.spec.folder}: {error.strerror or error}"
        _finish(ledger, row.id, "failed", NOT_STARTED, message)
        return
    known = identity(process.pid) or str(process.pid)
    ledger.note(row.id, process=known)
    is_asked = _wait(known, row.spec.grace_s, is_cancelled, lambda: _has_ended(process.pid))
    # Not yet waited for, so its number still means this group: whatever it left behind goes now.
    signal_group(process.pid, signal.SIGKILL)
    code = process.wait()
    state, message = outcome(code, is_cancel_asked=is_asked, log=log_file(ledger.path, row.id))
    _finish(ledger, row.id, state, code, message)


def _has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _wait(known: str, grace_s: float, is_cancelled: Callable[[], bool], has_ended: Callable[[], bool]) -> bool:
    """Wait for the end of a process; if asked, stop its group ever more firmly. Return whether it was asked."""
    steps = [(0.0, signal.SIGINT), (grace_s, signal.SIGTERM), (1.5 * grace_s, signal.SIGKILL)]
    asked_at = None
    while not has_ended():
        if asked_at is None and is_cancelled():
            asked_at = time.monotonic()
        while asked_at is not None and steps and time.monotonic() - asked_at >= steps[0][0]:
            signal_group(pid_of(known), steps.pop(0)[1])
        time.sleep(POLL_S)
    return asked_at is not None


def outcome(code: int, *, is_cancel_asked: bool, log: Path) -> tuple[State, str]:
    """Say what an exit code means.

    Parameters
    ----------
    code : int
        Of the program; minus a signal's number where one ended it.
    is_cancel_asked : bool
        A stop had been asked for.
    log : Path
        Its last line says why a program failed.

    Returns
    -------
    state : State
    message : str
        One line; empty if all is well.
    """
    if code == 0:
        return "done", ""
    if is_cancel_asked or code in STOPPED_CODES:
        return "cancelled", "" if code in STOPPED_CODES else f"ended with exit code {code} when it was stopped"
    if code < 0:
        hint = " (out of memory, or by hand)" if -code == signal.SIGKILL else ""
        return "failed", f"killed by {_signal_name(-code)}{hint}"
    return "failed", _last_line(log) or f"ended with exit code {code}"


def _signal_name(number: int) -> str:
    known = {each.value: each.name for each in signal.Signals}
    return known.get(number, f"signal {number}")  # most real-time signals have no name


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line), "")[:500]


def _finish(ledger: Ledger, id: str, state: State, code: int | None, message: str) -> None:
    for left in reversed(range(RETRIES)):
        try:
            ledger.finish(id, state, exit_code=code, message=message)
            return
        except OutputError:
            if not left:
                raise
            time.sleep(RETRY_EVERY_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
