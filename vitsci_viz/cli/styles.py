"""What the readings of all workflows share: styles, and the last lines."""

from rich.text import Text

from vitsci_viz.types import Report
from vitsci_viz.views.session.wording import size
from vitsci_viz.workflows.outputs import numbered

SHOWN_S = 0.005
"""Stages shorter than this are not listed."""
ACCENT, QUIET, GOOD = "bold cyan", "bright_black", "green"


def footer(report: Report) -> Text:
    """Say how long it took, how much memory, and where the outputs lie."""
    seconds = dict(report.results["seconds"])
    total = seconds.pop("total")
    stages = ", ".join(f"{name} {value:.2f}" for name, value in seconds.items() if value >= SHOWN_S)
    lines = [f"{total:.2f} s{f' ({stages})' if stages else ''}; peak memory {size(report.results['peak_rss_bytes'])}"]
    trees = len(report.results.get("trees", [0]))
    lines += [f"{name}: {each}" for name, path in report.recipe["outputs"].items() for each in numbered(path, trees)]
    return Text("\n".join(lines), style=QUIET)
