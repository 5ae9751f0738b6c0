"""The Pareto explorer: many settings of one image, what they cost against what they keep, one click takes one over."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.pareto import RECOVERED
from vitsci_viz.views.charts.front import COSTS, KEPT, RECOMMENDED, colours_of
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.downloads import File
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.front_plot import FrontPlot
from vitsci_viz.workflows.options import SHARED_FIELDS, SweepOptions

EXACT = 1e9
RULE = (
    "Recommended for each token budget: the smallest tokens whose tree wins back at least "
    f"{100 * RECOVERED:.0f} % of the oracle Dice that a plain grid of them loses, else the largest."
)
"""What `patching.pareto.recommend` does, in one line."""


class ParetoPanel:
    """Two plots and a table of a sweep.

    Parameters
    ----------
    on_run : callable
        Called when the user asks for a sweep.
    on_take : callable
        Called with the setting that the user takes over.
    """

    def __init__(self, *, on_run: Callable[[], None], on_take: Callable[[PatchOptions], None]) -> None:
        import panel as pn

        self._on_run, self._on_take = on_run, on_take
        self._rows: Sequence[Any] = ()
        self._plain: Sequence[Mapping[str, Any]] = ()
        self._cost = "tokens"
        self.form = OptionForm(SweepOptions(quality="fast"), on_change=lambda options: self._form_changed())
        self.plots = tuple(FrontPlot(kept, self.take) for kept in KEPT)
        self.view = Island(
            script="pareto.js", style="pareto.css", on_message=self._receive, sizing_mode="stretch_both", min_height=180
        )
        self.head = Island(
            script="pareto_head.js",
            style="pareto.css",
            on_message=self._receive,
            fixed={"rule": RULE, "mark": RECOMMENDED},
            sizing_mode="stretch_width",
        )
        self._show_empty()
        self._dice_pane = self.plots[1].pane
        self._dice_pane.visible = False
        plots = pn.Row(*(plot.pane for plot in self.plots), sizing_mode="stretch_both", min_height=240, margin=0)
        surface = {"background": "var(--vz-panel)"}
        self.panel = pn.Column(
            self.head.panel, plots, self.view.panel, sizing_mode="stretch_both", margin=0, styles=surface, visible=False
        )

    def adopt(self, options: PatchOptions) -> None:
        """Hold fixed in the sweep what the setting on screen has and the sweep does not vary."""
        shared = {name: getattr(options, name) for name in SHARED_FIELDS}
        details = () if options.detail is None else (options.detail,)
        self.form.show(self.form.options.replace(details=details, **shared))

    def clear(self) -> None:
        """Forget the rows, as they are of another image."""
        self._rows = self._plain = ()
        with _in_order():
            for plot in self.plots:
                plot.clear()
        self._dice_pane.visible = False
        self._show_empty()

    def set_running(self, is_running: bool) -> None:
        """Say that a sweep runs."""
        self.head.put(running=is_running)

    def show(self, rows: Sequence[Any], current: PatchOptions) -> None:
        """Draw the rows of a sweep.

        Parameters
        ----------
        rows : sequence of SweepRow
            In the order of the sweep.
        current : PatchOptions
            The setting on screen.
        """
        self._rows = rows
        self._plain = [row.to_mapping() for row in rows]
        colours = colours_of(self._plain)
        legend = [{"colour": colour, "text": f"{side} px"} for side, colour in colours.items()]
        self._dice_pane.visible = any(row.oracle_dice is not None for row in rows)
        self._draw()
        self.view.put(rows=[table_row(row, colours[row.setting.patch_size]) for row in rows])
        advises = any(row.is_recommended for row in rows)
        self.head.put(legend=legend, count=len(rows), running=False, cost=self._cost, advises=advises)
        self.mark(current)

    def mark(self, current: PatchOptions) -> None:
        """Mark the row that is on screen, where there is one."""
        place = next((place for place, row in enumerate(self._rows) if row.setting == current), None)
        self.view.put(chosen=-1 if place is None else place)
        for plot in self.plots:
            plot.mark(place)

    def take(self, place: int) -> None:
        """Take the setting of a row over."""
        if 0 <= place < len(self._rows):
            self._on_take(self._rows[place].setting)

    def csv_file(self) -> File:
        """Write the table as CSV."""
        from vitsci_viz.workflows.table import to_csv

        text = to_csv(self._plain)
        return File(name="sweep.csv", mime="text/csv", data=text.encode())

    def _draw(self) -> None:
        with _in_order():
            for plot in self.plots:
                plot.show(self._plain, cost=self._cost)

    def _form_changed(self) -> None:
        self.form.acknowledge()

    def _show_empty(self) -> None:
        self.view.put(rows=[], chosen=-1)
        self.head.put(legend=[], count=0, running=False, cost=self._cost, advises=False)

    def _receive(self, message: Mapping[str, Any]) -> None:
        kind = message["kind"]
        if kind == "run":
            self._on_run()
        elif kind == "take":
            self.take(int(message["row"]))
        elif kind == "cost" and message["value"] in COSTS:
            self._cost = str(message["value"])
            self.head.put(cost=self._cost)
            if self._rows:
                self._draw()
        elif kind == "csv" and self._rows:
            for piece in self.csv_file().pieces():
                self.head.send(**piece)


@contextmanager
def _in_order() -> Iterator[None]:
    """Send new figures before whatever refers to them: while the socket is busy, Panel by itself sends them late."""
    import panel as pn

    document = pn.state.curdoc
    if document is None or document.callbacks.hold_value:
        yield
        return
    document.hold("collect")
    try:
        yield
    finally:
        document.unhold()


def table_row(row: Any, colour: str) -> dict[str, Any]:
    """Return one line of the table in plain values."""
    setting, readings = row.setting, row.readings
    return {
        "kind": "uniform" if row.is_uniform else setting.mode, "colour": colour, "patch": str(setting.patch_size),
        "leaf": str(setting.min_size or setting.patch_size), "tokens": readings.tokens,
        "step": readings.step_flops, "psnr": _finite(readings.psnr), "dice": _finite(row.oracle_dice),
        "ssim": _finite(row.ssim), "front": row.is_front, "knee": row.is_knee,
        "advice": advice_of(row.budgets),
    }  # fmt: skip


def advice_of(budgets: Sequence[int]) -> str:
    """Say what a row is recommended for; nothing where it is not.

    >>> advice_of((256, 1024))
    'The setting to train with where a sequence may have at most 256 or 1,024 tokens.'
    """
    if not budgets:
        return ""
    *others, last = (f"{budget:,}" for budget in budgets)
    counts = f"{', '.join(others)} or {last}" if others else last
    return f"The setting to train with where a sequence may have at most {counts} tokens."


def _finite(value: float | None) -> float | None:
    """Return a value that JSON can carry; infinite (nothing lost) becomes a number beyond any other."""
    return None if value is None or math.isnan(value) else float(min(value, EXACT))
