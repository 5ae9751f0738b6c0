"""The middle of the Train page before a run is watched: what to do, and what the data look like to the model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.tiles import Tiles, address
from vitsci_viz.views.session.data_pictures import DataPicture


class PlanView:
    """Shows the data that are open, or an invitation to choose some.

    Parameters
    ----------
    sets : sequence of mapping
        From `Library.data_sets`.
    on_open : callable
        Called with the source that the user chose.
    on_recipe : callable
        Called when the user wants to see the recipe.
    """

    def __init__(
        self, sets: Sequence[Mapping[str, Any]], *, on_open: Callable[[str], None], on_recipe: Callable[[], None]
    ) -> None:
        def receive(message: Mapping[str, Any]) -> None:
            on_recipe() if message["kind"] == "recipe" else on_open(str(message["source"]))

        self.head = Island(
            script="plan.js",
            style="plan.css",
            on_message=receive,
            fixed={"sets": [dict(each) for each in sets]},
            sizing_mode="stretch_width",
        )
        self.head.put(source="", error="")
        self.tiles = Tiles(("patches", "mask", "image"), is_tall=True)
        self.panel = self._arrange()

    def show(self, source: str, pictures: Sequence[DataPicture], *, classes: Sequence[str], key: object) -> None:
        """Show the data as training will see them."""
        self.head.put(source=source, error="")
        tiles = [
            {
                "name": picture.name,
                "note": f"{picture.tokens:,} tokens",
                "patches": address(picture.patches),
                "mask": address(picture.mask),
                "image": address(picture.image),
            }
            for picture in pictures
        ]
        self.tiles.show("What the model is given", tiles, key=key, classes=classes)
        self.tiles.view.panel.visible = True

    def fail(self, message: str) -> None:
        """Say why the data could not be opened."""
        self.head.put(error=message)

    def _arrange(self) -> Any:
        import panel as pn

        self.tiles.view.panel.visible = False
        return pn.Column(self.head.panel, self.tiles.view.panel, sizing_mode="stretch_both", margin=0)
