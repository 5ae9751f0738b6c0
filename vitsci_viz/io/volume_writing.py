"""Volumes that are written slab by slab, and go on where they were interrupted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError, OutputError
from vitsci_viz.io.coarsening import block_mean, pyramid_bands
from vitsci_viz.io.multiscale_writing import CHUNK, MultiscaleFacts, MultiscaleTarget
from vitsci_viz.io.ome_zarr_writing import row_bands
from vitsci_viz.io.volume_report import NAMED, write_volume_report
from vitsci_viz.progress import Progress, silent

Array = NDArray[Any]
SUFFIXES = (".zarr", ".tif", ".tiff")
_CLAIM = "slabs.json"


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
        if not resume:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder.mkdir()
            self._write_claim()
        self._target: Any = self._open(is_continued=resume)

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
        try:
            if self.is_zarr:
                self._target.arrays[0][rows] = slices
            else:
                self._target[rows] = slices
                self._target.flush()
            self.done.append((rows.start, rows.stop))
            self._write_claim()
        except OSError as error:
            raise OutputError(
                f"could not write {self.place}: {error.strerror or error}; what is done stays, go on with --resume"
            ) from error

    def finish(self, extra: Mapping[str, Any], *, progress: Progress = silent) -> Path:
        """Make the coarser levels, write the description and move the volume to its place.

        Parameters
        ----------
        extra : mapping
            Plain facts that are kept with the volume: see `vitsci_viz.io.volume_report`.
        progress : callable
            Counts rows of the pyramid; may raise `Cancelled`, and the slabs stay.
        """
        if self.is_zarr:
            for level, first, band in self._coarser(progress):
                self._target.arrays[level][first : first + len(band)] = band
            self._target.describe({NAMED: dict(extra)})
        self._target = None
        write_volume_report(self.place, extra)
        with replacing(self.place) as temporary:
            self._volume.replace(temporary)
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.place

    @property
    def _volume(self) -> Path:
        return self.folder / self.place.name

    def _open(self, *, is_continued: bool) -> Any:
        if self.is_zarr:
            return MultiscaleTarget(self._volume, self.facts, is_continued=is_continued)
        import tifffile

        if is_continued:
            return tifffile.memmap(self._volume, mode="r+")
        metadata = {"axes": "ZYX", **_physical(self.facts)}
        kept: Any = {"shape": self.facts.shape, "dtype": self.facts.dtype, "metadata": metadata, "bigtiff": True}
        return tifffile.memmap(self._volume, **kept, ome=self.facts.spacing is not None, photometric="minisblack")

    def _coarser(self, progress: Progress) -> Iterator[tuple[int, int, Array]]:
        finest, step = self._target.arrays[0], CHUNK[3]
        parts = row_bands(self.facts.shape[0], step, "pyramid", progress)
        bands = (np.asarray(finest[part])[..., None] for part in parts)
        for level, first, band in pyramid_bands(bands, len(self._target.arrays), step, block_mean):
            if level:
                yield level, first, band[..., 0]

    def _claimed(self) -> list[tuple[int, int]]:
        try:
            claim = json.loads((self.folder / _CLAIM).read_text())
        except (OSError, ValueError):
            raise OutputError(
                f"there is no interrupted run to go on with beside {self.place}: leave --resume out"
            ) from None
        if claim["key"] != self._key:
            raise OutputError(
                f"the interrupted run beside {self.place} was of another recipe: repeat its options, or leave --resume "
                "out to begin anew"
            )
        return [(first, stop) for first, stop in claim["done"]]

    def _write_claim(self) -> None:
        with replacing(self.folder / _CLAIM) as temporary:
            temporary.write_text(json.dumps({"key": self._key, "done": self.done}))


def partial_folder(place: Path) -> Path:
    """Return the folder that holds a volume until it is whole.

    >>> partial_folder(Path("a/volume.ome.zarr")).name
    '.volume.ome.zarr.partial'
    """
    return place.with_name(f".{place.name}.partial")


def _physical(facts: MultiscaleFacts) -> dict[str, Any]:
    if facts.spacing is None:
        return {}
    found: dict[str, Any] = {}
    for axis, step in zip("ZYX", facts.spacing, strict=True):
        found[f"PhysicalSize{axis}"] = step
        found[f"PhysicalSize{axis}Unit"] = "µm" if facts.unit == "um" else facts.unit
    return found
