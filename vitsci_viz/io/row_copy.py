"""Views whose rows cannot be read alone, copied once so that they can: every row of all views in one piece."""

import os
import shutil
from pathlib import Path

import numpy as np

from vitsci_viz.errors import OutputError
from vitsci_viz.io.frames import FilesLevel, PickedLevel
from vitsci_viz.io.hdf5 import Hdf5Level
from vitsci_viz.io.levels import ArrangedLevel, MappedLevel
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import LevelArray

BLOCK_BYTES = 64 * 2**20
"""Views are read in blocks of about this size."""
_PART, _WHOLE = "views.part", "views.raw"


def rows_at_once(views: LevelArray) -> int:
    """Return how many rows are read, at least, to have one of them.

    Parameters
    ----------
    views : (angle, row, column) level array
        Of any file.
    """
    if isinstance(views, PickedLevel):
        return rows_at_once(views.source)
    if isinstance(views, Hdf5Level):
        return int(views.chunk[1]) if views.chunk is not None and len(views.chunk) == 3 else 1
    return int(views.shape[1]) if isinstance(views, FilesLevel) else 1


def copy_folder(place: Path) -> Path:
    """Return the folder beside an output that holds the copy.

    >>> copy_folder(Path("a/volume.ome.zarr")).name
    '.volume.ome.zarr.views'
    """
    return place.with_name(f".{place.name}.views")


def rows_in_one_piece(views: LevelArray, folder: Path, *, key: str, progress: Progress = silent) -> LevelArray:
    """Copy views so that each row of all of them lies in one piece; every view is read once.

    Parameters
    ----------
    views : (angle, row, column) level array
        Compressed, or a file for every view.
    folder : Path
        Is made, and holds a file of the size of the views; one that is whole is taken as it is.
    key : str
        Tells what is copied.
    progress : callable
        Counts views; cancels by raising `Cancelled`.

    Returns
    -------
    (angle, row, column) level array
        The same numbers.

    Raises
    ------
    OutputError
        There is no room for the copy, which is said before it begins where the disk can tell.
    """
    angles, rows, columns = (int(length) for length in views.shape)
    dtype, mark = np.dtype(views.dtype), folder / "key"
    row_bytes = angles * columns * dtype.itemsize
    try:
        if not (folder / _WHOLE).exists() or not mark.exists() or mark.read_text() != key:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            mark.write_text(key)
            with (folder / _PART).open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, rows * row_bytes)
                _copy(views, file.fileno(), row_bytes, progress)
            (folder / _PART).replace(folder / _WHOLE)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise OutputError(
            f"could not copy the views to {folder.parent} ({error.strerror or error}): make room for "
            f"{rows * row_bytes / 2**30:.2f} GiB, or write the volume to another disk"
        ) from error
    return ArrangedLevel(MappedLevel(folder / _WHOLE, 0, (rows, angles, columns), dtype), (1, 0, 2), {})


def _copy(views: LevelArray, file: int, row_bytes: int, progress: Progress) -> None:
    angles, rows, columns = (int(length) for length in views.shape)
    view_bytes = rows * columns * np.dtype(views.dtype).itemsize
    step = max(1, BLOCK_BYTES // view_bytes)
    for first in range(0, angles, step):
        progress("views", first, angles)
        block = np.asarray(views[first : first + step])
        for row in range(rows):
            os.pwrite(file, block[:, row].tobytes(), row * row_bytes + first * (row_bytes // angles))
    progress("views", angles, angles)
