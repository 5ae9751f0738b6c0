"""Which files may be opened: those below given folders, with links resolved."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from vitsci_viz.errors import InputError, MissingFileError, OutsideRootError
from vitsci_viz.io.reading import suffix_of


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
        raise OutsideRootError(f"{str(path)!r} is no path below the data root") from error
    if not any(real.is_relative_to(root) for root in real_roots):
        raise OutsideRootError(f"{path} lies outside the data root: only files below {real_roots[0]} may be opened")
    if not real.exists():
        raise MissingFileError(f"{path} does not exist below the data root: check the name")
    return real


def list_images(folder: Path | str, roots: Sequence[Path | str]) -> tuple[Path, ...]:
    """Return the images right in a folder, by name; what leads outside the roots is left out.

    Parameters
    ----------
    folder : path
        Below one of the roots.
    roots : sequence of path
        At least one folder.

    Raises
    ------
    OutsideRootError, MissingFileError
        See `resolve_below`.
    InputError
        It is no folder.
    """
    real = resolve_below(folder, roots)
    if not real.is_dir():
        raise InputError(f"{folder} must be a folder: open it as an image instead")
    return tuple(sorted(item for item in real.iterdir() if suffix_of(item) and _lies_below(item, roots)))


def _lies_below(item: Path, roots: Iterable[Path | str]) -> bool:
    real = item.resolve()
    return any(real.is_relative_to(Path(root).resolve()) for root in roots)
