"""Results as people read them in a terminal: comparisons first, then the numbers, then where they went."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vitsci_viz.cli.scan_readings import reconstruct_readings
from vitsci_viz.cli.segment_readings import evaluate_readings, predict_readings, train_readings
from vitsci_viz.cli.styles import ACCENT, GOOD, QUIET, footer
from vitsci_viz.patching.readings import Readings
from vitsci_viz.types import Report
from vitsci_viz.views.session.wording import Reading, decibel, extent, reading_lines, share, side, size


def patch_readings(report: Report) -> Iterator[RenderableType]:
    """Say what one cut saves and keeps."""
    results = report.results
    yield _headline(results)
    rows = results.get("trees", [results])
    if len(rows) > 1:
        yield _forest_table(rows)
    else:
        yield _lines(reading_lines(to_readings(results), min_size=tuple(results["min_size"])), results)
    yield footer(report)


def to_readings(results: Mapping[str, Any]) -> Readings:
    """Return a result's numbers as readings."""
    values: dict[str, Any] = {field.name: results.get(field.name) for field in fields(Readings)}
    by_class = results.get("oracle_dice_by_class")
    values["oracle_dice"] = None if by_class is None else {int(label): dice for label, dice in by_class.items()}
    return Readings(**values)


def _headline(results: Mapping[str, Any]) -> Text:
    facts = extent(results["shape"], results["channels"], results["spacing"], results["unit"])
    tokens = f"{results['tokens']:,} token{'' if results['tokens'] == 1 else 's'}"
    return Text.assemble(
        (str(results["image"]), "bold"),
        (f"  {facts}\n", QUIET),
        (tokens, ACCENT),
        f" = {share(results['share'])} of the {results['uniform_tokens']:,} a uniform {side(results['min_size'])} grid "
        "needs",
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


def sweep_readings(report: Report) -> Iterator[RenderableType]:
    """Show the settings worth having, fewest tokens first, with the knee marked."""
    rows = report.results["rows"]
    front = sorted((row for row in rows if row["front"]), key=lambda row: row["tokens"])
    adaptive = sum(not row["uniform"] for row in rows)
    images = report.results["images"]
    name = images[0] if len(images) == 1 else f"{len(images)} images (means)"
    yield Text.assemble(
        (name, "bold"), (f"  {adaptive} adaptive settings beside {len(rows) - adaptive} uniform grids", QUIET)
    )
    distinct = list({(row["tokens"], row["psnr"], row["oracle_dice"]): row for row in reversed(front)}.values())[::-1]
    yield _sweep_table(distinct, has_dice=rows[0]["oracle_dice"] is not None)
    best = next((row for row in front if row["knee"]), None)
    if best is not None:
        yield Text(f"Beyond the knee ({best['tokens']:,.0f} tokens) more tokens buy little.", style=GOOD)
    yield Text("Only settings that no other one beats are listed; --csv and --json print all.", style=QUIET)
    yield footer(report)


def _sweep_table(rows: list[Mapping[str, Any]], *, has_dice: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=QUIET)
    heads = ("", "tokens", "patch", "leaf", "tree", "PSNR", "SSIM", *(["oracle Dice"] if has_dice else []), "step")
    for head in heads:
        table.add_column(head, justify="left" if head == "tree" else "right", no_wrap=True)
    for row in rows:
        cells = [
            "knee" if row["knee"] else "", f"{row['tokens']:,.0f}", f"{row['patch_size']}", f"{row['min_size']}",
            _tree_in_words(row), decibel(row["psnr"]), "" if row["ssim"] is None else f"{row['ssim']:.3f}",
        ]  # fmt: skip
        cells += [f"{row['oracle_dice']:.4f}"] if has_dice else []
        table.add_row(*cells, flops(row["step_flops"]), style=GOOD if row["knee"] else "")
    return table


def flops(count: float) -> str:
    """Write a number of operations.

    >>> flops(8.1e9), flops(1.24e13)
    ('8.1 GFLOP', '12 TFLOP')
    """
    value, unit = (count / 1e12, "TFLOP") if count >= 1e12 else (count / 1e9, "GFLOP")
    return f"{value:,.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"


def _tree_in_words(row: Mapping[str, Any]) -> str:
    if row["uniform"]:
        return "uniform grid"
    budget = f"length {row['length']:,}" if row["mode"] == "length" else f"split value {row['split_value']:,.4g}"
    return f"{row['detail']}, {budget}"


def sample_readings(report: Report) -> Iterator[RenderableType]:
    """List the files that were written."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", style=QUIET, no_wrap=True)
    for path, count in zip(report.results["files"], report.results["bytes"], strict=True):
        table.add_row(path, size(count))
    yield table


READINGS: dict[str, Callable[[Report], Iterator[RenderableType]]] = {
    "patch": patch_readings,
    "sweep": sweep_readings,
    "sample": sample_readings,
    "train": train_readings,
    "predict": predict_readings,
    "evaluate": evaluate_readings,
    "reconstruct": reconstruct_readings,
}
"""How the results of each workflow are shown."""
