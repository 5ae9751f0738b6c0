"""The Train page: make the recipe of a run, see what it will cost, start it as a job, and watch it."""

from typing import Any

from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.panel_app.frame import frame
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.panel_app.status import StatusLine
from vitsci_viz.views.session.lane import Lane, Post


class TrainPage:
    """Everything of one browser tab on training.

    Parameters
    ----------
    library : Library
        What may be opened, and where runs lie.
    post : callable
        Runs a function on the document thread.
    """

    def __init__(self, library: Library, post: Post) -> None:
        self.library = library
        self.status = StatusLine(self._cancel)
        self.heavy = Lane(post, on_progress=self.status.progress)
        self.form = OptionForm(TrainOptions(), on_change=self._changed)

    def template(self) -> Any:
        """Return the page inside the frame."""
        import panel as pn

        column = {"margin": 0, "sizing_mode": "stretch_width"}
        parts = {
            "header": pn.Column(**column),
            "left": pn.Column(self.form.view.panel, **column),
            "main": pn.Column(sizing_mode="stretch_both", margin=0),
            "right": pn.Column(**column),
            "bottom": self.status.view.panel,
        }
        return frame("train", parts=parts)

    def start(self, query: str, *, sample: str | None) -> None:
        """Show what the link asks for."""

    def close(self) -> None:
        """Stop the threads and remove uploads; jobs go on."""
        self.heavy.close()
        self.library.close()

    def _changed(self, options: TrainOptions) -> None:
        self.form.acknowledge()

    def _cancel(self) -> None:
        self.heavy.cancel()
        self.status.stopping()
