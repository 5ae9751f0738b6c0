"""Sub-commands: one per workflow of the catalogue, made from its definition, and ``run`` and ``serve``."""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vitsci_viz.cli.execute import execute
from vitsci_viz.cli.flags import (
    INPUTS,
    RUN,
    as_function,
    given,
    options_flags,
    resume_flag,
    switch_flag,
    text_flag,
    workflow_signature,
)
from vitsci_viz.cli.options import ServeOptions
from vitsci_viz.errors import OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.options import PRESETS
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import CATALOGUE, SUFFIXES, load_recipe, read_recipe

RUN_RECIPE = "recipe.yaml"
"""Name of the recipe in the folder of a run."""


def __getattr__(name: str) -> Callable[..., Any]:
    """Make the sub-command of a workflow when it is first asked for."""
    if name not in CATALOGUE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return workflow_command(name)


def workflow_command(name: str) -> Callable[..., Any]:
    """Return the function behind a workflow's sub-command."""
    entry = CATALOGUE[name]

    def call(values: Mapping[str, Any]) -> int:
        choices = given(values, "run")
        recipe = Recipe(
            workflow=name,
            inputs=given(values, "input"),
            outputs=given(values, "output"),
            options=with_preset(given(values, "option"), choices.pop("preset", None)),
        )
        if entry.takes_recipe:
            recipe = over_recipe(recipe, resume=bool(choices.get("resume")))
        return execute(recipe, ExecutionOptions(**given(values, "execution")), **choices)

    return as_function(workflow_signature(entry), call, entry.summary)


def with_preset(options: dict[str, Any], preset: str | None) -> dict[str, Any]:
    """Lay the flags that were given over a named setting."""
    if preset is None:
        return options
    from vitsci_viz.patching.options import PatchOptions

    PatchOptions.preset(preset)
    return _laid_over(PRESETS[preset], options)


def _laid_over(base: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Replace options by those given; a new budget or split value decides anew what kind of tree it is."""
    if "mode" not in options and {"length", "split_value"} & options.keys():
        base = {name: value for name, value in base.items() if name not in ("mode", "length", "split_value")}
    return {**base, **options}


def over_recipe(recipe: Recipe, *, resume: bool = False) -> Recipe:
    """Lay what was given over the recipe file that stands in the place of the first input, if one does.

    Parameters
    ----------
    recipe : Recipe
        From the flags.
    resume : bool
        The folder of a run, as first input or else as output, stands for the recipe in it.

    Returns
    -------
    Recipe
        With absolute paths where it comes from a file.

    Raises
    ------
    OptionError
        The file is no recipe of this workflow.
    """
    slot = CATALOGUE[recipe.workflow].inputs[0].name
    inputs = dict(recipe.inputs)
    file = _recipe_in(inputs.get(slot), resume=resume)
    if file is not None:
        del inputs[slot]
    elif resume:
        file = _recipe_in(recipe.outputs.get("run"), resume=True)
    if file is None:
        return recipe
    base = read_recipe(file)
    if base.workflow != recipe.workflow:
        raise OptionError(f"{file} is a recipe of {base.workflow}, not of {recipe.workflow}: vitsci-viz run {file}")
    return Recipe(
        workflow=recipe.workflow,
        inputs={**base.inputs, **inputs},
        outputs={**base.outputs, **recipe.outputs},
        options=_laid_over(base.options, recipe.options),
    )


def _recipe_in(given: str | None, *, resume: bool) -> Path | None:
    """Return the recipe that a file, or the folder of a run, stands for."""
    if given is not None and Path(given).suffix.lower() in SUFFIXES:
        return Path(given)
    if given is not None and resume and (Path(given) / RUN_RECIPE).is_file():
        return Path(given) / RUN_RECIPE
    return None


def _run(values: Mapping[str, Any]) -> int:
    choices = given(values, "run")
    recipe = load_recipe(choices.pop("file"))
    return execute(recipe, ExecutionOptions(**given(values, "execution")), **choices)


def _run_signature() -> inspect.Signature:
    return inspect.Signature(
        [
            text_flag("run_file", "The recipe (.yaml).", flag="RECIPE", group=INPUTS, is_positional=True),
            *options_flags("execution", ExecutionOptions),
            switch_flag("run_json", "Print JSON and nothing else on stdout.", flag="--json", group=RUN),
            switch_flag("run_force", "Replace existing outputs.", flag="--force", group=RUN),
            resume_flag("Go on with an interrupted run of this recipe."),
        ]
    )


run = as_function(_run_signature(), _run, "Run a recipe again, bit for bit.")


def _serve(values: Mapping[str, Any]) -> int:
    options = ServeOptions(**given(values, "option"))
    from vitsci_viz.views.panel_app.server import serve as start

    start(**{name: getattr(options, name) for name in ServeOptions.model_fields})
    # The server takes Ctrl-C for itself, and nothing else ends it.
    raise KeyboardInterrupt


serve = as_function(
    inspect.Signature([*options_flags("option", ServeOptions)]), _serve, "Open the dashboard in the browser."
)
