"""Filtered back-projection of parallel-beam scans by torch: for GPUs, with the slices of the compiled loops."""

import contextlib
import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.filters import FilterName, filter_response, padded_length
from vitsci_viz.reconstruction.geometry import checked_scan, view_weights

SLICES = 64
"""Slices that are computed together at most: lines of so many values are read at once."""
SHARE = 0.7
"""Of the free memory of a GPU, taken at most."""
WORK_BYTES = 256 * 2**20
"""Taken by the places of a block of pixels, and by the spectra of a block of views."""
PLACE_BYTES = 64
"""For each view of a pixel: its place in double precision and what is made of it, two columns and their weights."""


def torch_filtered_back_projection(
    sinograms: NDArray[np.floating],
    angles_rad: NDArray[np.floating],
    *,
    device: torch.device | str,
    centre: float | None = None,
    side: int | None = None,
    filter_name: FilterName = "ram-lak",
    radius: float = math.inf,
    memory: int | None = None,
) -> NDArray[np.float32]:
    """Reconstruct slices from line integrals on a device.

    Parameters
    ----------
    sinograms : (angle, row, column) float
        Line integrals of the attenuation; every detector row gives a slice.
    angles_rad : (angle,) float
        Over half a turn or more, in any order and distance.
    device : torch.device or str
        Where to compute.
    centre, side, filter_name, radius
        As in `filtered_back_projection`.
    memory : int, optional
        Bytes of the device that may be planned for; default a share of what is free on a GPU.

    Returns
    -------
    (row, side, side) float32
        The slices of `filtered_back_projection`, up to rounding in single precision.

    Raises
    ------
    InputError
        Shapes do not fit, the centre lies off the detector, or the slices do not fit into the memory.

    Notes
    -----
    Every slice sees the same lines, so that a pixel of all slices is a sum of rows of a table, two neighbouring columns
    of every view, with weights that all slices share. That is what an embedding bag computes.

    Examples
    --------
    >>> torch_filtered_back_projection(np.ones((6, 2, 16)), np.arange(6) * np.pi / 6, device="cpu").shape
    (2, 16, 16)
    """
    angles, middle = checked_scan(sinograms, angles_rad, centre)
    views, rows, columns = sinograms.shape
    width = columns if side is None else side
    where = torch.device(device)
    step = slices_together(views, columns, width, free_bytes(where) if memory is None else memory)
    slices = np.empty((rows, width, width), np.float32)
    for first in range(0, rows, step):
        part = slice(first, min(first + step, rows))
        given = torch.from_numpy(np.ascontiguousarray(sinograms[:, part], np.float32))
        with explaining_memory(part.stop - first, width, where):
            lines = filtered_lines(given, angles, filter_name, where)
            found = back_project_lines(lines, torch.from_numpy(angles), centre=middle, side=width, radius=radius)
            slices[part] = found.permute(2, 0, 1).cpu().numpy()
    return slices


