"""Run one recipe for the command line: progress, results as a table or JSON, the recipe kept."""

import json as json_format
import math
import sys
from typing import Any

from vitsci_viz.atomic import check_output
from vitsci_viz.cli.console import ProgressLines, console_for
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.types import Recipe, Report
from vitsci_viz.workflows.catalogue import dump_recipe, run_recipe, validate_recipe


def execute(
    recipe: Recipe,
    execution: ExecutionOptions,
    *,
    recipe_path: str | None = None,
    json: bool = False,
    force: bool = False,
) -> int:
    """Run a recipe and print what it found.

    Parameters
    ----------
    recipe : Recipe
        What to run.
    execution : ExecutionOptions
        How to use the machine.
    recipe_path : str, optional
        Where to write what was run.
    json : bool
        Print JSON on stdout and the table on stderr.
    force : bool
        Replace existing outputs.

    Returns
    -------
    int
        The exit code, 0.
    """
    recipe = validate_recipe(recipe)
    if recipe_path:
        check_output(recipe_path, force=force)
    with ProgressLines() as progress:
        report = run_recipe(recipe, execution=execution, progress=progress, force=force)
    if recipe_path:
        dump_recipe(recipe, recipe_path, force=force)
    show(report, to_stderr=json)
    if json:
        sys.stdout.write(to_json(report.results) + "\n")
    return 0


def show(report: Report, *, to_stderr: bool) -> None:
    """Print a report for people."""
    from vitsci_viz.cli.readings import READINGS

    console = console_for(sys.stderr if to_stderr else sys.stdout)
    for part in READINGS[report.workflow](report):
        console.print(part)


def to_json(value: Any) -> str:
    """Write results as JSON that every reader takes: infinities and NaN become null.

    >>> to_json({"psnr": float("inf"), "tokens": 4})
    '{"psnr": null, "tokens": 4}'
    """
    return json_format.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
