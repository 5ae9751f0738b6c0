"""The command line: ``vitsci-viz patch | sweep | sample | train | predict | evaluate | run | serve``."""

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: `vitsci_viz.cli.app.main`, with Ctrl-C heard while that is still being imported.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        The exit code.
    """
    try:
        from vitsci_viz.cli.app import main as run
    except KeyboardInterrupt:
        sys.stderr.write("vitsci-viz: stopped before anything was done\n")
        return 130
    return run(arguments)
