"""`plot_front`: the settings of a sweep in JupyterLab, what they cost against what they keep."""

from collections.abc import Mapping, Sequence
from typing import Any

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.extras import missing_extra
from vitsci_viz.views.charts.front import COSTS, KEPT, front_chart, load_holoviews
from vitsci_viz.views.notebook.tune import in_notebook

WIDTH, HEIGHT = 520, 400


def plot_front(rows: Sequence[Any], *, cost: str = "tokens") -> Any:
    """Draw what the settings of a sweep cost against what they keep, with the Pareto front and its knee.

    Parameters
    ----------
    rows : sequence of SweepRow or mapping
        From `sweep_settings`, or the ``rows`` that a recipe of the workflow ``sweep`` reports.
    cost : str
        ``"tokens"`` or ``"step_flops"``, the operations of a training step.

    Returns
    -------
    BokehWidget
        What the last line of a cell shows: a chart of the PSNR and, where there was a mask, one of the oracle Dice.
        Colours are token sides, open squares uniform grids.

    Raises
    ------
    MissingExtraError
        The notebook extra is not installed.
    OptionError
        The cost is not known.
    InputError
        There are no rows.

    Examples
    --------
    >>> row = {"tokens": 64, "psnr": 30.0, "oracle_dice": None, "step_flops": 1e9, "patch_size": 8, "min_size": 4,
    ...        "uniform": False, "detail": "edges"}
    >>> shown = plot_front([row, {**row, "tokens": 256, "psnr": 35.0}])
    """
    if cost not in COSTS:
        raise OptionError(f"cost must be one of {', '.join(COSTS)}, got {cost!r}")
    plain = [row if isinstance(row, Mapping) else row.to_mapping() for row in rows]
    if not plain:
        raise InputError("rows must hold the settings of a sweep, got none; make them with sweep_settings(...)")
    try:
        hv = load_holoviews()
        from vitsci_viz.views.notebook.bokeh_widget import BokehWidget, load_bokeh
    except ImportError as error:
        raise missing_extra(error) or error from None
    kinds = [kept for kept in KEPT if any(row[kept] is not None for row in plain)]
    charts = [
        front_chart(plain, cost=cost, kept=kept, has_legend=True).opts(width=WIDTH, height=HEIGHT) for kept in kinds
    ]
    if in_notebook():
        load_bokeh()
    layout = hv.Layout(charts).opts(toolbar=None, shared_axes=False)
    return BokehWidget(hv.render(layout, backend="bokeh"))
