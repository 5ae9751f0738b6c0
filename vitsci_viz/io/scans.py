"""One door to every scan: a file by its suffix, or a folder of pictures."""

from pathlib import Path
from typing import Any

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.hdf5 import HDF5_SUFFIXES
from vitsci_viz.io.reading import resolve
from vitsci_viz.io.scan_angles import AngleUnit, angles_from
from vitsci_viz.types import Scan

SCAN_READERS: dict[str, str] = {
    **dict.fromkeys(HDF5_SUFFIXES, "vitsci_viz.io.scan_hdf5:read_hdf5_scan"),
    ".npz": "vitsci_viz.io.scan_stacks:read_npz_scan",
    **dict.fromkeys((".tif", ".tiff", ".btf", ".npy", ".raw"), "vitsci_viz.io.scan_stacks:read_file_scan"),
}
"""Reader of each suffix as "module:function"."""
_FOLDER = "vitsci_viz.io.scan_stacks:read_folder_scan"


def read_scan(path: Path | str | Scan, *, angles: Any = None, angle_unit: AngleUnit | None = None) -> Scan:
    """Open a parallel-beam scan lazily.

    Parameters
    ----------
    path : path or Scan
        HDF5 (DXchange or NXtomo), ``.npz``, a file or a folder of pictures; a scan passes through.
    angles : (a,) array, path or str, optional
        Used instead of those of the file: numbers, a file of them, or ``start:stop:count`` (see `angles_from`).
    angle_unit : {"deg", "rad"}, optional
        Needed where the turn that the angles cover does not tell.

    Returns
    -------
    Scan
        Nothing but angles is read before it is sliced; slices may be read from several threads.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        An unknown suffix or layout, a damaged file, no angles or unclear ones, counts that do not match.

    See Also
    --------
    vitsci_viz.io.scan_writing.write_scan : writes one.
    """
    if isinstance(path, Scan):
        return path
    path = Path(path).expanduser()
    if not path.exists():
        raise MissingFileError(f"{path} does not exist: check the name and the folder")
    reader = _FOLDER if path.is_dir() else SCAN_READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path.name} must end in a suffix of scans ({', '.join(SCAN_READERS)}), or be a folder of pictures"
        )
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is an empty file: it holds no scan")
    return resolve(reader)(path, None if angles is None else angles_from(angles, angle_unit), angle_unit)
