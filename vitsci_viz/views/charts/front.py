"""The Pareto chart: what the settings of a sweep cost against what they keep, with the front and its knee."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vitsci_viz.patching.pareto import knee, pareto_front
from vitsci_viz.views.charts.axes import MUTED, SECOND, dress, spread

OKABE_ITO = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#a6761d", "#999999")
COSTS = {"tokens": "tokens", "step_flops": "operations of a training step"}
"""What a setting costs: column of a sweep -> its words."""
KEPT = {"psnr": "reconstruction, PSNR (dB)", "oracle_dice": "oracle Dice"}
"""What a setting keeps: column of a sweep -> its words."""
SAID = {"psnr": "{:.2f} dB", "oracle_dice": "oracle Dice {:.3f}"}
TOOLTIP = '<div style="font-size: 12px; white-space: nowrap"><b>@setting</b>: @tokens{0,0} tokens, @kept</div>'
TOLD_AT_ONCE = 5
"""Settings of the tooltip where points lie upon each other."""
RECOMMENDED = "#7c6ae0"
"""Colour of the diamonds around what is recommended for a token budget; clear on light and on dark."""
UNNAMED = ("Front", "Knee", "Current", "Recommended", "Settings")
"""Parts that say what they are where they lie, and need no place in the legend."""
KNEE_OFFSET = {"x_offset": 12, "y_offset": 16}
EXACT_OFFSET = {"x_offset": 6, "y_offset": -3}

Row = Mapping[str, Any]


def front_chart(
    rows: Sequence[Row],
    *,
    cost: str = "tokens",
    kept: str = "psnr",
    current: int | None = None,
    has_legend: bool = False,
) -> Any:
    """Draw the settings of a sweep.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of a sweep as plain values, `SweepRow.to_mapping`. What is not known (None, NaN) is left out; what loses
        nothing (infinite) is drawn on a line of its own, named "exact".
    cost : str
        What lies to the right, on a logarithmic axis: a key of `COSTS`.
    kept : str
        What lies up: a key of `KEPT`.
    current : int, optional
        Place of the row to ring as the setting on screen.
    has_legend : bool
        Name the colours and marks.

    Returns
    -------
    holoviews.Overlay
        ``Curve.Front`` (a step line), ``Points.Knee`` and ``Points.Current`` (rings), ``Points.Recommended`` (diamonds
        around what is recommended for a token budget), ``Points.Settings`` (one colour per token side, uniform grids as
        squares; ``row`` is the place in `rows`), and labels.
    """
    hv = load_holoviews()
    costs = np.array([row[cost] for row in rows], np.float64)
    scores = np.array([math.nan if row[kept] is None else row[kept] for row in rows], np.float64)
    top, heights = _heights(scores)
    known = np.flatnonzero(~np.isnan(scores))
    best, front = knee(costs, scores), _front(costs, scores)
    here = [current] if current is not None and current in known else []
    knees = [] if best is None else [best]

    def at(places: Sequence[int] | np.ndarray[Any, Any]) -> tuple[Any, Any]:
        """Return where rows lie."""
        return costs[list(places)], heights[list(places)]

    has_exact = bool(np.isposinf(scores).any())
    xlim, ylim = _limits(costs[known], heights[known])
    parts = [
        *([_exact_line(top)] if has_exact else []),
        _steps(at(front)),
        *_rings(at(knees), at(here), at([place for place in known.tolist() if rows[place].get("recommended")])),
        _settings(rows, known, at(known), scores, said=SAID[kept]),
        *(_legend(rows) if has_legend else []),
        _words((*at(knees), ["knee"] * len(knees)), "Knee", KNEE_OFFSET),
        _words(([xlim["start"]], [top], ["exact"]) if has_exact else ([], [], []), "Exact", EXACT_OFFSET),
    ]
    return hv.Overlay(parts).opts(
        logx=True, xlim=tuple(xlim.values()), ylim=tuple(ylim.values()), xlabel=COSTS[cost], ylabel=KEPT[kept],
        title="", toolbar=None, default_tools=[], show_grid=True,
        show_legend=has_legend, legend_position="bottom_right", hooks=[_dress],
    )  # fmt: skip


def load_holoviews() -> Any:
    """Import HoloViews with the options of its Bokeh plots, which takes a second."""
    import holoviews as hv
    import holoviews.plotting.bokeh

    return hv


def colours_of(rows: Sequence[Row]) -> dict[Any, str]:
    """Give each token side a colour that colour-blind readers tell apart."""
    sides = dict.fromkeys(row["patch_size"] for row in rows)
    return {side: OKABE_ITO[place % len(OKABE_ITO)] for place, side in enumerate(sides)}


def title_of(row: Row) -> str:
    """Say in a few words what a setting is.

    >>> title_of({"uniform": False, "detail": "edges", "patch_size": 8, "min_size": None})
    'edges, token 8 px, finest leaf 8 px'
    """
    leaf = row["min_size"] or row["patch_size"]
    kind = "uniform grid" if row["uniform"] else row["detail"]
    return f"{kind}, token {row['patch_size']} px, finest leaf {leaf} px"


def _heights(scores: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
    """Return the height of the line where nothing is lost, and the height of every score."""
    finite = scores[np.isfinite(scores)]
    top = spread(finite)["end"] if len(finite) else 1.0
    return top, np.where(np.isposinf(scores), top, scores)


def _limits(costs: np.ndarray[Any, Any], heights: np.ndarray[Any, Any]) -> tuple[Mapping[str, float], ...]:
    """Return where both axes start and end."""
    if not len(costs):
        return {"start": 1.0, "end": 10.0}, {"start": 0.0, "end": 1.0}
    return spread(costs, is_log=True), spread(heights)


def _front(costs: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the places of the front, cheapest first."""
    front = np.flatnonzero(pareto_front(costs, scores))
    return front[np.argsort(costs[front], kind="stable")]


