"""The program: sub-commands, exit codes, signals."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vitsci_viz import __version__
from vitsci_viz.errors import Cancelled, OutputError, VitsciVizError
from vitsci_viz.workflows.entries import CATALOGUE

if TYPE_CHECKING:
    from cyclopts import App

DONE, FAILURE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
STOPPED = "stopped; nothing is left half-written"
DEBUG_VARIABLE = "VITSCI_VIZ_DEBUG"

MORE_COMMANDS = {
    "run": "Run a recipe again, bit for bit.",
    "serve": "Open the dashboard in the browser.",
}
ROOT_FLAGS = ("--help", "-h", "--version")
HELP = "See, tune and use adaptive patching for vision transformers on scientific images."
EPILOGUE = (
    "Every option has the same name, default and help here, in recipes, in JupyterLab and in the browser. "
    f"Exit codes: {DONE} done, {BAD_INPUT} bad input, {FAILURE} failure, {INTERRUPTED} Ctrl-C."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        The exit code: 0 done, 2 bad input, 1 failure, 130 after Ctrl-C (143 after SIGTERM).
    """
    stop = _Stop()
    try:
        with stop.listening():
            return _run(list(sys.argv[1:] if arguments is None else arguments))
    except BrokenPipeError:
        _forget_stdout()
        return DONE
    except (KeyboardInterrupt, Cancelled):
        return _fail(stop.exit_code, STOPPED)
    except Exception as error:
        if stop.was_asked:  # a library may put another error in the place of the interruption
            return _fail(stop.exit_code, STOPPED)
        if os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0"):
            raise
        return _fail(*_explain(error))


def summaries() -> dict[str, str]:
    """Return every sub-command with its one sentence."""
    return {**{name: entry.summary for name, entry in CATALOGUE.items()}, **MORE_COMMANDS}


def build_app() -> "App":
    """Return the program; the modules of a sub-command are imported when it is called."""
    from cyclopts import App, Group

    app = App(
        name="vitsci-viz",
        help=HELP,
        version=__version__,
        help_epilogue=EPILOGUE,
        help_formatter="default",
        group_commands=Group("Commands", sort_key=0),
        result_action="return_value",
        suppress_keyboard_interrupt=False,
    )
    for place, (name, summary) in enumerate(summaries().items()):
        app.command(
            f"vitsci_viz.cli.commands:{name}",
            name=name,
            help=summary,
            help_epilogue="",
            sort_key=place,
            version_flags=(),
        )
    return app


def _run(arguments: list[str]) -> int:
    first = arguments[0] if arguments else "--help"
    kind, known = ("option", ROOT_FLAGS) if first.startswith("-") else ("command", tuple(summaries()))
    if first not in known:
        from vitsci_viz.params import nearest

        return _fail(BAD_INPUT, f"unknown {kind} '{first}': {nearest(first, known)}")
    result = build_app()(arguments, exit_on_error=False, print_error=False)
    sys.stdout.flush()
    return result if isinstance(result, int) else DONE


def _explain(error: Exception) -> tuple[int, str]:
    """Return the exit code and the one line for an error."""
    from cyclopts import CycloptsError, UnusedCliTokensError

    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        token = error.unused_tokens[0]
        return BAD_INPUT, f"unexpected argument '{token}': see --help for what this command takes"
    if isinstance(error, CycloptsError):
        return BAD_INPUT, str(error)
    if isinstance(error, OutputError) and error.__cause__ is not None:
        return FAILURE, str(error)  # a write that failed under way, such as a full disk
    if isinstance(error, VitsciVizError):
        return BAD_INPUT, str(error)
    if isinstance(error, PermissionError):
        return BAD_INPUT, f"{error.filename} may not be opened by this user: change its permissions, or name another"
    if isinstance(error, MemoryError):
        return FAILURE, f"not enough memory ({error or 'no detail'}): choose a --roi or a coarser --level"
    hint = f"set {DEBUG_VARIABLE}=1 to see where, and please report it"
    return FAILURE, f"internal error: {type(error).__name__}: {error} ({hint})"


def _fail(code: int, message: str) -> int:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"vitsci-viz: {' '.join(message.split())}\n")
        sys.stderr.flush()
    return code


def _forget_stdout() -> None:
    """Keep Python from complaining at exit that nobody reads its output any more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Stop:
    """Ctrl-C and SIGTERM: stop once, clean up undisturbed."""

    exit_code = INTERRUPTED
    was_asked = False

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        signals = (signal.SIGINT, signal.SIGTERM)
        previous = {number: signal.signal(number, self._stop) for number in signals}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: Any) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        self.exit_code, self.was_asked = 128 + number, True
        raise KeyboardInterrupt
