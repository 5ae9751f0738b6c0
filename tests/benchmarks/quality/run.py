"""Train and compare: ``python -m tests.benchmarks.quality.run [STUDY ...]``.

What is trained already is not trained again, and a run that is stopped goes on from its last checkpoint. On two quiet
cores all studies take about four hours.
"""

import argparse
import importlib
import os
import sys
import time
from pathlib import Path

from tests.benchmarks.measuring import Row
from tests.benchmarks.report import RESULTS, ROOT, machine, print_table, write_json, write_readme

STUDIES = ("plateau", "tokens", "oracle", "nuclei", "decoder")
"""Modules with a ``measure(work) -> list[Row]``, in the order of the table."""
MARKS = "<!-- quality:start -->", "<!-- quality:end -->"
HOW = (
    "Trainings count steps on one thread; the seconds of a step are medians of rounds in which everything compared "
    "takes its turn."
)


def main() -> int:
    """Run the named studies, print the table, and write it down when it is whole."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.quality.run", description=__doc__)
    parser.add_argument("studies", nargs="*", metavar="STUDY", help=f"one or more of {', '.join(STUDIES)}; default all")
    parser.add_argument("--work", type=Path, default=ROOT / "artefacts" / "quality", help="folder of data and runs")
    asked = parser.parse_args()
    chosen = asked.studies or list(STUDIES)
    unknown = [study for study in chosen if study not in STUDIES]
    if unknown:
        parser.error(f"unknown study {', '.join(unknown)}: choose from {', '.join(STUDIES)}")
    os.environ["VITSCI_VIZ_CACHE"] = str(asked.work / "cache")
    where = machine()
    rows: list[Row] = []
    for study in chosen:
        started = time.perf_counter()
        rows += importlib.import_module(f"tests.benchmarks.quality.{study}").measure(asked.work)
        print(f"{study}: done in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    print_table(rows)
    if len(set(chosen)) == len(STUDIES):
        path = write_json(rows, where, RESULTS / f"{where['date']}-quality.json")
        write_readme(rows, where, marks=MARKS, command="make bench-quality", how=HOW)
        print(f"wrote {path} and the table in README.md", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
