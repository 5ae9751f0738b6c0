"""Examples on disk, found again by what they were made from."""

import contextlib
import hashlib
import json
import math
import os
import shutil
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import MissingFileError, OutputError
from vitsci_viz.io.fetching import cache_folder

GENERATION = 1
"""Raised when the same files and options make other examples, so that older entries are not taken for the same."""
LIMIT_BYTES = 16 * 2**30
"""A cache grows to this size, and never beyond half of what the disk has left for it."""
WHOLE_HASH_BYTES = 2**28
"""Larger files are known by their size, their time and a sample of their blocks."""
TOUCH_SECONDS = 3600
_BLOCK, _BLOCKS = 2**20, 64
_MAGIC = b"vitsci-viz-example\n"
_ALIGNED = 64
Arrays = Mapping[str, NDArray[Any]]


class ExampleCache:
    """A folder of arrays by content key; safe for several processes, bounded in size.

    Parameters
    ----------
    folder : path, optional
        Where; by default below `io.fetching.cache_folder`.
    limit_bytes : int
        The entries that were not used for the longest time go first beyond this size.

    Attributes
    ----------
    is_writable : bool
        False once an entry could not be written (a full disk, a read-only place): training goes on without.
    """

    def __init__(self, folder: Path | None = None, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.is_writable = True
        try:
            self.folder = folder or cache_folder() / f"examples-{GENERATION}"
        except OSError:  # a home that cannot be written
            self.folder, self.is_writable = Path(os.devnull), False
        self._lock = threading.Lock()
        self._size_bytes: int | None = None

    def get(self, key: str) -> dict[str, NDArray[Any]] | None:
        """Return the arrays of an entry, or None where there is none; a damaged entry is removed."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        arrays = _unpacked(content)
        with contextlib.suppress(OSError):  # another process may have removed it, or the place is read-only
            if arrays is None:
                path.unlink()
            elif time.time() - path.stat().st_mtime > TOUCH_SECONDS:
                os.utime(path)
        return arrays

    def put(self, key: str, arrays: Arrays) -> None:
        """Write an entry whole, or not at all; a full disk only ends the writing of entries."""
        if not self.is_writable:
            return
        path, content = self._path(key), _packed(arrays)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(len(content))
            with replacing(path) as temporary:
                temporary.write_bytes(content)
        except (OutputError, OSError):
            self.is_writable = False

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.arrays"

    def _make_room(self, more_bytes: int) -> None:
        with self._lock:
            if self._size_bytes is None:
                self._size_bytes = sum(size for _, size, _ in self._entries())
            limit = min(self.limit_bytes, (shutil.disk_usage(self.folder).free + self._size_bytes) // 2)
            self._size_bytes += more_bytes
            if self._size_bytes <= limit:
                return
            # Other processes write too: only a count of the folder is true.
            entries = sorted(self._entries())
            self._size_bytes = sum(size for _, size, _ in entries) + more_bytes
            for _, size, path in entries:
                if self._size_bytes <= 0.9 * limit:
                    break
                path.unlink(missing_ok=True)
                self._size_bytes -= size

    def _entries(self) -> Iterator[tuple[float, int, Path]]:
        """Yield time of last use, size and place of every entry."""
        for path in self.folder.glob("*/*.arrays"):
            with contextlib.suppress(OSError):  # removed by another process meanwhile
                found = path.stat()
                yield found.st_mtime, found.st_size, path


def entry_key(*parts: Any) -> str:
    """Return the key of whatever was made from some parts (plain values); any other part gives another key.

    >>> entry_key("a", {"b": 1}) == entry_key("a", {"b": 1}), entry_key("a") == entry_key("b")
    (True, False)
    """
    text = json.dumps([GENERATION, *parts], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def content_key(path: Path) -> str:
    """Return a key of what a file (or a folder such as a Zarr) holds.

    Raises
    ------
    MissingFileError
        There is no such file.
    """
    if path.is_dir():
        return _folder_key(path, _stamp(path)[1])
    try:
        size, modified = _stamp(path)
    except FileNotFoundError:
        raise MissingFileError(f"{path} does not exist: it was there when training began; put it back") from None
    return _file_key(path, size, modified)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


@lru_cache(maxsize=65_536)
def _folder_key(path: Path, modified: int) -> str:
    """Return a key of all files in a folder; within a process only its own time is looked at again."""
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return entry_key(modified, [(str(file.relative_to(path)), *_stamp(file)) for file in files])


@lru_cache(maxsize=65_536)
def _file_key(path: Path, size: int, modified: int) -> str:
    digest = hashlib.blake2b(digest_size=20)
    with path.open("rb") as file:
        if size <= WHOLE_HASH_BYTES:
            digest.update(file.read())
        else:
            digest.update(f"{size} {modified}".encode())
            for block in range(_BLOCKS):
                file.seek(block * (size - _BLOCK) // (_BLOCKS - 1))
                digest.update(file.read(_BLOCK))
    return digest.hexdigest()


def _packed(arrays: Arrays) -> bytes:
    """Return the bytes of arrays one after the other, behind a checksum and a line that says what they are."""
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    head = json.dumps([(name, array.dtype.str, array.shape) for name, array in plain.items()]).encode()
    # Blanks bring the first array to an aligned place; what follows stays aligned as each is padded.
    head += b" " * (-(len(_MAGIC) + 4 + len(head) + 1) % _ALIGNED) + b"\n"
    parts = (array.tobytes() + b"\0" * (-array.nbytes % _ALIGNED) for array in plain.values())
    body = b"".join((head, *parts))
    return _MAGIC + zlib.crc32(body).to_bytes(4, "big") + body


def _unpacked(content: bytes) -> dict[str, NDArray[Any]] | None:
    """Return arrays that lie in the bytes themselves (not to be written to), or None where these are not whole."""
    body = memoryview(content)[len(_MAGIC) + 4 :]
    if content[: len(_MAGIC)] != _MAGIC or zlib.crc32(body).to_bytes(4, "big") != content[len(_MAGIC) :][:4]:
        return None
    place = content.index(b"\n", len(_MAGIC) + 4) + 1
    arrays: dict[str, NDArray[Any]] = {}
    for name, kind, shape in json.loads(content[len(_MAGIC) + 4 : place]):
        dtype = np.dtype(kind)
        arrays[name] = np.frombuffer(content, dtype, math.prod(shape), place).reshape(shape)
        place += -(-arrays[name].nbytes // _ALIGNED) * _ALIGNED
    return arrays
