"""HDF5: arrays read where they are sliced, from several threads, and only from files beside the one opened."""

import contextlib
import importlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.axes import check_pixels
from vitsci_viz.errors import InputError
from vitsci_viz.extras import missing_extra
from vitsci_viz.io.lazy import Box, BoxLevel, reading
from vitsci_viz.io.levels import MappedLevel
from vitsci_viz.types import UNITS_IN_UM, LevelArray

HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf", ".nxs", ".nx")
_LENGTHS = {
    **{name: length / 1e3 for name, length in UNITS_IN_UM.items()},
    **dict.fromkeys(("µm", "micron", "microns", "micrometer", "micrometre"), 1e-3),
    **dict.fromkeys(("millimeter", "millimetre"), 1.0),
    **dict.fromkeys(("meter", "metre", "meters", "metres"), 1e3),
}
"""One unit in millimetres."""


def import_h5py() -> Any:
    """Import h5py, or say what to install."""
    try:
        import h5py
    except ImportError as error:
        raise missing_extra(error) or error from error
    return h5py


@contextlib.contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """Open a file to read what stands around its arrays; damage is said in one line."""
    h5py = import_h5py()
    with reading(path), h5py.File(path, "r", locking="best-effort") as file:
        yield file


class Hdf5Level(BoxLevel):
    """A dataset in chunks; the file stays open from the first read on, and threads take turns in the library.

    Parameters
    ----------
    path : Path
    name : str
        Of the dataset.
    shape, dtype
        As the file has them.
    chunk : tuple of int, optional
        Shape of what is read at once.
    """

    def __init__(
        self, path: Path, name: str, shape: tuple[int, ...], dtype: Any, chunk: tuple[int, ...] | None = None
    ) -> None:
        super().__init__(shape, dtype, path)
        self.name, self.chunk = name, chunk
        self._dataset: Any = None
        self._lock = threading.Lock()

    def read_box(self, box: Box) -> NDArray[Any]:
        """Read through the library, which decompresses the chunks that the box touches."""
        with self._lock:
            if self._dataset is None:
                self._dataset = import_h5py().File(self.path, "r", locking="best-effort")[self.name]
            return self._dataset[tuple(slice(*pair) for pair in box)]

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave the open file behind when sent to another process."""
        return type(self), (self.path, self.name, self.shape, self.dtype, self.chunk)


def dataset_level(dataset: Any, path: Path) -> LevelArray:
    """Return a level of a dataset: mapped where it lies in one piece, so that threads read side by side.

    Raises
    ------
    InputError
        It holds no numbers, lies in a file that is missing or not beside this one, or is compressed in a way that
        needs a plug-in.
    """
    check_pixels(dataset.shape, dataset.dtype, f"{path}:{dataset.name}")
    _check_places(dataset, path)
    _check_filters(dataset, path)
    offset = dataset.id.get_offset()
    is_here = Path(dataset.file.filename).resolve() == path.resolve()
    if offset is not None and is_here and not dataset.is_virtual and not dataset.external:
        return MappedLevel(path, offset, dataset.shape, dataset.dtype)
    return Hdf5Level(Path(dataset.file.filename), dataset.name, dataset.shape, dataset.dtype, dataset.chunks)


def _check_places(dataset: Any, path: Path) -> None:
    """Refuse parts in other files that are missing, which HDF5 would fill up with zeros, or that lie elsewhere."""
    own = Path(dataset.file.filename)
    others = [] if own.resolve() == path.resolve() else [own]
    if dataset.is_virtual:
        others += [own.parent / source.file_name for source in dataset.virtual_sources() if source.file_name != "."]
    others += [own.parent / name for name, _, _ in dataset.external or ()]
    for other in others:
        if not other.resolve().is_relative_to(path.resolve().parent):
            raise InputError(
                f"{path}:{dataset.name} lies in {other}, outside the folder of the file: copy both to one folder"
            )
        if not other.exists():
            raise InputError(f"{path}:{dataset.name} lies in {other}, which does not exist: put it there")


def _check_filters(dataset: Any, path: Path) -> None:
    """Refuse a compression that this library cannot undo; detectors use some that a plug-in brings."""
    filters, known = dataset.id.get_create_plist(), import_h5py().h5z
    for number in range(filters.get_nfilters()):
        code, _, _, name = filters.get_filter(number)
        if known.filter_avail(code):
            continue
        with contextlib.suppress(ImportError):
            importlib.import_module("hdf5plugin")
        if not known.filter_avail(code):
            what = f"filter {code} ({name.decode(errors='replace').partition(';')[0]})" if name else f"filter {code}"
            raise InputError(
                f"{path}:{dataset.name} is compressed with HDF5 {what}, which is not installed: pip install hdf5plugin"
            )


def numbers_at(group: Any, name: str) -> NDArray[np.float64] | None:
    """Return a small dataset in float64, or None where there is none or it holds no numbers."""
    found = group.get(name)
    if found is None or not hasattr(found, "dtype") or found.dtype.kind not in "iuf":
        return None
    return np.asarray(found[...], np.float64)


def text_attribute(dataset: Any, name: str) -> str | None:
    """Return an attribute as text, or None."""
    value = dataset.attrs.get(name)
    value = value[0] if isinstance(value, np.ndarray) and value.size == 1 else value
    return value.decode(errors="replace") if isinstance(value, bytes) else None if value is None else str(value)


def length_mm(group: Any, name: str) -> float | None:
    """Return a length in mm, or None where it is missing, not positive or without a known unit."""
    value = numbers_at(group, name)
    factor = None if value is None else _LENGTHS.get((text_attribute(group[name], "units") or "").strip().lower())
    if value is None or factor is None or value.size != 1:
        return None
    length = float(value.reshape(-1)[0]) * factor
    return length if 0 < length < np.inf else None
