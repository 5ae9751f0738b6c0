"""The recipe drawer: what is on screen as YAML, to copy, save, load and apply."""

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from vitsci_viz.errors import OptionError, VitsciVizError
from vitsci_viz.types import Recipe
from vitsci_viz.views.panel_app.components import Island


class RecipeDrawer:
    """Shows a recipe and takes another one.

    Parameters
    ----------
    on_apply : callable
        Called with the plain content of a recipe that the user wants; may raise a `VitsciVizError`, which is shown.
    """

    def __init__(self, on_apply: Callable[[Mapping[str, Any]], None]) -> None:
        self._on_apply = on_apply
        self.view = Island(script="recipe.js", style="recipe.css", on_message=self._receive, width=0, height=0)
        self.view.put(text="", error="", opened=0, closed=0)

    def open(self, recipe: Recipe) -> None:
        """Open the drawer with a recipe."""
        from vitsci_viz.workflows.catalogue import recipe_text

        self.view.put(text=recipe_text(recipe), error="", opened=self.view.state["opened"] + 1)

    def _receive(self, message: Mapping[str, Any]) -> None:
        try:
            self._on_apply(read_yaml(str(message["text"])))
        except VitsciVizError as error:
            self.view.put(error=str(error), text=str(message["text"]))
        else:
            self.view.put(error="", closed=self.view.state["opened"])


def read_yaml(text: str) -> Mapping[str, Any]:
    """Read the text of a recipe.

    Raises
    ------
    OptionError
        It is not YAML, or not a mapping.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise OptionError(f"the recipe is not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping):
        raise OptionError("a recipe must be a mapping with version, workflow, inputs and options")
    return content
