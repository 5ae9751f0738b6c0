"""A 2,048^3 volume from a scan on disk: part of its rows reconstructed by the command, time scaled to all of them."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.large import GIB, run_alone
from tests.benchmarks.measuring import Row
from tests.benchmarks.tomography_peers import half_turn
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
from vitsci_viz.types import Scan, ScanGeometry

SIDE, VIEWS, ROWS = 2048, 1800, 64
"""Columns and slices of the whole, its views, and the rows that are measured."""
BOUND_GIB, OVER_SLOWEST = 3.0, 1.15
COUNTS, FRAMES = 20_000, 4
NAME = f"{SIDE:,}^3 from {VIEWS:,} views of 16 bits on disk, by vitsci-viz reconstruct --memory 3GiB"
TARGET = f"peak memory <= {BOUND_GIB:g} GiB; total <= {OVER_SLOWEST:g}x the slowest stage"
COMMAND = "from vitsci_viz.cli import main; main()"
OVERLAPPED = ("load", "compute", "store")
ONCE = ("centre", "quality")
"""Stages whose time does not grow with the rows."""


def measure() -> list[Row]:
    """Write the scan, reconstruct it in a process of its own, and scale."""
    with tempfile.TemporaryDirectory(prefix="vitsci_viz_bench_") as folder:
        needed = (VIEWS * SIDE * 2 + SIDE * SIDE * 5) * ROWS / GIB + 1
        free = shutil.disk_usage(folder).free / GIB
        if free < needed:
            return [Row(name=NAME, target=TARGET, measured=f"needs {needed:.0f} GiB free, has {free:.1f}", is_met=None)]
        scan = Path(folder) / "scan.h5"
        write_scan(scan, counted_scan())
        flags = ("--centre", str((SIDE - 1) / 2), "--memory", f"{BOUND_GIB:g}GiB", "--json")
        found = run_alone("-c", COMMAND, "reconstruct", str(scan), "--out", str(Path(folder) / "v.ome.zarr"), *flags)
    return [_row(found)]


def counted_scan() -> Scan:
    """Return counts of a head as high as the rows: every row the same lines with noise of its own."""
    angles, random = half_turn(VIEWS), np.random.default_rng(0)
    seen = COUNTS * np.exp(-project_phantom(shepp_logan(SIDE / 2), angles, SIDE))
    counts = np.empty((VIEWS, ROWS, SIDE), np.uint16)
    for number, view in enumerate(seen):
        noise = random.standard_normal((ROWS, SIDE), dtype=np.float32)
        counts[number] = np.rint(view + np.sqrt(view) * noise)
    flats = np.full((FRAMES, ROWS, SIDE), COUNTS, np.uint16)
    darks = np.zeros((FRAMES, ROWS, SIDE), np.uint16)
    return Scan(
        projections=counts,
        geometry=ScanGeometry(angles_rad=angles, pixel_mm=0.01),
        flats=flats,
        darks=darks,
        name="head",
    )


def _row(found: dict[str, Any]) -> Row:
    seconds, times = found["seconds"], SIDE / ROWS
    once = sum(seconds.get(stage, 0.0) for stage in ONCE)
    total = once + times * (seconds["total"] - once)
    slowest_name = max(OVERLAPPED, key=lambda stage: seconds[stage])
    slowest = times * seconds[slowest_name]
    peak = found["peak_rss_bytes"] / GIB
    stages = ", ".join(f"{stage} {times * seconds[stage]:,.0f} s" for stage in (*OVERLAPPED, "pyramid"))
    return Row(
        name=NAME,
        target=TARGET,
        measured=f"{peak:.2f} GiB; {total / slowest:.2f}x ({total / 60:.0f} min against {slowest / 60:.0f} min of "
        f"{slowest_name}; {stages}), {ROWS} rows measured and scaled; {found['method']}, "
        f"{found['plan']['rows']} rows a slab",
        is_met=peak <= BOUND_GIB and total <= OVER_SLOWEST * slowest,
        anchor="TIGRE needs 448 GB at 4K",
        values={"seconds": seconds, "scaled_total_s": total, "ratio": total / slowest,
                "peak_rss_bytes": found["peak_rss_bytes"], "plan": found["plan"], "method": found["method"],
                "updates_per_s": found["updates_per_s"]},
    )  # fmt: skip
