"""Labels of a 65,536^2 picture on disk: time against reading, cutting, the model and writing alone, and the peak."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.large import GIB, HIGH, LENGTH, LOW, SIDE, run_alone, write_picture
from tests.benchmarks.measuring import Row
from tests.workflows.runs import write_run

PARTS = "tests.benchmarks.prediction_parts"
NAME = f"predict labels of 65,536^2 uint8 grey on disk, {LENGTH:,} tokens, tiny encoder, to OME-Zarr with a pyramid"
TARGET = "peak memory <= 4 GiB; time <= 1.3x of read + patch + forward + write"
ANCHOR = "SAM needs > 20 GB for the mask"


def measure() -> list[Row]:
    """Run the predict workflow between two runs of its parts, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="vitsci_viz_bench_") as name:
        folder = Path(name)
        free_gib = shutil.disk_usage(folder).free / GIB
        if free_gib < 6:
            return [Row(name=NAME, target=TARGET, measured=f"needs 6 GiB free, has {free_gib:.1f}", is_met=None)]
        write_picture(folder / "picture.npy")
        write_run(
            folder / "run", channels=1, side=SIDE, length=LENGTH, min_size=8, thresholds=(LOW, HIGH), width=None,
            depth=None, heads=None,
        )  # fmt: skip
        before = [run_alone("-m", PARTS, part, name) for part in ("cut", "forward")]
        ours = run_alone("-m", PARTS, "predict", name)
        after = [run_alone("-m", PARTS, part, name) for part in ("write", "cut", "forward")]
    return [_row(ours, before, after)]


def _row(ours: dict[str, Any], before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Row:
    parts = {"cut": (before[0], after[1]), "forward": (before[1], after[2]), "write": (after[0],)}
    floor = {name: sum(run["seconds"] for run in runs) / len(runs) for name, runs in parts.items()}
    floor_cpu = sum(sum(run["cpu_seconds"] for run in runs) / len(runs) for runs in parts.values())
    floor_s, peak_gib = sum(floor.values()), ours["peak_rss_bytes"] / GIB
    share, cpu = ours["seconds"]["total"] / floor_s, ours["cpu_seconds"] / floor_cpu
    return Row(
        name=NAME,
        target=TARGET,
        measured=f"{peak_gib:.2f} GiB; {share:.2f}x ({ours['seconds']['total']:.0f} s against {floor_s:.0f} s); "
        f"{cpu:.2f}x the processor time",
        is_met=peak_gib <= 4 and share <= 1.3,
        anchor=ANCHOR,
        values={"seconds": ours["seconds"], "reference_seconds": floor, "ratio": share, "cpu_ratio": cpu,
                "peak_rss_bytes": ours["peak_rss_bytes"], "tokens": ours["tokens"]},
    )  # fmt: skip
