"""Volumes that are written slab by slab, and go on where they were interrupted."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.io.coarsening import block_mean
from vitsci_viz.io.multiscale_writing import MultiscaleFacts, MultiscaleTarget
from vitsci_viz.io.volume_report import NAMED, write_volume_report
from vitsci_viz.progress import Progress, silent

Array = NDArray[Any]
SUFFIXES = (".zarr", ".tif", ".tiff")
_CLAIM = "slabs.json"
HALVERS = 2
"""Rows of chunks of a coarser level that are made at the same time."""


class SlabFile:
    """A volume that grows slab by slab in a folder beside its final place, and takes it when it is whole.

    What is done is written down after every slab, so that a run that was killed goes on from there. Slabs of the same
    rows may be written again; the last one counts.

    Parameters
    ----------
    place : Path
        Where the volume will lie: ``.ome.zarr`` (a pyramid) or ``.tif`` (float32 or uint16 pages).
    facts : MultiscaleFacts
        Shape (z, y, x), type, spacing and name.
    key : str
        Tells what is computed: only a folder of the same key is gone on with.
    resume : bool
        Go on with what an interrupted run has left; without it that is thrown away.

    Raises
    ------
    InputError
        The ending is none that a volume can have.
    OutputError
        There is something to go on with, but of another recipe, or nothing at all.
    """

    def __init__(self, place: Path, facts: MultiscaleFacts, *, key: str, resume: bool = False) -> None:
        if place.suffix.lower() not in SUFFIXES:
            raise InputError(f"a volume is written as .ome.zarr or .tif, got {place.name}")
        self.place, self.facts, self._key = place, facts, key
        self.folder = partial_folder(place)
        self.done: list[tuple[int, int]] = self._claimed() if resume else []
        if resume:
            with self._writing():
                self._target: Any = self._open(is_continued=True)
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            self.folder.mkdir()
            self._target = self._open(is_continued=False)
            self._write_claim()
        except OSError as error:  # there is nothing yet to go on with
            shutil.rmtree(self.folder, ignore_errors=True)
            raise OutputError(f"could not begin {self.place}: {error.strerror or error}; make room for it") from error

    def _open(self, *, is_continued: bool) -> Any:
        kind = _ZarrSlabs if self.is_zarr else _TiffSlabs
        return kind(self._volume, self.facts, is_continued=is_continued)

    @property
    def is_zarr(self) -> bool:
        """Whether it becomes an OME-Zarr folder."""
        return self.place.suffix.lower() == ".zarr"

    def missing(self, step: int) -> list[slice]:
        """Return the slabs of at most `step` rows that are still to be written, first row first."""
        rows = np.zeros(self.facts.shape[0], bool)
        for first, stop in self.done:
            rows[first:stop] = True
        slabs: list[slice] = []
        row = 0
        while row < len(rows):
            if rows[row]:
                row += 1
                continue
            stop = min(row + step, len(rows))
            written = np.flatnonzero(rows[row:stop])
            stop = row + int(written[0]) if len(written) else stop
            slabs.append(slice(row, stop))
            row = stop
        return slabs

    def write(self, rows: slice, slices: Array) -> None:
        """Write a slab (rows, y, x) and note that it is done.

        Raises
        ------
        OutputError
            The disk is full or the place cannot be written.
        """
        with self._writing():
            self._target.write(rows, slices)
            self.done.append((rows.start, rows.stop))
            self._write_claim()

    def finish(self, extra: Mapping[str, Any], *, progress: Progress = silent) -> Path:
        """Make the coarser levels, write the description and move the volume to its place.

        Parameters
        ----------
        extra : mapping
            Plain facts that are kept with the volume: see `vitsci_viz.io.volume_report`.
        progress : callable
            Counts rows of the pyramid; may raise `Cancelled`, and the slabs stay.

        Raises
        ------
        OutputError
            The disk is full or the place cannot be written; the slabs stay.
        """
        with self._writing():
            self._target.finish(extra, progress)
            write_volume_report(self.place, extra)
            with replacing(self.place) as temporary:
                self._volume.replace(temporary)
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.place

    @property
    def _volume(self) -> Path:
        return self.folder / self.place.name

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = str(error.__cause__ or error) if isinstance(error, OutputError) else error.strerror or error
            raise OutputError(
                f"could not write {self.place}: {reason}; what is done stays, go on with --resume"
            ) from error

    def _claimed(self) -> list[tuple[int, int]]:
        claim = interrupted(self.place)
        if claim["key"] != self._key:
            raise OutputError(
                f"the interrupted run beside {self.place} was of another recipe: repeat its options, or leave --resume "
                "out to begin anew"
            )
        return [(first, stop) for first, stop in claim["done"]]

    def _write_claim(self) -> None:
        with replacing(self.folder / _CLAIM) as temporary:
            temporary.write_text(json.dumps({"key": self._key, "done": self.done}))


class _ZarrSlabs:
    """The arrays of a pyramid: slabs go into the finest."""

    def __init__(self, place: Path, facts: MultiscaleFacts, *, is_continued: bool) -> None:
        self._facts = facts
        self._target = MultiscaleTarget(place, facts, is_continued=is_continued)

    def write(self, rows: slice, slices: Array) -> None:
        self._target.arrays[0][rows] = slices

    def finish(self, extra: Mapping[str, Any], progress: Progress) -> None:
        arrays = self._target.arrays
        for level in range(1, len(arrays)):
            _halve(arrays[level - 1], arrays[level], progress, stage=f"pyramid, level {level} of {len(arrays) - 1}")
        self._target.describe({NAMED: dict(extra)})


def _halve(fine: Any, coarse: Any, progress: Progress, *, stage: str) -> None:
    """Fill a level from the one before, a row of chunks at a time, which takes little memory."""
    depth, height = coarse.chunks[:2]
    places = list(itertools.product(range(0, coarse.shape[0], depth), range(0, coarse.shape[1], height)))

    def fill(place: tuple[int, int]) -> None:
        z, y = place
        part = np.asarray(fine[2 * z : 2 * (z + depth), 2 * y : 2 * (y + height)])
        coarse[z : z + depth, y : y + height] = block_mean(part[..., None])[..., 0]

    pool = ThreadPoolExecutor(HALVERS, "pyramid")
    try:
        for number, _ in enumerate(pool.map(fill, places)):
            progress(stage, number + 1, len(places))
    finally:
        pool.shutdown(cancel_futures=True)


class _TiffSlabs:
    """The pages of a TIFF, which lie in one piece.

    They are written, not mapped: a full disk is an error of a write, but the end of a process that maps.
    """

    def __init__(self, place: Path, facts: MultiscaleFacts, *, is_continued: bool) -> None:
        import tifffile

        self._place = place
        if not is_continued:
            metadata = {"axes": "ZYX", **_physical(facts)}
            kept: Any = {"shape": facts.shape, "dtype": facts.dtype, "metadata": metadata, "bigtiff": True}
            tifffile.imwrite(place, **kept, ome=facts.spacing is not None, photometric="minisblack")
        with tifffile.TiffFile(place) as file:
            series = file.series[0]
            self._offset, self._dtype = series.dataoffset, series.dtype
        assert self._offset is not None, "pages of one size, uncompressed, follow each other"
        self._page_bytes = int(np.prod(facts.shape[1:])) * np.dtype(facts.dtype).itemsize

    def write(self, rows: slice, slices: Array) -> None:
        with self._place.open("r+b") as file:
            file.seek(self._offset + rows.start * self._page_bytes)
            for page in slices:
                file.write(np.ascontiguousarray(page, self._dtype).data)

    def finish(self, extra: Mapping[str, Any], progress: Progress) -> None:
        """Nothing is left to do: a TIFF has no pyramid, and its facts lie beside it."""


def partial_folder(place: Path) -> Path:
    """Return the folder that holds a volume until it is whole.

    >>> partial_folder(Path("a/volume.ome.zarr")).name
    '.volume.ome.zarr.partial'
    """
    return place.with_name(f".{place.name}.partial")


def lock_place(place: Path) -> Path:
    """Return the file that keeps two runs from writing the same volume.

    >>> lock_place(Path("a/volume.tif")).name
    '.volume.tif.lock'
    """
    return place.with_name(f".{place.name}.lock")


def interrupted(place: Path) -> dict[str, Any]:
    """Return what an interrupted run noted of itself.

    Raises
    ------
    OutputError
        There is none beside this place.
    """
    try:
        return json.loads((partial_folder(place) / _CLAIM).read_text())
    except (OSError, ValueError):
        raise OutputError(f"there is no interrupted run to go on with beside {place}: leave --resume out") from None


def _physical(facts: MultiscaleFacts) -> dict[str, Any]:
    if facts.spacing is None:
        return {}
    found: dict[str, Any] = {}
    for axis, step in zip("ZYX", facts.spacing, strict=True):
        found[f"PhysicalSize{axis}"] = step
        found[f"PhysicalSize{axis}Unit"] = "µm" if facts.unit == "um" else facts.unit
    return found
