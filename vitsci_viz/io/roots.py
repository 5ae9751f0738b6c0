"""Which files may be opened: those below given folders, with links resolved."""

from collections.abc import Sequence
from pathlib import Path

from vitsci_viz.errors import MissingFileError, OutsideRootError


def resolve_below(path: Path | str, roots: Sequence[Path | str]) -> Path:
    """Return the real path of something that lies below one of the roots.

    Parameters
    ----------
    path : path
        Absolute, or relative to the first root.
    roots : sequence of path
        At least one folder.

    Returns
    -------
    Path
        Without links or ``..``.

    Raises
    ------
    OutsideRootError
        It leads elsewhere; whether it exists there is not said.
    MissingFileError
        It would lie below a root but does not exist.
    """
    if not roots:
        raise OutsideRootError("no folder may be opened: start with a data root (--root FOLDER)")
    try:
        real_roots = [Path(root).resolve() for root in roots]
        real = (real_roots[0] / path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise OutsideRootError(f"{str(path)!r} is no path below the data root: check the name") from error
    if not any(real.is_relative_to(root) for root in real_roots):
        raise OutsideRootError(f"{path} lies outside the data root: only files below {real_roots[0]} may be opened")
    if not _is_there(real):
        raise MissingFileError(f"{path} does not exist below the data root: check the name")
    return real


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name longer than any file can have, or a folder that may not be entered
        return False
