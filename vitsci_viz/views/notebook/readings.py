"""The readings as a small table: value, comparison, and how each is computed as a tooltip."""

import html
from collections.abc import Iterable

import ipywidgets as widgets

from vitsci_viz.views.session.readings import Readings
from vitsci_viz.views.session.wording import Reading, reading_lines, summary


class ReadingsTable:
    """A sentence with the most important readings, and all of them in rows below."""

    def __init__(self) -> None:
        self.widget = widgets.HTML(layout=widgets.Layout(width="100%"))

    def show(self, readings: Readings, *, min_size: tuple[int, ...]) -> None:
        """Show the readings of a setting.

        Parameters
        ----------
        readings : Readings
            The numbers.
        min_size : tuple of int
            Side of the finest leaf: the uniform grid that they are compared with.
        """
        sentence = html.escape(summary(readings, min_size=min_size))
        table = table_of(reading_lines(readings, min_size=min_size))
        self.widget.value = f'<div class="vz-summary" role="status">{sentence}</div>{table}'


def table_of(lines: Iterable[Reading]) -> str:
    """Return lines of readings as a table."""
    return f'<table class="vz-readings">{"".join(map(_row, lines))}</table>'


def _row(line: Reading) -> str:
    name, value, note, help = (html.escape(text) for text in (line.name, line.value, line.note, line.help))
    return f'<tr title="{help}"><th scope="row">{name}</th><td class="vz-value">{value}</td><td>{note}</td></tr>'
