"""Slices made on a GPU by torch against the compiled loops of the processor; `make bench-gpu` where there is one."""

import os
import statistics
from typing import Any

import numpy as np
import torch

from tests.benchmarks.measuring import Row, in_turn, ratio
from tests.benchmarks.tomography_peers import half_turn
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.quality_noise import inscribed_circle
from vitsci_viz.reconstruction.torch_beam import torch_filtered_back_projection
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan

SIZES = ((512, 720, 64), (2048, 1500, 64))
"""Side, views, and slices made together."""
COMPARED = 16
"""Slices that the processor makes of the larger size: as many as fill its vectors."""
SAME = 1e-4
"""Largest difference that rounding in single precision may make, as a share of the largest value."""
REPETITIONS = 5
THREADS = len(os.sched_getaffinity(0))


def measure() -> list[Row]:
    """Measure every size, taking turns."""
    if not torch.cuda.is_available():
        raise SystemExit("the benchmarks of GPUs need one that torch sees: torch.cuda.is_available() says no")
    name = torch.cuda.get_device_name()
    return [row_of("cuda", name, *size) for size in SIZES]


def row_of(device: str, name: str, side: int, views: int, slices: int) -> Row:
    """Measure one size on a device against the processor."""
    angles = half_turn(views)
    lines = np.repeat(project_phantom(shepp_logan(side / 2), angles, side), slices, axis=1)
    some = np.ascontiguousarray(lines[:, : min(slices, COMPARED)])
    given: dict[str, Any] = {"radius": side / 2}
    works = {
        "device": lambda: torch_filtered_back_projection(lines, angles, device=device, **given),
        "processor": lambda: filtered_back_projection(some, angles, threads=THREADS, **given),
    }
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds = in_turn(works, REPETITIONS)
    peak = torch.cuda.max_memory_allocated() if device == "cuda" else 0
    there, here = works["device"]()[0], works["processor"]()[0]
    difference = float(np.abs(there - here).max() / np.abs(here).max())
    a_slice = statistics.median(seconds["device"]) / slices
    times = ratio(seconds, "processor", "device") * slices / some.shape[1]
    rate = int(inscribed_circle(side).sum()) * views / a_slice
    return Row(
        name=f"whole filtered back-projection of a slice on a GPU ({name}), {side}^2 from {views} views, {slices} "
        f"slices from and to the machine's memory, against the processor on {THREADS} threads",
        target=f"the same slices within {SAME:g}",
        measured=f"{1e3 * a_slice:.2f} ms a slice, {rate / 1e9:.1f} G updates/s, {times:.1f}x faster than the "
        f"processor; largest difference {difference:.1e}; {peak / 2**30:.2f} GiB of the GPU",
        is_met=difference <= SAME,
        repetitions=REPETITIONS,
        values={"seconds_a_slice": a_slice, "updates_per_s": rate, "times_faster": times, "difference": difference,
                "peak_bytes": peak},
    )  # fmt: skip