@contextlib.contextmanager
def explaining_memory(slices: int, side: int, device: torch.device) -> Iterator[None]:
    """Put a failed allocation in one line: another program may have taken what was free.

    Raises
    ------
    InputError
        The device has no more memory.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"{slices} slices of {side:,} x {side:,} must fit into the memory of the device ({device.type}), and did "
            "not: take device=cpu, fewer pixels with --bin, or end what else runs there"
        ) from error


def free_bytes(device: torch.device) -> int | None:
    """Return the memory of a device that may be planned for; None where nothing bounds it but the slab at hand."""
    if device.type != "cuda":
        return None
    # What torch holds of former slices without using it is free for the next ones.
    kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return int((torch.cuda.mem_get_info(device)[0] + kept) * SHARE)


def slices_together(views: int, columns: int, side: int, memory: int | None) -> int:
    """Return how many slices fit at a time.

    Raises
    ------
    InputError
        Not even one.

    Examples
    --------
    >>> slices_together(1500, 2048, 2048, None), slices_together(1500, 2048, 2048, 2**30)
    (64, 9)
    """
    # Line integrals as they come and as they are filtered; sums of pixels, and slices on their way.
    each = 4 * (2 * views * columns + 2 * side * side)
    fitting = SLICES if memory is None else (memory - 2 * WORK_BYTES) // each
    if fitting < 1:
        raise InputError(
            f"a slice of {side:,} x {side:,} from {views:,} views needs {(each + 2 * WORK_BYTES) / 2**20:,.0f} MiB of "
            f"the device, and {(memory or 0) / 2**20:,.0f} MiB may be used: take device=cpu, or fewer pixels with --bin"
        )
    return min(SLICES, fitting)


def filtered_lines(
    sinograms: Tensor, angles_rad: NDArray[np.float64], filter_name: FilterName, device: torch.device
) -> Tensor:
    """Filter views block by block on a device, each with the angle that it stands for.

    Parameters
    ----------
    sinograms : (a, s, c) float32
        Line integrals, on any device.
    angles_rad : (a,) float64
        Of the views.
    filter_name : str
        See `filter_response`.
    device : torch.device
        Where to compute.

    Returns
    -------
    (a, c, s) float32
        On the device; slices lie together.
    """
    views, slices, columns = sinograms.shape
    length = padded_length(columns)
    response = torch.from_numpy(filter_response(columns, filter_name)).to(device)
    weights = torch.from_numpy(view_weights(angles_rad).astype(np.float32)).to(device)
    out = torch.empty((views, columns, slices), dtype=torch.float32, device=device)
    step = max(1, WORK_BYTES // (4 * 4 * length * slices))
    for first in range(0, views, step):
        part = slice(first, first + step)
        spectrum = torch.fft.rfft(sinograms[part].to(device), n=length, dim=2)
        spectrum *= response * weights[part, None, None]
        out[part] = torch.fft.irfft(spectrum, n=length, dim=2)[..., :columns].transpose(1, 2)
    return out


def back_project_lines(lines: Tensor, angles_rad: Tensor, *, centre: float, side: int, radius: float) -> Tensor:
    """Smear views back over slices, a block of pixels at a time.

    Parameters
    ----------
    lines : (a, c, s) float32
        Filtered line integrals; slices lie together.
    angles_rad : (a,) float64
        Of the views.
    centre : float
        Of rotation, in detector pixels.
    side : int
        Of the square slices.
    radius : float
        Pixels further from the axis are left at zero.

    Returns
    -------
    (side, side, s) float32
        On the device of the lines.
    """
    views, columns, slices = lines.shape
    turns = torch.stack([torch.cos(angles_rad), torch.sin(angles_rad)]).to(lines.device)
    table = lines.reshape(-1, slices)
    sums = torch.zeros((side * side, slices), dtype=torch.float32, device=lines.device)
    step = max(1, WORK_BYTES // (PLACE_BYTES * views))
    for first in range(0, side * side, step):
        pixel = torch.arange(first, min(first + step, side * side), device=lines.device)
        spots = torch.stack([pixel % side, pixel // side], dim=1).to(torch.float64) - (side - 1) / 2
        if math.isfinite(radius):
            is_inside = (spots**2).sum(dim=1) <= radius * radius
            pixel, spots = pixel[is_inside], spots[is_inside]
        if not len(pixel):
            continue
        rows, weights = _lines_through(spots @ turns + centre, columns)
        sums[pixel] = functional.embedding_bag(rows, table, mode="sum", per_sample_weights=weights)
    return sums.reshape(side, side, slices)


def _lines_through(t: Tensor, columns: int) -> tuple[Tensor, Tensor]:
    """Return rows of the table, and their weights, for places (pixel, view) on the detector: two for every view."""
    pixels, views = t.shape
    index = t.floor().clamp(0, columns - 2)
    after = (t - index).to(torch.float32)
    on_detector = (t >= 0) & (t <= columns - 1)
    weights = torch.where(on_detector[..., None], torch.stack([1 - after, after], dim=2), 0)
    row = index.to(torch.int32) + columns * torch.arange(views, dtype=torch.int32, device=t.device)
    return torch.stack([row, row + 1], dim=2).reshape(pixels, 2 * views), weights.reshape(pixels, 2 * views)
