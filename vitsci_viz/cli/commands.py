"""Sub-commands: one per workflow of the catalogue, made from its definition, and ``run`` and ``serve``."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from vitsci_viz.cli.execute import execute
from vitsci_viz.cli.flags import (
    INPUTS,
    RUN,
    as_function,
    given,
    options_flags,
    switch_flag,
    text_flag,
    workflow_signature,
)
from vitsci_viz.cli.options import ServeOptions
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching.options import PRESETS
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.catalogue import CATALOGUE, load_recipe


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
        return execute(recipe, ExecutionOptions(**given(values, "execution")), **choices)

    return as_function(workflow_signature(entry), call, entry.summary)


def with_preset(options: dict[str, Any], preset: str | None) -> dict[str, Any]:
    """Lay the flags that were given over a named setting."""
    if preset is None:
        return options
    from vitsci_viz.patching.options import PatchOptions

    PatchOptions.preset(preset)
    base = dict(PRESETS[preset])
    if "mode" not in options and {"length", "split_value"} & options.keys():
        base = {name: value for name, value in base.items() if name not in ("mode", "length", "split_value")}
    return {**base, **options}


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
