"""Legends as the page draws them: a row per leaf size or class, or a colour ramp with its ends."""

from typing import Any

from vitsci_viz.views.session.layers import LeafScene, Picture, Raster
from vitsci_viz.views.session.palettes import to_hex

RAMP_STOPS = 8


def legend_of(scene: Picture | Raster | LeafScene | None) -> dict[str, Any] | None:
    """Return the legend of a scene; None where there is nothing to explain."""
    if isinstance(scene, LeafScene):
        return _leaf_legend(scene)
    if isinstance(scene, Raster) and scene.high > scene.low:
        return _ramp_legend(scene)
    if isinstance(scene, Raster) and scene.entries:
        rows = [{"colour": colour, "text": text} for colour, text in scene.entries]
        return {"title": scene.label[:1].upper() + scene.label[1:], "rows": rows, "ramp": None}
    return None


def _leaf_legend(scene: LeafScene) -> dict[str, Any]:
    rows = [
        {"colour": row.colour, "text": f"{leaf_size(row.size)} px", "count": f"{row.count:,}"} for row in scene.legend
    ]
    return {"title": f"{scene.total:,} leaves", "rows": rows, "ramp": None}


def _ramp_legend(raster: Raster) -> dict[str, Any]:
    stops = [raster.palette[round(k * 255 / (RAMP_STOPS - 1))] for k in range(RAMP_STOPS)]
    ramp = {
        "colours": ",".join(to_hex(stop) for stop in stops),
        "low": f"{raster.low:,.4g}",
        "high": f"\N{GREATER-THAN OR EQUAL TO} {raster.high:,.4g}" if raster.is_capped else f"{raster.high:,.4g}",
    }
    return {"title": raster.label, "rows": [], "ramp": ramp}


def leaf_size(size: tuple[int, ...]) -> str:
    """Write a leaf's side, or its sides where they differ.

    >>> leaf_size((8, 8)), leaf_size((2, 8, 8))
    ('8', '2 x 8 x 8')
    """
    return str(size[0]) if len(set(size)) == 1 else " x ".join(str(side) for side in size)
