"""Fixed tiles: arrays in memory and files larger than it go through the same windows, so answers agree."""

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent

Result = TypeVar("Result")
TILE = {1: 2**22, 2: 4096, 3: 256}
"""Side of a tile by dimension; for 2-D edges it is part of their definition."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """A part of the domain and the wider window that is read to compute it."""

    core: tuple[slice, ...]
    window: tuple[slice, ...]

    @property
    def margins(self) -> tuple[tuple[int, int], ...]:
        """Pixels of the window before and after the core on every axis."""
        return tuple((c.start - w.start, w.stop - c.stop) for c, w in zip(self.core, self.window, strict=True))

    def crop(self) -> tuple[slice, ...]:
        """Return where the core lies in the window."""
        return tuple(slice(m, m + c.stop - c.start) for (m, _), c in zip(self.margins, self.core, strict=True))

    def cells(self, cell: Sequence[int]) -> tuple[slice, ...]:
        """Return which cells of a grid the core covers; the core starts at a multiple of the cell."""
        return tuple(slice(c.start // s, -(-c.stop // s)) for c, s in zip(self.core, cell, strict=True))


def tile_side(min_size: Sequence[int]) -> tuple[int, ...]:
    """Return the side of a tile on every axis: fixed by dimension, but never less than a finest leaf."""
    side = TILE.get(len(min_size), 64)
    return tuple(max(side, cell) for cell in min_size)


def tiles(shape: Sequence[int], side: Sequence[int], halo: int) -> list[Tile]:
    """Cut a domain into tiles with a halo that stops at its borders.

    >>> [tile.window for tile in tiles((10,), (8,), 1)]
    [(slice(0, 9, None),), (slice(7, 10, None),)]
    """
    starts = [range(0, length, step) for length, step in zip(shape, side, strict=True)]
    return [
        Tile(
            core=tuple(slice(s, min(s + step, n)) for s, step, n in zip(start, side, shape, strict=True)),
            window=tuple(
                slice(max(0, s - halo), min(s + step + halo, n)) for s, step, n in zip(start, side, shape, strict=True)
            ),
        )
        for start in itertools.product(*starts)
    ]


def thread_count(execution: ExecutionOptions | None) -> int:
    """Return the worker threads to use: as many as asked for, else one per core."""
    return (execution.threads if execution else 0) or os.cpu_count() or 1


def run(
    jobs: Sequence[Tile],
    work: Callable[[Tile], Result],
    *,
    stage: str,
    progress: Progress = silent,
    execution: ExecutionOptions | None = None,
) -> Iterator[tuple[Tile, Result]]:
    """Run `work` on every tile in threads and hand out results as they come.

    Only twice as many tiles as threads are in flight, so memory does not grow with the image. An error or a
    cancellation stops the tiles that have not begun.
    """
    threads = min(thread_count(execution), len(jobs))
    if threads <= 1:
        for done, job in enumerate(jobs):
            progress(stage, done, len(jobs))
            yield job, work(job)
        progress(stage, len(jobs), len(jobs))
        return
    waiting = iter(jobs)
    running: dict[Future[Result], Tile] = {}
    with ThreadPoolExecutor(threads, thread_name_prefix="tiles") as pool:
        try:
            done = 0
            while True:
                for job in itertools.islice(waiting, 2 * threads - len(running)):
                    running[pool.submit(work, job)] = job
                if not running:
                    break
                progress(stage, done, len(jobs))
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in finished:
                    done += 1
                    yield running.pop(future), future.result()
            progress(stage, done, len(jobs))
        finally:
            for future in running:
                future.cancel()
