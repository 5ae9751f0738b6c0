"""The chooser of images and masks to train on: generated sets, folders and tables below the data root."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.library import Library
from vitsci_viz.views.session.dataset import DataFacts
from vitsci_viz.views.session.wording import extent


class DataChooser:
    """Shows which data are open and lets the user choose others.

    Parameters
    ----------
    library : Library
        What may be opened.
    on_choose : callable
        Called with the source that the user chose.
    """

    def __init__(self, library: Library, on_choose: Callable[[str], None]) -> None:
        self._library, self._on_choose = library, on_choose
        fixed = {
            "sets": library.data_sets(),
            "root": "" if library.root is None else (library.root.resolve().name or "/"),
        }
        self.view = Island(
            script="data.js", style="sources.css", on_message=self._receive, fixed=fixed, sizing_mode="stretch_width"
        )
        self.view.put(source="", facts=[], recent=[], folder=None, error="", opened=0)

    def show(self, facts: DataFacts) -> None:
        """Say what is open."""
        if facts.source != self.view.state["source"]:
            self._library.remember(facts.source)
            self.view.put(opened=self.view.state["opened"] + 1, recent=list(self._library.recent))
        self.view.put(source=facts.source, facts=lines_of(facts), error="")

    def fail(self, message: str) -> None:
        """Show what went wrong with the last choice."""
        self.view.put(error=message)

    def _receive(self, message: Mapping[str, Any]) -> None:
        try:
            if message["kind"] == "choose":
                self.view.put(error="")
                self._on_choose(str(message["source"]))
            elif message["kind"] == "browse":
                listing = self._library.listing(str(message["path"]), for_training=True)
                self.view.put(folder=dataclasses.asdict(listing), error="")
        except (VitsciVizError, OSError) as error:
            self.view.put(error=str(error))


def lines_of(facts: DataFacts) -> list[str]:
    """Say in lines what a data set holds.

    >>> lines_of(DataFacts(source="tiles", train=19, val=5, groups=4, shape=(256, 256), channels=3))
    ['24 images of 4 groups: 19 train, 5 validate', '256 x 256 px, 3 channels', 'background, foreground']
    """
    groups = f" of {facts.groups} groups" if facts.groups else ""
    return [
        f"{facts.images:,} images{groups}: {facts.train:,} train, {facts.val:,} validate",
        extent(facts.shape, facts.channels, facts.spacing, facts.unit),
        ", ".join(facts.classes),
    ]
