"""A 65,536^2 picture on disk: time against reading and Canny alone, and the peak of memory."""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.measuring import Row
from tests.benchmarks.preprocessing import slide

SIDE, TILE = 65_536, 4096
LENGTH = 16_384
LOW, HIGH = 100, 200
GIB = 2**30
COMMAND = "from vitsci_viz.cli import main; main()"
NAME = "65,536^2 uint8 grey on disk, thresholds (100, 200), 16,384 tokens, against reading + tiled Canny alone"
TARGET = "peak memory <= 3 GiB; time <= 1.6x"


def write_picture(path: Path, side: int = SIDE) -> None:
    """Write a detailed picture tile row by tile row: turned and shifted copies of a virtual slide."""
    count = side // TILE
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (side, side)}
        np.lib.format.write_array_header_1_0(file, header)
        for row in range(count):
            file.write(picture_band(row, count).tobytes())


def picture_band(row: int, count: int) -> NDArray[np.uint8]:
    """Return one row of tiles of a picture of `count` x `count` tiles."""
    grey = cv2.cvtColor(slide(TILE), cv2.COLOR_RGB2GRAY)
    return np.concatenate([_variant(grey, row * count + column) for column in range(count)], axis=1)


def _variant(grey: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    turned = np.rot90(grey, number % 4)
    turned = turned[:, ::-1] if number // 4 % 2 else turned
    return np.roll(turned, (number * 613 % TILE, number * 1031 % TILE), (0, 1))


def measure() -> list[Row]:
    """Run `vitsci-viz patch` between two runs of the reference, each in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="vitsci_viz_bench_") as folder:
        free_gib = shutil.disk_usage(folder).free / GIB
        if free_gib < 6:
            return [Row(name=NAME, target=TARGET, measured=f"needs 6 GiB free, has {free_gib:.1f}", is_met=None)]
        path = Path(folder) / "picture.npy"
        write_picture(path)
        reference = ("-m", "tests.benchmarks.large_reference", str(path), str(LOW), str(HIGH))
        flags = ("--thresholds", f"{LOW},{HIGH}", "--length", str(LENGTH), "--json")
        first = run_alone(*reference)
        ours = run_alone("-c", COMMAND, "patch", str(path), *flags, "--out", str(Path(folder) / "tree.npz"))
        second = run_alone(*reference)
    return [_row(ours, [first, second])]


def run_alone(*arguments: str) -> dict[str, Any]:
    """Run Python in a process of its own; return what it printed as JSON, with the processor time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout), "cpu_seconds": cpu_s}


def _row(ours: dict[str, Any], references: list[dict[str, Any]]) -> Row:
    floor_s = statistics.mean(run["seconds"] for run in references)
    seconds, peak_gib = ours["seconds"], ours["peak_rss_bytes"] / GIB
    share = seconds["total"] / floor_s
    without = (seconds["total"] - seconds["quality"]) / floor_s
    cpu = ours["cpu_seconds"] / statistics.mean(run["cpu_seconds"] for run in references)
    return Row(
        name=NAME,
        target=TARGET,
        measured=f"{peak_gib:.2f} GiB; {share:.2f}x with PSNR ({seconds['total']:.0f} s against {floor_s:.0f} s), "
        f"{without:.2f}x without; {cpu:.2f}x the processor time",
        is_met=peak_gib <= 3 and share <= 1.6,
        repetitions=1,
        values={"seconds": seconds, "reference_seconds": [run["seconds"] for run in references],
                "reference_peak_bytes": [run["peak_rss_bytes"] for run in references],
                "ratio": share, "ratio_without_psnr": without, "cpu_ratio": cpu,
                "peak_rss_bytes": ours["peak_rss_bytes"]},
    )  # fmt: skip