def _settings(rows: Sequence[Row], known: Any, at: tuple[Any, Any], scores: Any, *, said: str) -> Any:
    import holoviews as hv

    colours = colours_of(rows)
    columns = {
        "x": at[0],
        "y": at[1],
        "row": known,
        "setting": [title_of(rows[place]) for place in known],
        "tokens": [rows[place]["tokens"] for place in known],
        "kept": ["exact" if np.isinf(scores[place]) else said.format(scores[place]) for place in known],
        "colour": [colours[rows[place]["patch_size"]] for place in known],
        "marker": ["square" if rows[place]["uniform"] else "circle" for place in known],
        "filled": [0.0 if rows[place]["uniform"] else 1.0 for place in known],
    }
    return hv.Points(columns, ["x", "y"], list(columns)[2:], label="Settings").opts(
        size=9, marker=hv.dim("marker"), color=hv.dim("colour"), fill_alpha=hv.dim("filled"), line_width=1.5,
        default_tools=[], tools=["hover", "tap"], hover_tooltips=TOOLTIP,
    )  # fmt: skip


def _legend(rows: Sequence[Row]) -> list[Any]:
    """Return points without a place that the legend shows: one for each token side, and one for each other mark."""
    import holoviews as hv

    looks: dict[str, dict[str, Any]] = {f"token {side} px": {"color": it} for side, it in colours_of(rows).items()}
    if any(row["uniform"] for row in rows):
        looks["uniform grid"] = {"marker": "square", "line_color": MUTED, "fill_alpha": 0}
    if any(row.get("recommended") for row in rows):
        looks["recommended for a budget"] = {"marker": "diamond", "line_color": RECOMMENDED, "fill_alpha": 0}
    return [
        hv.Points([(math.nan, math.nan)], ["x", "y"], label=name, group="Legend").opts(
            size=9, default_tools=[], tools=[], **look
        )
        for name, look in looks.items()
    ]


def _steps(at: tuple[Any, Any]) -> Any:
    """Join the points of the front."""
    import holoviews as hv

    return hv.Curve(at, "x", "y", label="Front").opts(
        interpolation="steps-post", color=MUTED, line_width=1.5, default_tools=[], tools=[]
    )


def _rings(knees: tuple[Any, Any], here: tuple[Any, Any], advised: tuple[Any, Any]) -> list[Any]:
    """Mark the knee, the current setting and those recommended."""
    return [
        _ring(knees, "Knee", size=20, colour=MUTED),
        _ring(here, "Current", size=26, colour=SECOND),
        _ring(advised, "Recommended", size=22, colour=RECOMMENDED).opts(marker="diamond"),
    ]


def _ring(at: tuple[Any, Any], label: str, *, size: int, colour: str) -> Any:
    import holoviews as hv

    return hv.Points(at, ["x", "y"], label=label).opts(
        size=size, fill_alpha=0, line_color=colour, line_width=2, default_tools=[], tools=[]
    )


def _exact_line(top: float) -> Any:
    import holoviews as hv

    return hv.HLine(top, label="Exact").opts(color=MUTED, line_dash="dotted", line_width=1, default_tools=[], tools=[])


def _words(at: tuple[Any, Any, Any], label: str, offset: Mapping[str, float]) -> Any:
    """Write words a few pixels beside points."""
    import holoviews as hv

    return hv.Labels(at, ["x", "y"], "words", label=label).opts(
        text_color=MUTED, text_font_size="11px", text_align="left", text_baseline="bottom", default_tools=[], tools=[],
        hooks=[lambda plot, _: plot.handles["glyph"].update(**offset)],
    )  # fmt: skip


def _dress(plot: Any, _: Any) -> None:
    """Dress the figure that HoloViews made like every other plot; points look the same under the mouse."""
    from bokeh.models import GlyphRenderer, HoverTool

    figure = plot.handles["plot"]
    dress(figure)
    figure.min_border = 12
    for legend in figure.legend:
        legend.items = [item for item in legend.items if item.label.value not in UNNAMED]
        legend.update(label_text_font_size="11px", border_line_color=None, background_fill_alpha=0.7, padding=4)
    for tool in figure.select(type=HoverTool):
        tool.limit = TOLD_AT_ONCE
    for renderer in figure.select(type=GlyphRenderer):
        renderer.update(hover_glyph=None, selection_glyph=None, nonselection_glyph=None)
