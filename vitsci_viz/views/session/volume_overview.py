"""A small copy of a large volume that brings no coarser levels, made from some of its pages in the background."""

import logging
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.types import LevelArray
from vitsci_viz.views.session.resizing import block_means

WITHOUT_VOXELS = 2**26
"""A volume up to this size needs no overview."""
SIDE = 256
"""Longest side of an overview, at most."""

_log = logging.getLogger(__name__)


def factor_of(shape: tuple[int, ...]) -> int:
    """Return how many voxels of a volume one of its overview stands for along each axis; 1 where none is needed.

    >>> factor_of((400, 400, 400)), factor_of((2048, 2048, 2048))
    (1, 8)
    """
    return 1 if math.prod(shape) <= WITHOUT_VOXELS else -(-max(shape) // SIDE)


def overview_of(array: LevelArray, factor: int, *, is_wanted: Callable[[], bool] = lambda: True) -> NDArray[Any] | None:
    """Return a volume made smaller: every n-th page, averaged over blocks of n x n.

    Parameters
    ----------
    array : level array (z, y, x)
        Read page by page.
    factor : int
        Voxels per voxel of the result.
    is_wanted : callable
        Asked after every page; None is returned once it says no.
    """
    pages: list[NDArray[Any]] = []
    depth = int(array.shape[0])
    for first in range(0, depth, factor):
        if not is_wanted():
            return None
        page = np.asarray(array[min(first + factor // 2, depth - 1)])
        pages.append(block_means(page, factor))
    return np.stack(pages)


class OverviewWorker:
    """Makes an overview in a thread of its own.

    Parameters
    ----------
    array : level array (z, y, x)
        The only level.
    factor : int
        Voxels per voxel of the overview.
    on_made : callable
        Called with the overview from the thread.
    name : str
        Of the volume, for the log.
    """

    def __init__(
        self, array: LevelArray, factor: int, on_made: Callable[[NDArray[Any]], None], *, name: str = "volume"
    ) -> None:
        self._array, self._factor, self._on_made, self._name = array, factor, on_made, name
        self._is_closed = False
        self._thread = threading.Thread(target=self._make, name="volume-overview", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the page that is read."""
        self._is_closed = True

    def join(self, seconds: float) -> None:
        """Wait until it is made."""
        self._thread.join(seconds)

    def _make(self) -> None:
        try:
            found = overview_of(self._array, self._factor, is_wanted=lambda: not self._is_closed)
        except (OSError, VitsciVizError) as error:
            _log.warning("no overview of %s: %s", self._name, error)
            return
        if found is not None and not self._is_closed:
            self._on_made(found)
