"""Trees on disk: one ``.npz`` with the keys origin, size, level, score and shape."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import check_output, replacing
from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.types import PatchTree

KEYS = {"origin": np.int64, "size": np.int64, "level": np.int16, "score": np.float64, "shape": np.int64}
_EPOCH = (1980, 1, 1, 0, 0, 0)


def save_tree(path: Path | str, tree: PatchTree, *, force: bool = True) -> Path:
    """Write a tree; the same tree gives the same bytes.

    Parameters
    ----------
    path : path
        Ends in ``.npz``.
    tree : PatchTree
        What to write.
    force : bool
        Replace an existing file.

    Raises
    ------
    InputError
        The name does not end in ``.npz``.
    OutputError
        It cannot be written.
    """
    path = check_output(path, force=force)
    if path.suffix != ".npz":
        raise InputError(f"a tree is saved as .npz, got {path.name}: choose another ending")
    save_arrays(path, {name: np.asarray(getattr(tree, name), dtype) for name, dtype in KEYS.items()})
    return path


def save_arrays(path: Path | str, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays as ``.npz``; the same arrays give the same bytes.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    with (
        replacing(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive,
    ):
        for name, array in arrays.items():
            # numpy.savez would stamp the time of writing on every member.
            member = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            member.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), allow_pickle=False)


def load_tree(path: Path | str) -> PatchTree:
    """Read a tree written by `save_tree`.

    Raises
    ------
    MissingFileError
        There is no such file.
    InputError
        It is not a whole tree file.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"{path} does not exist: check the name and the folder")
    try:
        # Opened here: numpy.load leaves a truncated file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name].astype(dtype, copy=False) for name, dtype in KEYS.items()}
        shape = tuple(int(n) for n in arrays.pop("shape"))
        return PatchTree(shape=shape, **arrays)
    except MemoryError:
        raise
    except Exception as error:  # damaged archives raise anything from zlib.error to NotImplementedError
        raise InputError(f"{path} must be a whole tree file with {', '.join(KEYS)}: {error}") from error
