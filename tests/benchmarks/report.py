"""The table on the screen, in the README and as JSON."""

import datetime
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measuring import Row
from vitsci_viz.atomic import replacing

ROOT = Path(__file__).parent.parent.parent
RESULTS = Path(__file__).parent / "results"
README = ROOT / "README.md"
MARKS = "<!-- bench:start -->", "<!-- bench:end -->"
PACKAGES = ("numpy", "opencv-python", "numba", "scikit-image", "torch", "bokeh", "panel")
VERDICT = {True: "yes", False: "**no**", None: "-"}


def machine() -> dict[str, Any]:
    """Say where and with what the figures were taken."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "cores": len(os.sched_getaffinity(0)),
        "cpu": model,
        "memory_gib": round(memory_bytes / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "load": round(os.getloadavg()[0], 2),
    }


def print_table(rows: Sequence[Row]) -> None:
    """Print the rows for people."""
    table = Table(show_lines=True)
    for heading in ("what", "measured", "target", "met", "anchor", "runs"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        met = {True: "[green]yes", False: "[red]no", None: "-"}[row.is_met]
        table.add_row(row.name, row.measured, row.target, met, row.anchor, str(row.repetitions))
    Console().print(table)


def write_json(rows: Sequence[Row], where: dict[str, Any], path: Path) -> Path:
    """Keep the numbers."""
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary:
        content = {"machine": where, "rows": [asdict(row) for row in rows]}
        temporary.write_text(json.dumps(content, indent=1) + "\n")
    return path


def write_readme(
    rows: Sequence[Row],
    where: dict[str, Any],
    *,
    marks: tuple[str, str] = MARKS,
    command: str = "make bench",
    how: str = "",
) -> None:
    """Put the table between two marks of the README."""
    start, end = marks
    text = README.read_text()
    before, mark, rest = text.partition(start)
    _, closing, after = rest.partition(end)
    if not mark or not closing:
        raise SystemExit(f"{README} must hold {start} and {end}: put them where the table shall stand")
    README.write_text(f"{before}{start}\n{markdown(rows, where, command, how)}\n{end}{after}")


def markdown(rows: Sequence[Row], where: dict[str, Any], command: str, how: str = "") -> str:
    """Return the table as the README shows it."""
    lines = ["| what | measured | target | met | anchor |", "|---|---|---|---|---|"]
    lines += [f"| {row.name} | {row.measured} | {row.target} | {VERDICT[row.is_met]} | {row.anchor} |" for row in rows]
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    repetitions = sorted({row.repetitions for row in rows})
    rounds = (
        f"Medians of {repetitions[0]} to {repetitions[-1]} rounds in which everything compared takes its turn; the "
        f"load of the machine was {where['load']}."
    )
    lines += [
        "",
        f"Measured by `{command}` on {where['date']}, {where['cores']} cores of {where['cpu']}, "
        f"{where['memory_gib']} GiB, Python {where['python']}, {versions}. {how or rounds}",
    ]
    return "\n".join(lines)
