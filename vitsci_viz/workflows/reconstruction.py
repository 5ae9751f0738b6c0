"""`reconstruct` and `assess_scan`: a scan in memory becomes a volume, and how good its slices are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching import fidelity
from vitsci_viz.progress import Progress, silent
from vitsci_viz.reconstruction.quality import Quality, assess
from vitsci_viz.types import Image, PatchTree, Scan, Volume
from vitsci_viz.workflows import reconstructing
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import SliceEngine, find_axis

JUDGED = 4
"""Slices in the middle whose quality is measured."""


@overload
def reconstruct(
    source: Scan,
    options: ReconstructOptions | None = None,
    *,
    execution: ExecutionOptions | None = None,
    progress: Progress = silent,
) -> Volume: ...
@overload
def reconstruct(
    source: Image | NDArray[Any] | str | os.PathLike[str], tree: PatchTree, patch_size: int | Sequence[int]
) -> NDArray[Any]: ...
def reconstruct(source: Any, *given: Any, **named: Any) -> Any:
    """Make a volume of a scan, or of an image what its tokens keep: the first argument tells which.

    Parameters
    ----------
    source : Scan, or Image or array (*shape[, c])
        Projections, or the pixels that a tree was built on.
    *given
        Of a scan ``options``, a `ReconstructOptions`: what is done with it. Of an image ``tree``, the `PatchTree` of
        its leaves, and ``patch_size``, the side of a token, one for all axes or one for each.
    **named
        The same by name; of a scan also ``execution``, `ExecutionOptions` with the threads, and ``progress``, which
        counts slices and cancels by raising `Cancelled`.

    Returns
    -------
    Volume or array
        Of a scan (row, column, column) float32: linear attenuation in 1/mm where the pixel's size is known, else in
        1/px; not masked outside the circle unless asked. Of an image its pixels, every token cell the mean of its own.

    Raises
    ------
    InputError
        The scan lacks flats, its centre cannot be found, or an image comes without its tree.
    OptionError
        Rows, binning or another option does not go with the scan.

    See Also
    --------
    vitsci_viz.workflows.reconstructing.reconstruct : the volume.
    vitsci_viz.patching.fidelity.reconstruct : the image.

    Examples
    --------
    >>> from vitsci_viz.patching.options import PatchOptions
    >>> from vitsci_viz.patching.tree import build_tree
    >>> scan = Scan.from_line_integrals(np.ones((90, 1, 32)), angles_rad=np.arange(90) * np.pi / 90, centre=15.5)
    >>> reconstruct(scan, ReconstructOptions(circle=True)).shape
    (1, 32, 32)
    >>> image = np.zeros((64, 64), np.uint8)
    >>> reconstruct(image, build_tree(image, PatchOptions()), patch_size=8).shape
    (64, 64)
    """
    if isinstance(source, Scan):
        return reconstructing.reconstruct(source, *given, **named)
    if not given and "tree" not in named:
        raise InputError(
            "reconstruct takes a Scan (open one with read_scan(path)), or an image with its tree and the side of a "
            f"token, got {type(source).__name__} alone"
        )
    return fidelity.reconstruct(source, *given, **named)


def assess_scan(
    scan: Scan, options: ReconstructOptions | None = None, *, execution: ExecutionOptions | None = None
) -> Quality:
    """Tell how good slices of a scan are: resolution, noise, rings and streaks, from two interleaved half-scans.

    Parameters
    ----------
    scan : Scan
        Counts or line integrals.
    options : ReconstructOptions, optional
        What is done with it; of its rows (default all) the four in the middle are judged.
    execution : ExecutionOptions, optional
        Threads; never change the answer.

    Returns
    -------
    Quality
        `Quality.results` has all numbers by name, with the curve of the ring correlation.

    Raises
    ------
    InputError
        The scan lacks flats, its centre cannot be found, or it has too few views.
    OptionError
        Rows, binning or another option does not go with the scan.

    See Also
    --------
    vitsci_viz.reconstruction.quality.assess : the same from line integrals.
    """
    chosen = options or ReconstructOptions()
    threads = (execution.threads if execution else 0) or os.cpu_count() or 1
    axis = find_axis(scan, chosen, threads=threads)
    engine = SliceEngine(scan=scan, options=chosen, axis=axis, threads=threads)
    return assess(
        engine.lines(middle_slices(engine))[0], np.asarray(scan.geometry.angles_rad), pixel_mm=engine.pixel_mm,
        reconstruct=engine.from_lines,
    )  # fmt: skip


def middle_slices(engine: SliceEngine) -> slice:
    """Return the slices by which a volume is judged."""
    first = max(0, engine.slices // 2 - JUDGED // 2)
    return slice(first, min(first + JUDGED, engine.slices))
