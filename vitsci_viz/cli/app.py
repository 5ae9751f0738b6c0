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
    from cyclopts import App, CycloptsError

DONE, FAILURE, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
DEBUG_VARIABLE = "VITSCI_VIZ_DEBUG"

MORE_COMMANDS = {
    "run": "Run a recipe again, bit for bit.",
    "serve": "Open the dashboard in the browser.",
}
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
    except (KeyboardInterrupt, Cancelled):
        return _fail(stop.exit_code, "stopped; nothing is left half-written")
    except BrokenPipeError:
        _forget_stdout()
        return DONE
    except VitsciVizError as error:
        _raise_if_debugging()
        return _fail(_exit_code(error), str(error))
    except MemoryError as error:
        _raise_if_debugging()
        return _fail(FAILURE, f"not enough memory ({error or 'no detail'}): choose a --roi or a coarser --level")
    except Exception as error:  # noqa: BLE001 - the user sees one line, never a traceback
        _raise_if_debugging()
        hint = f"set {DEBUG_VARIABLE}=1 to see where, and please report it"
        return _fail(FAILURE, f"internal error: {type(error).__name__}: {error} ({hint})")


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
    from cyclopts import CycloptsError

    name = arguments[0] if arguments else "--help"
    if not name.startswith("-") and name not in summaries():
        from vitsci_viz.params import nearest

        return _fail(BAD_INPUT, f"unknown command '{name}': {nearest(name, summaries())}")
    try:
        result = build_app()(arguments, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        _raise_if_debugging()
        return _fail(BAD_INPUT, _describe(error))
    sys.stdout.flush()
    return result if isinstance(result, int) else DONE


def _describe(error: "CycloptsError") -> str:
    """Put a parser's complaint in one line."""
    from cyclopts import UnusedCliTokensError

    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"unexpected argument '{error.unused_tokens[0]}': see --help for what this command takes"
    return " ".join(str(error).split())


def _exit_code(error: VitsciVizError) -> int:
    """Tell a write that failed under way (a full disk) from what the user can mend in the input."""
    return FAILURE if isinstance(error, OutputError) and error.__cause__ is not None else BAD_INPUT


def _fail(code: int, message: str) -> int:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"vitsci-viz: {' '.join(message.split())}\n")
        sys.stderr.flush()
    return code


def _raise_if_debugging() -> None:
    if os.environ.get(DEBUG_VARIABLE, "0") not in ("", "0"):
        raise


def _forget_stdout() -> None:
    """Keep Python from complaining at exit that nobody reads its output any more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Stop:
    """Ctrl-C and SIGTERM: stop once, clean up undisturbed."""

    exit_code = INTERRUPTED

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
        self.exit_code = 128 + number
        raise KeyboardInterrupt
