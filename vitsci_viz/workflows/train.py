"""Train a segmentation model: from a recipe to a run folder, from the start or from where a run was left."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from vitsci_viz.errors import Cancelled, OutputError
from vitsci_viz.memory import peak_rss_bytes
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.torch_device import find_device
from vitsci_viz.training.checkpoint import Checkpoint, load_checkpoint
from vitsci_viz.training.lock import locked
from vitsci_viz.training.loop import History, fit
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.training.records import NAMED_AT_MOST
from vitsci_viz.training.run_folder import RunFolder, write_facts
from vitsci_viz.training.saving import LAST
from vitsci_viz.training.schedule import Schedule
from vitsci_viz.training.step import find_precision
from vitsci_viz.types import Recipe, Report
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.machine import Stopwatch, using_threads, versions
from vitsci_viz.workflows.train_folder import begin_run, check_begin, check_resume, check_start, continue_run
from vitsci_viz.workflows.train_setup import TrainSetup, set_up


def run_train(
    recipe: Recipe,
    options: TrainOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
    resume: bool = False,
) -> Report:
    """Train a model on the data of a recipe.

    Parameters
    ----------
    recipe : Recipe
        Input ``data``, output ``run``: the folder that receives recipe, facts, metrics, checkpoints and previews.
    options : TrainOptions
        Patches, data, model and loop.
    execution : ExecutionOptions
        Threads; sums of floats may differ in the last bits between numbers of threads, nothing else does.
    progress : callable
        Told of every step; raises `Cancelled` to stop: the run is saved first.
    force : bool
        Replace a run that is in the folder.
    resume : bool
        Go on from ``checkpoints/last`` of the folder (from the start, if the run was stopped before the first one).
        Data and options must be those of the run, apart from `train_folder.MAY_CHANGE`.

    Returns
    -------
    Report
        ``state`` is ``done`` after the last epoch, ``stopped`` where `max_minutes` ended the run before.

    Raises
    ------
    InputError, MissingFileError, OptionError
        Data or options are not fit to train on, or the run cannot be resumed.
    OutputExistsError
        The folder holds a run already, and neither `force` nor `resume` is given.
    OutputError
        Another run is under way in the folder, or the disk is full.
    """
    watch = Stopwatch("prepare", "train")
    folder = RunFolder(Path(recipe.outputs["run"]))
    with _place(folder), locked(folder), using_threads(execution), _torch_threads(execution.threads):
        with watch.stage("prepare"):
            check_resume(folder, recipe, options) if resume else check_begin(folder, force=force)
            setup = set_up(recipe.inputs["data"], options, progress=progress)
            start = _start(folder, setup, options) if resume else None
            continue_run(folder, recipe, setup) if resume else begin_run(folder, recipe, setup)
        with watch.stage("train"), _stating(folder, _facts(setup, options)) as facts:
            history = _train(setup, options, folder, start, progress)
            facts |= {"state": history.state, **_outcome(history)}
    results = {"run": str(folder.path), **_results(setup, options, history), **_used(watch)}
    return Report(workflow="train", results=results, recipe=recipe_mapping(recipe), versions=_versions())


def _start(folder: RunFolder, setup: TrainSetup, options: TrainOptions) -> Checkpoint | None:
    path = folder.checkpoints / LAST
    if not path.exists():
        return None
    start = load_checkpoint(path)
    check_start(path, start.card, setup, options)
    return start


def _train(
    setup: TrainSetup, options: TrainOptions, folder: RunFolder, start: Checkpoint | None, progress: Progress
) -> History:
    # An image that could not be read at the start, and now can, must not change what a resumed run divides by.
    normalisation = setup.normalisation if start is None else start.card.normalisation
    return fit(
        setup.model, setup.train, setup.val, normalisation, options, spec=setup.spec, run=folder, start=start,
        progress=progress,
    )  # fmt: skip


@contextlib.contextmanager
def _place(folder: RunFolder) -> Iterator[None]:
    """Make the folder of the run; one that nothing was written to does not stay."""
    is_new = not folder.path.exists()
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder.path} could not be made: {error.strerror or error}") from error
    try:
        yield
    finally:
        if is_new and not any(folder.path.iterdir()):
            folder.path.rmdir()


@contextlib.contextmanager
def _stating(folder: RunFolder, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Keep the facts of a run true: running while the block runs, then what it ended as."""
    write_facts(folder, facts)
    try:
        yield facts
    except (Cancelled, KeyboardInterrupt):
        _end(folder, {**facts, "state": "stopped"})
        raise
    except BaseException as error:
        _end(folder, {**facts, "state": "failed", "error": str(error) or type(error).__name__})
        raise
    write_facts(folder, facts)


def _end(folder: RunFolder, facts: Mapping[str, Any]) -> None:
    """Write the state of a run that is being left by an error: that error is the one to be seen."""
    with contextlib.suppress(OutputError):
        write_facts(folder, facts)


@contextlib.contextmanager
def _torch_threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _facts(setup: TrainSetup, options: TrainOptions) -> dict[str, Any]:
    device = find_device(options.device)
    return {
        "state": "running",
        "classes": list(setup.labels.names),
        "values": list(setup.labels.values),
        "spacing_um": None if setup.train.spacing_um is None else list(setup.train.spacing_um),
        "steps_total": Schedule(options=options, samples=len(setup.train)).steps,
        "spec": setup.spec.to_mapping(),
        "device": str(device),
        "precision": str(find_precision(options.precision, device)).removeprefix("torch."),
        **_counts(setup),
        "notes": list(setup.notes),
        "versions": _versions(),
    }


def _counts(setup: TrainSetup) -> dict[str, Any]:
    return {
        "train_images": len(setup.train.records),
        "val_images": 0 if setup.val is None else len(setup.val.records),
        "samples": len(setup.train),
        "parameters": sum(weight.numel() for weight in setup.model.parameters()),
    }


def _outcome(history: History) -> dict[str, Any]:
    position = history.position
    return {
        "steps": position.step,
        "epochs": position.epoch,
        "best_dice": position.best,
        "best_step": position.best_step,
        "train_seconds": position.seconds,
        "skipped": dict(position.skipped),
    }


def _results(setup: TrainSetup, options: TrainOptions, history: History) -> dict[str, Any]:
    images = [] if history.validation is None else history.validation.rows()
    notes = list(setup.notes)
    if history.state == "stopped":
        notes.append(f"max_minutes={options.max_minutes:g} ended the run: a larger one lets it go on")
    if skipped := history.position.skipped:
        named = ", ".join(f"{name} ({times}x)" for name, times in sorted(skipped.items())[:NAMED_AT_MOST])
        more = f" and {len(skipped) - NAMED_AT_MOST} more" if len(skipped) > NAMED_AT_MOST else ""
        notes.append(
            f"{len(skipped)} of {len(setup.records)} images could not be read and were left out: {named}{more}"
        )
    return {
        "state": history.state,
        **_outcome(history),
        "classes": list(setup.labels.names),
        "images": sorted(images, key=lambda row: -1 if row["dice"] is None else row["dice"]),
        **_counts(setup),
        "notes": notes,
    }


def _used(watch: Stopwatch) -> dict[str, Any]:
    return {"seconds": watch.total(), "peak_rss_bytes": peak_rss_bytes()}


def _versions() -> dict[str, str]:
    return {**versions(), "torch": str(torch.__version__)}
