"""The stages of a reconstruction side by side: a slab is loaded and one stored while another is computed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.volume_writing import SlabFile
from vitsci_viz.progress import Progress
from vitsci_viz.reconstruction.preprocess import Corrections, together
from vitsci_viz.reconstruction.quality_noise import inscribed_circle
from vitsci_viz.workflows.machine import Stopwatch
from vitsci_viz.workflows.reconstructing import SliceEngine

Floats32 = NDArray[np.float32]
Loaded = tuple[Floats32, Corrections]
SAMPLED = 5
"""Slices that an automatic range is taken from."""
HEADROOM = 0.1
"""Of the span, on either side of an automatic range."""
LARGEST = 65_535


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of slabs that were made.

    Parameters
    ----------
    corrections : Corrections
        What was mended in their views.
    beyond : int
        Voxels inside the circle outside the range of whole numbers; they are stored at its ends.
    """

    corrections: Corrections
    beyond: int = 0


def make_slabs(
    engine: SliceEngine,
    file: SlabFile,
    rows: int,
    *,
    span: tuple[float, float] | None,
    watch: Stopwatch,
    progress: Progress,
) -> Made:
    """Make and store every slab that the file lacks.

    Parameters
    ----------
    engine : SliceEngine
        What makes the slices.
    file : SlabFile
        Where they go; slabs in it are not made again.
    rows : int
        Slices of a slab.
    span : (float, float), optional
        Attenuation that whole numbers begin and end with.
    watch : Stopwatch
        Gets the seconds of ``load``, ``compute`` and ``store``, which run at the same time.
    progress : callable
        Counts slices; cancels by raising `Cancelled`, and the slabs that are stored stay.

    Returns
    -------
    Made
        Of the slabs that were made now.
    """
    slabs, inside = file.missing(rows), inscribed_circle(engine.side)
    done = engine.slices - sum(slab.stop - slab.start for slab in slabs)
    parts: list[Corrections] = []
    beyond = [0]

    def load(slab: slice) -> Loaded:
        with watch.stage("load"):
            return engine.lines(slab)

    def store(slab: slice, slices: Floats32) -> None:
        with watch.stage("store"):
            if span is None:
                file.write(slab, slices)
            else:
                beyond.append(count_beyond(slices, span, inside))
                file.write(slab, scaled(slices, span))

    with ThreadPoolExecutor(1, "load") as loader, ThreadPoolExecutor(1, "store") as storer:
        stored: Future[None] | None = None
        for slab, (lines, found) in _ahead(loader, load, slabs):
            progress("slices", done, engine.slices)
            parts.append(found)
            with watch.stage("compute"):
                slices = engine.from_lines(lines)
            if stored is not None:
                stored.result()
            stored = storer.submit(store, slab, slices)
            done += slab.stop - slab.start
        if stored is not None:
            stored.result()
    progress("slices", engine.slices, engine.slices)
    return Made(corrections=together(parts), beyond=sum(beyond))


def _ahead(
    pool: ThreadPoolExecutor, load: Callable[[slice], Loaded], slabs: list[slice]
) -> Iterator[tuple[slice, Loaded]]:
    """Yield slabs with what was loaded of them, always one ahead."""
    coming = pool.submit(load, slabs[0]) if slabs else None
    for number, slab in enumerate(slabs):
        assert coming is not None
        loaded = coming.result()
        coming = pool.submit(load, slabs[number + 1]) if number + 1 < len(slabs) else None
        yield slab, loaded


def scaled(slices: Floats32, span: tuple[float, float]) -> NDArray[np.uint16]:
    """Return attenuation as whole numbers: 0 at the lower end of the span and below, 65,535 at the upper."""
    low, high = span
    out = np.empty(slices.shape, np.uint16)
    for place, plane in zip(out, slices, strict=True):  # one at a time, as a slab's copies would double its memory
        place[...] = np.rint(np.clip((plane - low) * (LARGEST / (high - low)), 0, LARGEST))
    return out


def count_beyond(slices: Floats32, span: tuple[float, float], inside: NDArray[np.bool_]) -> int:
    """Return how many voxels inside the circle lie beyond the ends of a range.

    >>> count_beyond(np.array([[[0, 1], [2, 3]]], np.float32), (1, 2), np.ones((2, 2), bool))
    2
    """
    low, high = span
    return sum(int(np.count_nonzero(((plane < low) | (plane > high)) & inside)) for plane in slices)


def find_span(engine: SliceEngine, progress: Progress) -> tuple[float, float] | None:
    """Return the range of whole numbers: as given, or that of a few slices with some room; None for float32."""
    if engine.options.store == "float32":
        return None
    if engine.options.range != "auto":
        return engine.options.range
    inside = inscribed_circle(engine.side)
    low, high = math.inf, -math.inf
    places = sorted({round(share * (engine.slices - 1)) for share in np.linspace(0, 1, SAMPLED)})
    for number, place in enumerate(places):
        progress("range", number, len(places))
        found = engine.volume(slice(place, place + 1))[0][inside]
        low, high = min(low, float(found.min())), max(high, float(found.max()))
    room = HEADROOM * (high - low) or 1.0
    return low - room, high + room
