"""Write samples to a folder: the generated ones anew from their seed, others as they are."""

import shutil
from pathlib import Path

from vitsci_viz.atomic import check_output, replacing
from vitsci_viz.errors import OptionError, OutputError
from vitsci_viz.io.samples import find_sample, sample_files
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.datasets import PARTS, SETS, make_set
from vitsci_viz.simulation.made import MADE, SMALL, make_sample
from vitsci_viz.simulation.options import DEFAULT_SEED, SCANS, SampleOptions
from vitsci_viz.simulation.scan_files import SCAN, SLICES, TRUTH, make_scan_files
from vitsci_viz.types import Recipe, Report
from vitsci_viz.workflows.catalogue import recipe_mapping
from vitsci_viz.workflows.machine import using_threads, versions

__all__ = ["SampleOptions", "run_sample"]


def run_sample(
    recipe: Recipe,
    options: SampleOptions,
    *,
    execution: ExecutionOptions,
    progress: Progress = silent,
    force: bool = False,
) -> Report:
    """Write a sample, or all small ones, into the folder that the recipe names.

    Parameters
    ----------
    recipe : Recipe
        Output ``folder``; created if need be.
    options : SampleOptions
        Which sample, from which seed.
    execution : ExecutionOptions
        Threads; never change the pixels.
    progress : callable
        Told of every part.
    force : bool
        Replace existing files.

    Returns
    -------
    Report
        ``files``: what was written; of a set, its two folders and its table; of a scan, its truth too.

    Raises
    ------
    OptionError
        A seed, a side or a count is given for a sample that has none.
    OutputError, OutputExistsError
        A file exists already, or the folder cannot be made.
    """
    folder = Path(recipe.outputs["folder"])
    _make_folder(folder)
    names = tuple(SMALL) if options.name == "small" else (options.name,)
    with using_threads(execution):
        files = [path for name in names for path in _write(name, folder, options, progress, force=force)]
    return Report(
        workflow="sample",
        results={"files": [str(path) for path in files], "bytes": [_bytes_of(path) for path in files]},
        recipe=recipe_mapping(recipe),
        versions=versions(),
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {folder} could not be made: {error.strerror or error}") from error


def _bytes_of(path: Path) -> int:
    return sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size


def _write(name: str, folder: Path, options: SampleOptions, progress: Progress, *, force: bool) -> list[Path]:
    if name in SETS or name in SCANS:
        make, parts = (make_set, PARTS) if name in SETS else (make_scan_files, (SCAN, SLICES, TRUTH))
        for part in parts:
            check_output(folder / part, force=force)
        more = {"seed": options.seed, "count": options.count, "side": options.side}
        return list(make(name, folder, **more, progress=progress))
    if options.count is not None:
        raise OptionError(f"count applies to {', '.join((*SETS, *SCANS))}; '{name}' is one image: leave count out")
    if name in MADE:
        for file in (MADE[name].image, MADE[name].mask):
            check_output(folder / file, force=force)
        return list(make_sample(name, folder, seed=options.seed, side=options.side, progress=progress))
    find_sample(name)
    if options.seed != DEFAULT_SEED or options.side is not None:
        raise OptionError(f"seed and side apply to generated samples only; '{name}' is fixed: leave them out")
    targets = []
    for source in filter(None, sample_files(name, progress=progress)):
        target = check_output(folder / source.name, force=force)
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
        targets.append(target)
    return targets
