"""A row of small pictures in a notebook, with a switch of what all of them show."""

import base64
import html
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from vitsci_viz.views.session.previews import encoded

WIDTH = 180


class PictureRow:
    """Shows a few images; one switch changes what all of them show.

    Parameters
    ----------
    kinds : sequence of str
        Names of the switch, the first one shown first.
    """

    def __init__(self, kinds: Sequence[str]) -> None:
        self._rows: list[dict[str, Any]] = []
        self._key: object = None
        self._html = widgets.HTML()
        self._switch = widgets.ToggleButtons(
            options=[(kind.capitalize(), kind) for kind in kinds], style={"button_width": "90px"}
        )
        self._switch.observe(lambda change: self._draw(), "value")
        self.widget = widgets.VBox([self._switch, self._html], layout=widgets.Layout(display="none"))

    def show(self, rows: Sequence[Mapping[str, Any]], *, key: object) -> None:
        """Show pictures (only if `key` is not the last one).

        Parameters
        ----------
        rows : sequence of mapping
            ``name``, ``note`` and one RGB array (or None) for every kind.
        key : object
            Another object whenever the pictures change.
        """
        if key is self._key:
            return
        self._key = key
        self._rows = [
            {name: value if isinstance(value, str) else _address(value) for name, value in row.items()} for row in rows
        ]
        self.widget.layout.display = "" if rows else "none"
        self._draw()

    def _draw(self) -> None:
        kind = str(self._switch.value)
        self._html.value = "".join(_figure(row, kind) for row in self._rows)


def _figure(row: Mapping[str, str], kind: str) -> str:
    name, note = html.escape(row["name"]), html.escape(row["note"])
    return (
        f'<figure style="margin:0 12px 0 0;display:inline-block;width:{WIDTH}px">'
        f'<img src="{row[kind]}" alt="{kind} of {name}" style="width:100%">'
        f'<figcaption class="vz-note">{name} <b>{note}</b></figcaption></figure>'
    )


def _address(rgb: Any) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(encoded(rgb)).decode()}"
