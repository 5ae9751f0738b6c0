"""What a reconstruction found, as people read it in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from vitsci_viz.cli.segment_readings import counted
from vitsci_viz.cli.styles import ACCENT, QUIET, footer
from vitsci_viz.types import Report
from vitsci_viz.views.session.wording import size

SHOWN = 5
"""Centres of a sweep that are shown."""


def reconstruct_readings(report: Report) -> Iterator[RenderableType]:
    """Say what was scanned, where the axis was found, and what the volume is."""
    results = report.results
    scan, centre, plan = results["scan"], results["centre"], results["plan"]
    low, high = scan["angles_deg"]
    pixel = "" if scan["pixel_mm"] is None else f", pixel {1e3 * scan['pixel_mm']:.4g} um"
    facts = f"{scan['views']:,} views of {scan['rows']:,} x {scan['columns']:,} over {high - low:.4g} degrees{pixel}"
    frames = f", {scan['flats']} flats, {scan['darks']} darks" if scan["flats"] else ""
    yield Text.assemble((str(scan["name"]), "bold"), (f"  {facts}{frames}", QUIET))
    sure = "" if centre["confidence"] is None else f", confidence {centre['confidence']:.2f}"
    spread = "" if centre["uncertainty_px"] is None else f" \N{PLUS-MINUS SIGN} {centre['uncertainty_px']:.2f}"
    tilt = f", tilt {centre['tilt_deg']:.3f} degrees" if centre["tilt_deg"] else ""
    yield Text.assemble("Centre ", (f"{centre['px']:.2f}{spread} px", ACCENT), f" ({centre['method']}{sure}){tilt}")
    if "tried" in results:
        yield _tried(results["tried"], results["tried_row"])
    shape = " x ".join(f"{n:,}" for n in results["shape"])
    rate = f"{results['updates_per_s'] / 1e9:.2f} G updates/s"
    yield Text.assemble(
        "Volume ",
        (shape, ACCENT),
        f" by {results['method']} ({results['method_reason']}), {counted(plan['slabs'], 'slab')}, {rate}",
    )
    if results["quality"]:
        yield Text(", ".join(_quality(results["quality"])))
    if results["range"] is not None:
        low, high = results["range"]
        yield Text(f"0 to 65,535 stands for {low:.4g} to {high:.4g}", style=QUIET)
    for note in results["notes"]:
        yield Text(f"note: {note}")
    for sentence in results["corrections"]:
        yield Text(sentence, style=QUIET)
    yield Text(f"planned {size(plan['memory_bytes'])} of memory, {size(plan['disk_bytes'])} on disk", style=QUIET)
    yield footer(report)


def _tried(rows: Sequence[Mapping[str, Any]], row: int) -> Table:
    """Show the sharpest of the centres that were tried; the table in the file has all."""
    title = f"{len(rows)} centres tried on row {row:,}, the sharpest:"
    table = Table(title=title, title_justify="left", title_style="", box=None, padding=(0, 2), header_style=QUIET)
    for heading in ("centre (px)", "score", "method"):
        table.add_column(heading, justify="left" if heading == "method" else "right")
    for each in rows[:SHOWN]:
        table.add_row(f"{each['centre_px']:.2f}", f"{each['score']:.3f}", str(each["method"]))
    return table


def _quality(found: Mapping[str, Any]) -> Iterator[str]:
    """Say what two half-scans tell: FRC at the half-bit threshold, noise, rings and streaks."""
    if found["is_pixel_limited"]:
        yield "Resolution: the pixels are the limit"
    else:
        micrometres = "" if found["resolution_mm"] is None else f" = {1e3 * found['resolution_mm']:.4g} um"
        finer = " or finer, as half the views are few" if found["is_view_limited"] else ""
        yield f"Resolution {found['resolution_px']:.2f} px{micrometres}{finer} (period, half-bit FRC)"
    for name, word in (("signal_to_noise", "signal to noise"), ("contrast_to_noise", "contrast to noise")):
        if found[name] is not None:
            yield f"{word} {found[name]:.1f}"
    yield f"rings {found['ring_score']:.2f}"
    yield f"streaks {found['streak_score']:.2f}"
