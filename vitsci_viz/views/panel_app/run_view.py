"""The middle of the Train page: one run with its state, curves, predictions and log."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from vitsci_viz.views.charts.curves import Axis, RunCurves
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.tiles import Tiles
from vitsci_viz.views.session.curves import Curves
from vitsci_viz.views.session.run_book import RunStatus
from vitsci_viz.views.session.run_words import run_facts, run_note

Action = Literal["stop", "resume", "adopt", "recipe", "metrics"]
HEAD_HEIGHT = 84


class RunView:
    """Shows one run.

    Parameters
    ----------
    on_action : callable
        Called with an `Action` that the user asked for.
    """

    def __init__(self, on_action: Callable[[Action], None]) -> None:
        self._on_action = on_action
        self._shown, self._axis = Curves(), "steps"
        self.head = Island(
            script="run.js", style="run.css", on_message=self._receive, sizing_mode="stretch_width", height=HEAD_HEIGHT
        )
        self.tiles = Tiles(("prediction", "truth", "image"))
        self.log = Island(script="log.js", style="log.css", sizing_mode="stretch_both", min_height=60)
        self.curves = RunCurves()
        self.head.put(name="", state="", note="", part=0.0, facts=[], can=[], axis="steps", link="")
        self.log.put(text="")
        self.panel = self._arrange()

    def show(self, run: RunStatus, curves: Curves, log: str) -> None:
        """Show how the run stands now.

        Parameters
        ----------
        run : RunStatus
            Its numbers.
        curves : Curves
            What is drawn; the same object as last time where nothing has changed.
        log : str
            The end of what it has written.
        """
        self._shown = curves
        self.head.put(
            name=run.name,
            state=run.state,
            note=run_note(run, has_time=False),
            part=run.step / run.steps if run.steps else 0.0,
            facts=run_facts(run, curves),
            can=actions_of(run),
            link=f"segment?run={run.name}" if run.has_checkpoint else "",
        )
        self.log.put(text=log, is_going=run.is_going)
        self._draw()

    def _draw(self) -> None:
        axis: Axis = "minutes" if self._axis == "minutes" else "steps"
        self.curves.show(self._shown, axis=axis)

    def _receive(self, message: Mapping[str, Any]) -> None:
        if message["kind"] == "axis":
            self._axis = str(message["value"])
            self.head.put(axis=self._axis)
            self._draw()
        elif message["value"] in get_args(Action):
            self._on_action(message["value"])

    def _arrange(self) -> Any:
        import panel as pn

        charts = [
            pn.pane.Bokeh(figure, sizing_mode="stretch_width", margin=(4, 8, 0, 4))
            for figure in (self.curves.loss, self.curves.dice)
        ]
        return pn.Column(
            self.head.panel,
            pn.Row(*charts, sizing_mode="stretch_width", margin=0),
            self.tiles.view.panel,
            self.log.panel,
            sizing_mode="stretch_both",
            margin=0,
            css_classes=["sheet"],
        )


def actions_of(run: RunStatus) -> list[str]:
    """Return what can be done with a run now."""
    can = ["stop"] if run.state in ("queued", "running") and run.job else []
    can += ["resume"] if run.can_resume else []
    can += ["metrics"] if run.step else []
    return [*can, "adopt", "recipe"]
