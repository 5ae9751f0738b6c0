"""A row of small pictures with a switch: prediction, truth and image of the same places."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.session.palettes import class_hex
from vitsci_viz.views.session.previews import Preview, Rgb, encoded


class Tiles:
    """Shows a few images; one switch changes what all of them show.

    Parameters
    ----------
    kinds : sequence of str
        Names of the switch, the first one shown first.
    is_tall : bool
        Fill the height that is there, in two rows if there are more than two pictures.
    """

    def __init__(self, kinds: Sequence[str], *, is_tall: bool = False) -> None:
        self._shown: object = None
        self.view = Island(
            script="tiles.js",
            style="tiles.css",
            fixed={"kinds": list(kinds), "tall": is_tall},
            sizing_mode="stretch_both" if is_tall else "stretch_width",
        )
        self.view.put(tiles=[], title="", empty="", legend=[])

    def show(
        self,
        title: str,
        tiles: Sequence[Mapping[str, Any]],
        *,
        key: object,
        classes: Sequence[str] = (),
        empty: str = "",
    ) -> None:
        """Show pictures (only if `key` differs from the last one).

        Parameters
        ----------
        title : str
            What they are.
        tiles : sequence of mapping
            ``name``, ``note`` and one address for every kind.
        key : object
            Changes whenever the pictures do.
        classes : sequence of str
            Names of the classes that are coloured, background first.
        empty : str
            What stands there while there are none.
        """
        if self._shown is not None and key == self._shown:
            return
        self._shown = key
        legend = [{"name": name, "colour": class_hex(index)} for index, name in enumerate(classes) if index]
        self.view.put(title=title, tiles=[dict(tile) for tile in tiles], empty=empty, legend=legend)


def preview_tiles(previews: Sequence[Preview]) -> list[dict[str, Any]]:
    """Put previews in plain values for the browser."""
    return [
        {
            "name": preview.name,
            "note": "" if preview.dice is None else f"Dice {preview.dice:.3f}",
            "prediction": address(preview.prediction),
            "truth": address(preview.truth),
            "image": address(preview.image),
        }
        for preview in previews
    ]


def address(rgb: Rgb | None) -> str:
    """Return a picture as a data address, so that no request is made for it; empty where there is none."""
    data = encoded(rgb)
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}" if data else ""
