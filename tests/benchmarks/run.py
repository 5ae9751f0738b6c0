"""Measure everything: ``python -m tests.benchmarks.run [PART ...]``; without a part, all, and the README is renewed."""

import argparse
import importlib
import sys
import time
from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.report import RESULTS, machine, print_table, write_json, write_readme

PARTS = (
    "preprocessing",
    "large",
    "edges",
    "octree",
    "sweep",
    "tomography_rate",
    "tomography_slices",
    "tomography_fourier",
    "tomography_real",
    "tomography_stream",
    "tomography_page",
    "steps",
    "loading",
    "prediction",
    "browser",
    "imports",
)
"""Modules with a ``measure() -> list[Row]``, in the order of the table."""
ON_GPU = ("tomography_gpu",)
"""Modules that are measured by name alone, where there is a GPU."""


def main() -> int:
    """Measure the named parts, print the table, and write it down when it is whole."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help=f"one or more of {', '.join(PARTS)}; default all, or {', '.join(ON_GPU)} on a GPU",
    )
    parser.add_argument("--json", type=Path, help="keep the numbers of some parts in this file; README stays as it is")
    asked = parser.parse_args()
    chosen = asked.parts or list(PARTS)
    unknown = [part for part in chosen if part not in (*PARTS, *ON_GPU)]
    if unknown:
        parser.error(f"unknown part {', '.join(unknown)}: choose from {', '.join((*PARTS, *ON_GPU))}")
    where = machine()
    rows: list[Row] = []
    for part in chosen:
        started = time.perf_counter()
        rows += importlib.import_module(f"tests.benchmarks.{part}").measure()
        print(f"{part}: measured in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print_table(rows)
    if asked.json is not None:
        write_json(rows, where, asked.json)
    elif len(set(chosen)) == len(PARTS):
        path = write_json(rows, where, RESULTS / f"{where['date']}-cpu.json")
        write_readme(rows, where)
        print(f"wrote {path} and the table in README.md", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
