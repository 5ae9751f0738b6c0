"""What is to run, how it stands, and what every place that runs jobs can do."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from vitsci_viz.errors import InputError

State = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
"""``lost`` means that nobody knows how it stands or ended; it is no failure."""
OVER: tuple[State, ...] = ("done", "failed", "cancelled", "lost")

RECIPE = "{recipe}"
"""An argument that is replaced by the path of the job's recipe file."""


def own_program(*arguments: str) -> tuple[str, ...]:
    """Return the argument vector of this package's command line, run by this Python.

    >>> own_program("train", "{recipe}")[1:]
    ('-m', 'vitsci_viz.cli', 'train', '{recipe}')
    """
    return (sys.executable, "-m", "vitsci_viz.cli", *arguments)


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """A program to run, with what is kept about it.

    Parameters
    ----------
    name : str
        Shown in lists.
    arguments : sequence of str
        The program and its arguments, handed over one by one: no shell reads them. ``{recipe}`` stands for the
        path of the recipe file.
    recipe : str
        Text of a recipe, kept beside the log and in the ledger; paths inside must be absolute.
    run_folder : str
        Where the job writes its run, so that views find the curves; empty if it writes none.
    folder : str
        Where the program starts.
    environment : mapping of str to str
        Variables set on top of those of the submitting process.
    grace_s : float
        How long a cancelled job may take to save (SIGINT); then SIGTERM, and SIGKILL after half as long again.

    Raises
    ------
    InputError
        No program, an argument that is no text or holds a null character, or an empty recipe that is asked for.
    """

    name: str
    arguments: Sequence[str]
    recipe: str = ""
    run_folder: str = ""
    folder: str = field(default_factory=lambda: str(Path.cwd()))
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    grace_s: float = 60.0

    def __post_init__(self) -> None:
        arguments: Any = self.arguments
        if isinstance(arguments, str) or not arguments:
            raise InputError(f"a job needs a program and its arguments one by one, got {arguments!r}: pass a list")
        for argument in arguments:
            if not isinstance(argument, str) or "\0" in argument:
                raise InputError(f"the arguments of a job must be text without null characters, got {argument!r}")
        if RECIPE in self.arguments and not self.recipe:
            raise InputError(f"the arguments name {RECIPE}, but the job has no recipe: give its text")
        object.__setattr__(self, "arguments", tuple(self.arguments))

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values for the ledger."""
        return {**asdict(self), "arguments": list(self.arguments), "environment": dict(self.environment)}


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """How a job stands.

    Parameters
    ----------
    id : str
        Its name in the ledger.
    spec : JobSpec
        What was asked for.
    state : State
        See `State`.
    exit_code : int or None
        Of the program; minus the signal's number where one ended it; None while it is not known.
    message : str
        Why it ended as it did, in one line; empty if all is well.
    is_cancelling : bool
        A stop has been asked for, and the job has not ended yet.
    pid : int or None
        Of the program, once it has started.
    submitted_s, started_s, ended_s : float
        Seconds since 1970-01-01 UTC; None for what has not happened.
    log : Path
        What the program wrote.
    """

    id: str
    spec: JobSpec
    state: State
    exit_code: int | None
    message: str
    is_cancelling: bool
    pid: int | None
    submitted_s: float
    started_s: float | None
    ended_s: float | None
    log: Path

    @property
    def name(self) -> str:
        """The name that it was given."""
        return self.spec.name

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return self.state in OVER


class Jobs(Protocol):
    """A place that runs jobs; they outlive the process that submits them."""

    def submit(self, spec: JobSpec) -> str:
        """Take a job over and return its id."""
        ...

    def status(self, id: str) -> JobStatus:
        """Say how a job stands."""
        ...

    def list(self, *, limit: int = 100) -> tuple[JobStatus, ...]:
        """Say how all jobs stand, the newest first."""
        ...

    def cancel(self, id: str) -> JobStatus:
        """Ask a job to stop; return at once."""
        ...

    def log(self, id: str, after_byte: int = 0, *, limit: int = 65_536) -> tuple[str, int]:
        """Return what a job has written from a byte on, and where to go on reading."""
        ...
