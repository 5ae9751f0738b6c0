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

SIDE, VIEWS, ROWS, FEW = 2048, 1800, 96, 32
"""Columns and slices of the whole, its views, and rows of two runs: what differs between them grows with the rows."""
BOUND_GIB, OVER_SLOWEST = 3.0, 1.15
COUNTS, FRAMES = 20_000, 4
NAME = f"{SIDE:,}^3 from {VIEWS:,} views of 16 bits on disk, by vitsci-viz reconstruct --memory 3GiB"
TARGET = f"peak memory <= {BOUND_GIB:g} GiB; total <= {OVER_SLOWEST:g}x the slowest stage"
COMMAND = "from vitsci_viz.cli import main; main()"
OVERLAPPED = ("load", "compute", "store")


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
        command = ("-c", COMMAND, "reconstruct", str(scan), *flags)
        few = run_alone(*command, "--rows", f":{FEW}", "--out", str(Path(folder) / "few.ome.zarr"))
        many = run_alone(*command, "--out", str(Path(folder) / "many.ome.zarr"))
    return [_row(few, many)]


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


def scaled(few: dict[str, float], many: dict[str, float]) -> dict[str, float]:
    """Return the seconds of every stage for the whole: what a run takes at once, and what every row adds."""
    each = {name: (many[name] - few[name]) / (ROWS - FEW) for name in (*OVERLAPPED, "pyramid", "total")}
    return {name: many[name] + (SIDE - ROWS) * more for name, more in each.items()}


def _row(few: dict[str, Any], found: dict[str, Any]) -> Row:
    seconds = scaled(few["seconds"], found["seconds"])
    total, slowest_name = seconds["total"], max(OVERLAPPED, key=lambda stage: seconds[stage])
    slowest = seconds[slowest_name]
    peak = found["peak_rss_bytes"] / GIB
    stages = ", ".join(f"{stage} {seconds[stage]:,.0f} s" for stage in (*OVERLAPPED, "pyramid"))
    return Row(
        name=NAME,
        target=TARGET,
        measured=f"{peak:.2f} GiB; {total / slowest:.2f}x ({total / 60:.0f} min against {slowest / 60:.0f} min of "
        f"{slowest_name}; {stages}), from runs of {FEW} and {ROWS} rows; {found['method']}, "
        f"{found['plan']['rows']} rows a slab",
        is_met=peak <= BOUND_GIB and total <= OVER_SLOWEST * slowest,
        anchor="TIGRE needs 448 GB at 4K",
        values={"seconds": found["seconds"], "seconds_few": few["seconds"],
                "scaled_total_s": total, "ratio": total / slowest,
                "peak_rss_bytes": found["peak_rss_bytes"], "plan": found["plan"], "method": found["method"],
                "updates_per_s": found["updates_per_s"]},
    )  # fmt: skip
