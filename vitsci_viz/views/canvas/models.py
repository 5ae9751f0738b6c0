"""The Bokeh models of one canvas: a bare figure, a source per layer, and the script that moves them in the page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from bokeh.models import ColumnDataSource, CustomJS, GlyphRenderer, LinearColorMapper, Range1d
from bokeh.plotting import figure

from vitsci_viz.views.canvas.script import controller_code
from vitsci_viz.views.canvas.wire import frame_columns

BACKGROUND = "#161616"
OVERVIEW = "overview"
"""Layer below all others: the whole image, small."""
LEAVES = "leaves"
"""The one layer that has rectangles beside its raster."""
QUAD_COLUMNS = ("left", "right", "top", "bottom", "level")


@dataclass(frozen=True, eq=False, kw_only=True)
class SharedView:
    """What linked canvases share, in the page alone: centre and scale of the view, and the cursor."""

    view: ColumnDataSource = field(default_factory=lambda: _source(cx=[None], cy=[None], scale=[None], fitted=[True]))
    cursor: ColumnDataSource = field(default_factory=lambda: _source(x=[None], y=[None], owner=[""]))


@dataclass(frozen=True, eq=False, kw_only=True)
class CanvasModels:
    """Models of one canvas.

    Parameters
    ----------
    plot : figure
        Bare: no axes, no tools; the script navigates.
    frames : dict of str to ColumnDataSource
        Compressed bytes per layer, from Python to the page.
    quads : ColumnDataSource
        Rectangles of the leaves.
    mapper : LinearColorMapper
        Level to colour.
    windows, probes, events : ColumnDataSource
        From the page to Python: what is visible, the cursor, keys and layer toggles.
    state : ColumnDataSource
        Everything else from Python to the page, as one JSON text.
    shared : SharedView
        Shared with linked canvases.
    """

    plot: Any
    frames: dict[str, ColumnDataSource]
    quads: ColumnDataSource
    mapper: LinearColorMapper
    windows: ColumnDataSource
    probes: ColumnDataSource
    events: ColumnDataSource
    state: ColumnDataSource
    shared: SharedView


def build_models(
    shape: Sequence[int], layers: Sequence[str], state: str, *, height: int | None, shared: SharedView | None
) -> CanvasModels:
    """Build the models of a canvas.

    Parameters
    ----------
    shape : sequence of int
        Rows and columns of the image.
    layers : sequence of str
        Bottom to top, without the overview.
    state : str
        First state, JSON.
    height : int, optional
        In CSS pixels; None fills the box.
    shared : SharedView, optional
        Of the canvas this one is linked to.
    """
    plot = _bare_figure(shape, height)
    frames = {name: _source(**frame_columns(None, 0)) for name in (OVERVIEW, *layers)}
    images = {name: _source(image=[], x=[], y=[], dw=[], dh=[]) for name in frames}
    renderers: dict[str, list[GlyphRenderer]] = {name: [_add_image(plot, images[name])] for name in frames}
    mapper = LinearColorMapper(palette=["#ffffff"], low=-0.5, high=0.5)
    quads = _source(**{name: [] for name in QUAD_COLUMNS})
    if LEAVES in renderers:
        renderers[LEAVES].append(_add_quads(plot, quads, mapper))
    models = CanvasModels(
        plot=plot,
        frames=frames,
        quads=quads,
        mapper=mapper,
        windows=_source(),
        probes=_source(),
        events=_source(kind=[""], value=["null"], serial=[0]),
        state=_source(json=[state]),
        shared=shared or SharedView(),
    )
    _attach_script(models, images, renderers)
    return models


def _source(**columns: Any) -> ColumnDataSource:
    return ColumnDataSource(data=cast(Any, columns))


def _bare_figure(shape: Sequence[int], height: int | None) -> Any:
    rows, columns = shape
    plot: Any = figure(
        x_range=Range1d(start=0, end=columns),
        y_range=Range1d(start=rows, end=0),
        toolbar_location=None,
        tools="",
        min_border=0,
        outline_line_color=None,
        background_fill_color=BACKGROUND,
        border_fill_color=BACKGROUND,
        styles={"background": BACKGROUND},
        sizing_mode="stretch_both" if height is None else "stretch_width",
        height=height,
        min_width=120,
        min_height=120,
    )
    plot.axis.visible = False
    plot.grid.visible = False
    return plot


def _add_image(plot: Any, source: ColumnDataSource) -> GlyphRenderer:
    # rows grow downwards in the data, and so does the axis
    return plot.image_rgba(
        image="image", x="x", y="y", dw="dw", dh="dh", source=source, origin="bottom_left", anchor="bottom_left"
    )


def _add_quads(plot: Any, source: ColumnDataSource, mapper: LinearColorMapper) -> GlyphRenderer:
    colour = {"field": "level", "transform": mapper}
    return plot.quad(
        left="left", right="right", top="top", bottom="bottom", source=source, fill_color=None, line_color=colour
    )


def _attach_script(
    models: CanvasModels, images: dict[str, ColumnDataSource], renderers: dict[str, list[GlyphRenderer]]
) -> None:
    shared = models.shared
    script = CustomJS(
        args={
            "figure": models.plot,
            "x_range": models.plot.x_range,
            "y_range": models.plot.y_range,
            "frames": models.frames,
            "images": images,
            "renderers": renderers,
            "link": shared.view,
            "pointer": shared.cursor,
            "windows": models.windows,
            "probes": models.probes,
            "events": models.events,
            "state": models.state,
            # where the page finds the array type that images are made of
            "blank": _source(image=[np.zeros((1, 1), np.uint32)]),
        },
        code=controller_code(BACKGROUND),
    )
    for name in ("inner_width", "inner_height"):
        models.plot.js_on_change(name, script)
    for source in (*models.frames.values(), models.state, shared.view, shared.cursor):
        source.js_on_change("data", script)
