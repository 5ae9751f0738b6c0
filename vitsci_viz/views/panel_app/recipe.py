"""The recipe drawer: what is on screen as YAML, to copy, save, load and apply."""

from collections.abc import Callable, Mapping
from typing import Any

import yaml

from vitsci_viz.errors import OptionError, VitsciVizError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.types import Recipe
from vitsci_viz.views.panel_app.components import Island
from vitsci_viz.views.panel_app.library import UPLOAD_PREFIX
from vitsci_viz.views.session.state import ViewState


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


def recipe_of(state: ViewState) -> Recipe:
    """Return what is on screen as a recipe."""
    inputs = {"image": state.source.removeprefix(UPLOAD_PREFIX)}
    if state.mask:
        inputs["mask"] = state.mask.removeprefix(UPLOAD_PREFIX)
    return Recipe(workflow="patch", inputs=inputs, options=state.options.to_mapping())


def options_in(content: Mapping[str, Any]) -> tuple[PatchOptions, str, str | None]:
    """Read the setting, the image and the mask of a recipe, as its author wrote them.

    Raises
    ------
    OptionError
        It is no recipe of this page, or an option in it is not valid.
    """
    from vitsci_viz.workflows.catalogue import parse_recipe

    recipe = parse_recipe(content)
    if recipe.workflow != "patch":
        raise OptionError(f"this page shows the workflow patch, got {recipe.workflow}: run it with vitsci-viz run")
    for name in ("roi", "level"):
        if recipe.options.get(name):
            raise OptionError(f"this page shows whole images at their finest level: take {name} out of the recipe")
    options = {name: value for name, value in recipe.options.items() if name in PatchOptions.model_fields}
    given = content.get("inputs") or {}
    mask = given.get("mask")
    return PatchOptions(**options), str(given.get("image", "")), None if mask is None else str(mask)


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
