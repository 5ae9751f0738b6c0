"""Public files by hash: looked for in a folder of data, then in the cache, then fetched."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.progress import Progress, silent

DATA_VARIABLE, CACHE_VARIABLE = "VITSCI_VIZ_DATA", "VITSCI_VIZ_CACHE"
"""Folders named in the environment: public data that are here already, and where samples are kept."""


@dataclass(frozen=True, kw_only=True)
class PublicFile:
    """A file that can be fetched: where from, and how it is known to be the right one."""

    path: str
    size_bytes: int
    sha256: str
    url: str


def cache_folder() -> Path:
    """Return the folder where samples are kept, created if need be."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        folder = Path(named)
    else:
        import platformdirs

        folder = platformdirs.user_cache_path("vitsci_viz")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def in_data_folder(file: PublicFile) -> Path | None:
    """Return where a file lies below the folder of public data, or None."""
    named = os.environ.get(DATA_VARIABLE)
    path = Path(named) / file.path if named else None
    return path if path is not None and path.is_file() else None


def find_public_file(file: PublicFile, progress: Progress = silent) -> Path:
    """Return a public file: from the folder of public data, else the cache, else fetched.

    Raises
    ------
    InputError
        The file is not the registered one.
    MissingFileError
        It is not here and cannot be fetched.
    """
    local = in_data_folder(file)
    if local is None:
        return _fetch(file, progress)
    if hashlib.sha256(local.read_bytes()).hexdigest() != file.sha256:
        raise InputError(
            f"{local} is not the registered file (its sha256 differs): replace it, or unset {DATA_VARIABLE}"
        )
    return local


def _fetch(file: PublicFile, progress: Progress) -> Path:
    """Return the cached file, fetched if it is not there yet."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    place = cache_folder() / "public"
    name = file.path.replace("/", "-")
    progress(f"fetch {name}", 0, 1)
    try:
        found = pooch.retrieve(file.url, known_hash=f"sha256:{file.sha256}", path=place, fname=name)
    except ValueError as error:
        raise InputError(f"{file.url} is not the registered file (its sha256 differs): try again later") from error
    except OSError as error:
        raise MissingFileError(
            f"the sample file {file.path} is not here and could not be fetched from {file.url}: connect to the "
            f"internet, or put it below the folder that {DATA_VARIABLE} names"
        ) from error
    progress(f"fetch {name}", 1, 1)
    return Path(found)
