"""Outputs appear whole under their final name, or not at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vitsci_viz.errors import OutputError, OutputExistsError, VitsciVizError


def check_output(path: Path | str, *, force: bool = False) -> Path:
    """Say early that an output cannot be written, before any work is done.

    Parameters
    ----------
    path : path
        The file or folder to be written.
    force : bool
        Allow an existing output to be replaced.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    OutputExistsError
        The output exists and `force` is False.
    OutputError
        The folder it would lie in does not exist or cannot be written.
    """
    path = Path(path)
    if path.exists() and not force:
        raise OutputExistsError(f"{path} exists already: choose another name, or pass --force to replace it")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"the folder {folder} of the output {path.name} must exist: create it first")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"the folder {folder} cannot be written: choose another place for {path.name}")
    return path


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary name beside `path` that takes its place when the block ends well.

    The temporary file (or folder) is removed when the block raises, Ctrl-C included.
    The temporary name keeps the suffix, as many writers choose their format by it.

    Raises
    ------
    OutputError
        The disk is full, the place cannot be written, or a file would take the place of a folder.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    path = Path(path)
    folder = None
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.absolute().parent))
        temporary = folder / path.name
        yield temporary
        if path.is_dir() and not path.is_symlink():
            if not temporary.is_dir():
                raise OutputError(f"{path} is a folder, where a file was to be written: choose another name")
            path.rename(folder / "replaced")
        temporary.replace(path)
    except VitsciVizError:
        raise
    except OSError as error:
        raise OutputError(f"could not write {path}: {error.strerror or error}") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
