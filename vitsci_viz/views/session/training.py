"""What a person does on the way to a trained model: make the recipe, start it as a job, stop it, resume it."""

import importlib.util
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from vitsci_viz.errors import InputError, MissingExtraError, OptionError
from vitsci_viz.extras import missing_extra
from vitsci_viz.jobs.local import LocalJobs
from vitsci_viz.jobs.spec import JobSpec, own_program
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.types import Recipe
from vitsci_viz.views.session.run_book import RunStatus
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, parse_recipe, recipe_text, validate_recipe

NEEDED = "torch"
"""Training runs in a process of its own, but whether it can is known before."""
SAVING_S = 120.0
"""How long a stopped run may take to finish its step and save."""
_STRANGE = re.compile(r"[^\w.-]+")


def recipe_of(data: str, options: TrainOptions, run: Path | str) -> Recipe:
    """Return a run as a recipe.

    Parameters
    ----------
    data : str
        Folder, table or ``sample:NAME``.
    options : TrainOptions
        The setting.
    run : path
        Folder that receives the run.
    """
    return Recipe(workflow="train", inputs={"data": data}, outputs={"run": str(run)}, options=options.to_mapping())


def options_in(content: Mapping[str, Any]) -> tuple[TrainOptions, str, str]:
    """Read the setting, the data and the run of a recipe, as its author wrote them.

    Raises
    ------
    OptionError
        It is no recipe of training, or an option in it is not valid.
    """
    recipe = parse_recipe(content)
    if recipe.workflow != "train":
        raise OptionError(f"this page shows the workflow train, got {recipe.workflow}: run it with vitsci-viz run")
    return TrainOptions(**recipe.options), _written(content, "inputs", "data"), _written(content, "outputs", "run")


def _written(content: Mapping[str, Any], section: str, name: str) -> str:
    return str(cast("Mapping[str, Any]", content[section])[name])


def name_for(data: str, options: TrainOptions) -> str:
    """Propose the name of a run: data, model, sequence and the time of day.

    >>> name_for("sample:pathology_set", TrainOptions())[:-12]
    'pathology_set-tiny-token-512'
    """
    stem = _STRANGE.sub("-", Path(data.removeprefix(SAMPLE_PREFIX)).stem).strip("-.") or "run"
    model = f"{options.encoder}-{options.head}" if options.architecture == "vit" else options.architecture
    if options.architecture == "vit" and options.mode != "threshold":
        model += f"-{options.length}" if options.mode == "length" else "-uniform"
    return f"{stem}-{model}-{time.strftime('%m%d-%H%M%S')}"


def new_run(name: str, runs: Path) -> Path:
    """Return the folder of a new run.

    Raises
    ------
    OptionError
        The name is no folder name, or such a run exists already.
    """
    if not name or _STRANGE.search(name) or name.startswith("."):
        raise OptionError(
            f"the name of a run must be a folder name of letters, digits, '.', '-' and '_', got {name!r}: change it"
        )
    path = runs / name
    if path.exists():
        raise OptionError(f"there is a run {name!r} already: give this one another name, or resume that one")
    return path


def start_run(jobs: LocalJobs, name: str, recipe: Recipe) -> str:
    """Start a run as a job that outlives this program; return the job's id.

    Parameters
    ----------
    jobs : LocalJobs
        Where it runs.
    name : str
        What lists call it.
    recipe : Recipe
        With the path of the data as the job will see it.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.
    VitsciVizError
        The recipe is not valid, or the job cannot be started.
    """
    check_extra()
    recipe = validate_recipe(recipe)
    run = Path(recipe.outputs["run"])
    run.parent.mkdir(parents=True, exist_ok=True)
    return jobs.submit(
        JobSpec(
            name=name,
            arguments=own_program("run", "{recipe}"),
            recipe=recipe_text(recipe),
            run_folder=str(run),
            folder=str(run.parent),
            grace_s=SAVING_S,
        )
    )


def resume_run(jobs: LocalJobs, run: RunStatus) -> str:
    """Go on with a run from its last checkpoint, as a job; return the job's id.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.
    InputError
        The run goes on, is complete, or has no checkpoint.
    """
    check_extra()
    if not run.can_resume:
        why = f"it is {run.state}" if run.has_checkpoint else "it has no checkpoint yet"
        raise InputError(f"the run {run.name} cannot be resumed: {why}")
    return jobs.submit(
        JobSpec(
            name=run.name,
            arguments=own_program("train", str(run.path), "--resume"),
            run_folder=str(run.path),
            folder=str(run.path.parent),
            grace_s=SAVING_S,
        )
    )


def stop_run(jobs: LocalJobs, run: RunStatus) -> None:
    """Ask a run to save and stop.

    Raises
    ------
    InputError
        It was started elsewhere, so it is not ours to stop.
    """
    if not run.job:
        raise InputError(f"the run {run.name} was started elsewhere: stop it there (Ctrl-C saves)")
    jobs.cancel(run.job)


def check_extra() -> None:
    """Refuse to start what cannot run here.

    Raises
    ------
    MissingExtraError
        PyTorch is not installed.
    """
    if importlib.util.find_spec(NEEDED) is None:
        raise missing_extra(ModuleNotFoundError(name=NEEDED)) or MissingExtraError(f"needs {NEEDED}")
