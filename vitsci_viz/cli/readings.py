"""Results as people read them in a terminal: comparisons first, then the numbers, then where they went."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vitsci_viz.patching.readings import Readings
from vitsci_viz.types import Report
from vitsci_viz.views.session.wording import Reading, reading_lines, size

ACCENT, QUIET, GOOD = "bold cyan", "bright_black", "green"


def patch_readings(report: Report) -> Iterator[RenderableType]:
    """Say what one cut saves and keeps."""
    results = report.results
    yield _headline(results)
    rows = results.get("trees", [results])
    if len(rows) > 1:
        yield _forest_table(rows)
    else:
        yield _lines(reading_lines(to_readings(results), min_size=tuple(results["min_size"])), results)
    yield _footer(report)


def to_readings(results: Mapping[str, Any]) -> Readings:
    """Return a result's numbers as readings."""
    values = {field.name: results.get(field.name) for field in fields(Readings)}
    by_class = results.get("oracle_dice_by_class")
    values["oracle_dice"] = None if by_class is None else {int(label): dice for label, dice in by_class.items()}
    return Readings(**values)


def _headline(results: Mapping[str, Any]) -> Text:
    shape = " x ".join(f"{n:,}" for n in results["shape"])
    channels = f", {results['channels']} channels" if results["channels"] > 1 else ""
    tokens = f"{results['tokens']:,} tokens"
    return Text.assemble(
        (str(results["image"]), "bold"),
        (f"  {shape} px{channels}\n", QUIET),
        (tokens, ACCENT),
        f" = {100 * results['share']:.1f} % of the {results['uniform_tokens']:,} a uniform grid needs",
        no_wrap=False,
    )


def _lines(lines: tuple[Reading, ...], results: Mapping[str, Any]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style=QUIET, no_wrap=True)
    table.add_column(justify="right", no_wrap=True, style="bold")
    table.add_column(style=QUIET)
    for line in lines[1:]:
        table.add_row(line.name, line.value, line.note)
    if results["dropped"]:
        table.add_row("Dropped", f"{results['dropped']:,}", f"tokens beyond the length {results['length']:,}")
    return table


def _forest_table(rows: list[Mapping[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style=QUIET)
    for name in ("tree", "tokens", "mean patch", "PSNR", "blur", "thresholds"):
        table.add_column(name, justify="right")
    for number, row in enumerate(rows, start=1):
        thresholds = ", ".join(f"{value:g}" for value in row.get("thresholds", ()))
        table.add_row(
            str(number),
            f"{row['tokens']:,}",
            f"{row['mean_patch']:.1f} px",
            f"{row['psnr']:.1f} dB",
            str(row.get("blur", "")),
            thresholds,
        )
    return table


def _footer(report: Report) -> Text:
    seconds = dict(report.results["seconds"])
    total = seconds.pop("total")
    stages = ", ".join(f"{name} {value:.2f}" for name, value in seconds.items())
    lines = [f"{total:.2f} s ({stages}); peak memory {size(report.results['peak_rss_bytes'])}"]
    lines += [f"{name}: {path}" for name, path in report.recipe["outputs"].items()]
    return Text("\n".join(lines), style=QUIET)


READINGS: dict[str, Callable[[Report], Iterator[RenderableType]]] = {"patch": patch_readings}
"""How the results of each workflow are shown."""
