"""The book of jobs: one row a job in SQLite, safe for several processes, there again after a restart."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.jobs.processes import host
from vitsci_viz.jobs.spec import JobSpec, State

FORMAT = 1
"""Raised when the meaning of the table changes."""
PATIENCE_S = 30.0
"""How long one writer waits for another."""
_TABLE = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    host TEXT NOT NULL,
    spec TEXT NOT NULL,
    versions TEXT NOT NULL,
    slots INTEGER NOT NULL,
    state TEXT NOT NULL,
    is_cancel_asked INTEGER NOT NULL DEFAULT 0,
    exit_code INTEGER,
    message TEXT NOT NULL DEFAULT '',
    submitted_s REAL NOT NULL,
    started_s REAL,
    ended_s REAL,
    supervisor TEXT,
    process TEXT
)
"""
_IS_OPEN = "state IN ('queued', 'running')"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A job as the ledger holds it; `supervisor` and `process` are what `processes.identity` returned."""

    number: int
    id: str
    host: str
    spec: JobSpec
    versions: Mapping[str, str]
    slots: int
    state: State
    is_cancel_asked: bool
    exit_code: int | None
    message: str
    submitted_s: float
    started_s: float | None
    ended_s: float | None
    supervisor: str | None
    process: str | None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended as far as the ledger knows."""
        return self.state in ("queued", "running")


class Ledger:
    """A file with every job.

    Parameters
    ----------
    path : Path
        The file, created with its folder if need be; on a disk of this machine, as SQLite's log of writes needs memory
        that all who open it share.

    Raises
    ------
    InputError
        The file is no ledger, or one of another format.
    OutputError
        It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # logs and variables are their owner's
        except OSError as error:
            raise OutputError(f"the folder {path.parent} of the jobs could not be made: {error.strerror}") from error
        with self._connection(mode="rwc") as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        with self._writing() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found not in (0, FORMAT):
                raise InputError(
                    f"{path} is a ledger of format {found}, this release reads {FORMAT}: "
                    "name another folder of jobs, or move it away"
                )
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version={FORMAT}")

    def add(self, id: str, spec: JobSpec, *, slots: int, versions: Mapping[str, str]) -> None:
        """Enter a job that waits for its turn; `slots` jobs may run at once when it is."""
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO jobs (id, host, spec, versions, slots, state, submitted_s) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (id, host(), json.dumps(spec.to_mapping()), json.dumps(versions), slots, "queued", time.time()),
            )

    def read(self, id: str) -> Row:
        """Return a job.

        Raises
        ------
        InputError
            There is none of this id.
        """
        with self._connection() as connection:
            found = connection.execute("SELECT * FROM jobs WHERE id = ?", (id,)).fetchone()
        if found is None:
            raise InputError(f"there is no job '{id}' in {self.path}: it may have been removed from the list")
        return _row(found)

    def rows(self, *, limit: int) -> tuple[Row, ...]:
        """Return the newest jobs, the last one first."""
        with self._connection() as connection:
            found = connection.execute("SELECT * FROM jobs ORDER BY number DESC LIMIT ?", (limit,)).fetchall()
        return tuple(map(_row, found))

    def note(self, id: str, *, supervisor: str | None = None, process: str | None = None) -> None:
        """Take down which process looks after a job, and which one it is."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE jobs SET supervisor = coalesce(?, supervisor), process = coalesce(?, process) WHERE id = ?",
                (supervisor, process, id),
            )

    def ask_cancel(self, id: str) -> None:
        """Take down that a job is to stop; nothing changes for one that has ended."""
        with self._writing() as connection:
            connection.execute(f"UPDATE jobs SET is_cancel_asked = 1 WHERE id = ? AND {_IS_OPEN}", (id,))

    def claim(self, id: str, *, is_live: Callable[[Row], bool]) -> bool:
        """Let a queued job run if a slot is free and no older job waits.

        Parameters
        ----------
        id : str
            The job.
        is_live : callable
            Says of an open row whether anybody looks after it: others take no slot and are not waited for.

        Returns
        -------
        bool
            Whether it is running now. No two processes can be told so for one slot.
        """
        with self._writing() as connection:
            found = connection.execute(f"SELECT * FROM jobs WHERE {_IS_OPEN} ORDER BY number").fetchall()
            rows = [row for row in map(_row, found) if row.id == id or is_live(row)]
            own = next((row for row in rows if row.id == id), None)
            running = sum(row.state == "running" for row in rows)
            waiting = [row.id for row in rows if row.state == "queued" and not row.is_cancel_asked]
            if own is None or running >= own.slots or waiting[:1] != [id]:
                return False
            connection.execute("UPDATE jobs SET state = 'running', started_s = ? WHERE id = ?", (time.time(), id))
            return True

    def finish(self, id: str, state: State, *, exit_code: int | None = None, message: str = "") -> None:
        """Take down how a job ended; the first word counts."""
        with self._writing() as connection:
            connection.execute(
                f"UPDATE jobs SET state = ?, exit_code = ?, message = ?, ended_s = ? WHERE id = ? AND {_IS_OPEN}",
                (state, exit_code, message, time.time(), id),
            )

    def give_up(self, id: str, message: str, *, is_live: Callable[[Row], bool]) -> None:
        """Take down as lost an open job that nobody looks after, judged by the row as it is at that very moment."""
        with self._writing() as connection:
            found = connection.execute(f"SELECT * FROM jobs WHERE id = ? AND {_IS_OPEN}", (id,)).fetchone()
            if found is not None and not is_live(_row(found)):
                connection.execute(
                    "UPDATE jobs SET state = 'lost', message = ?, ended_s = ? WHERE id = ?", (message, time.time(), id)
                )

    def remove(self, id: str) -> None:
        """Forget a job that has ended; nothing changes for one that has not."""
        with self._writing() as connection:
            connection.execute(f"DELETE FROM jobs WHERE id = ? AND NOT {_IS_OPEN}", (id,))

    @contextlib.contextmanager
    def _connection(self, mode: str = "rw") -> Generator[sqlite3.Connection]:
        """Open a connection for one piece of work: none is shared among threads or across a fork.

        A file that has been removed is not made again by a supervisor that still looks for it (mode ``rw``).
        """
        place = f"{self.path.absolute().as_uri()}?mode={mode}"
        try:
            connection = sqlite3.connect(place, uri=True, timeout=PATIENCE_S, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise OutputError(f"the ledger {self.path} cannot be opened: {error}") from error
        try:
            connection.row_factory = sqlite3.Row
            yield connection
        except sqlite3.OperationalError as error:
            raise OutputError(f"the ledger {self.path} cannot be written: {error}") from error
        except sqlite3.DatabaseError as error:
            raise InputError(f"{self.path} is no ledger of jobs ({error}): move it away") from error
        finally:
            connection.close()

    @contextlib.contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _row(found: sqlite3.Row) -> Row:
    values: dict[str, Any] = dict(found)
    values["spec"] = JobSpec(**json.loads(values["spec"]))
    values["versions"] = json.loads(values["versions"])
    values["is_cancel_asked"] = bool(values["is_cancel_asked"])
    return Row(**values)
