"""Run one recipe for the command line: progress, results as a table or JSON, the recipe kept."""

import sys
from pathlib import Path

from vitsci_viz.cli.console import ProgressLines, console_for
from vitsci_viz.errors import Cancelled, OptionError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.types import Recipe, Report
from vitsci_viz.workflows.catalogue import check_recipe_place, dump_recipe, entry_of, run_recipe, validate_recipe
from vitsci_viz.workflows.table import to_csv, to_json

SAVED = "checkpoints/last"
"""What a run that can be gone on with has in its folder."""


def execute(
    recipe: Recipe,
    execution: ExecutionOptions,
    *,
    recipe_path: str | None = None,
    json: bool = False,
    csv: bool = False,
    force: bool = False,
    resume: bool = False,
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
        Print JSON on stdout (of a sweep, a list of its rows) and the table on stderr.
    csv : bool
        Print the rows as CSV on stdout and the table on stderr.
    force : bool
        Replace existing outputs.
    resume : bool
        Go on with an interrupted run.

    Returns
    -------
    int
        The exit code, 0.
    """
    if json and csv:
        raise OptionError("--json and --csv both want stdout: leave one out, or write the other with --out")
    recipe = validate_recipe(recipe)
    if recipe_path:
        check_recipe_place(recipe, recipe_path, force=force)
    with ProgressLines() as progress:
        try:
            report = run_recipe(recipe, execution=execution, progress=progress, force=force, resume=resume)
        except (KeyboardInterrupt, Cancelled):
            _say_how_to_go_on(recipe)
            raise
    if recipe_path:
        dump_recipe(recipe, recipe_path, force=force)
    show(report, to_stderr=json or csv)
    if json:
        rows = report.results.get("rows")
        sys.stdout.write(to_json(report.results if rows is None else rows) + "\n")
    if csv:
        sys.stdout.write(to_csv(report.results["rows"]))
    return 0


def _say_how_to_go_on(recipe: Recipe) -> None:
    if not entry_of(recipe.workflow).can_resume:
        return
    from vitsci_viz.io.volume_writing import partial_folder

    place = Path(next(iter(recipe.outputs.values())))
    if (place / SAVED).exists():
        sys.stderr.write(f"vitsci-viz: saved; go on with: vitsci-viz {recipe.workflow} {place} --resume\n")
    elif partial_folder(place).exists():
        sys.stderr.write("vitsci-viz: what is done is kept; go on with the same command and --resume\n")


def show(report: Report, *, to_stderr: bool) -> None:
    """Print a report for people."""
    from vitsci_viz.cli.readings import READINGS

    console = console_for(sys.stderr if to_stderr else sys.stdout)
    for part in READINGS[report.workflow](report):
        console.print(part)
