"""Recipes: files that say what to run, on what, into what; read, written and run the same by every surface."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from vitsci_viz.atomic import check_output, replacing
from vitsci_viz.errors import MissingFileError, OptionError
from vitsci_viz.params import ExecutionOptions, nearest
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Recipe, Report
from vitsci_viz.workflows.entries import CATALOGUE, entry_of
from vitsci_viz.workflows.outputs import check_outputs, resolved

__all__ = [
    "CATALOGUE",
    "check_recipe_place",
    "dump_recipe",
    "entry_of",
    "load_recipe",
    "parse_recipe",
    "read_recipe",
    "recipe_mapping",
    "recipe_text",
    "run_recipe",
    "validate_recipe",
]

SUFFIXES = (".yaml", ".yml")
VERSION = 1
"""Version of the recipe format."""

SAMPLE_PREFIX = "sample:"
"""An input that begins with this is a sample's name, not a path."""


def load_recipe(path: Path | str) -> Recipe:
    """Read a recipe file and validate it.

    Parameters
    ----------
    path : path
        A YAML file; the paths inside are relative to its folder.

    Returns
    -------
    Recipe
        With absolute paths and validated options.

    Raises
    ------
    MissingFileError
        There is no such file.
    OptionError
        The file is no recipe, or a key or value in it is not valid; the nearest known key is named.
    """
    recipe = read_recipe(path)
    try:
        return validate_recipe(recipe)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from None


def read_recipe(path: Path | str) -> Recipe:
    """Read a recipe file as it is written, so that other options and files can be laid over it.

    Parameters
    ----------
    path : path
        A YAML file; the paths inside are relative to its folder.

    Returns
    -------
    Recipe
        With absolute paths; nothing is validated but the form of the file (see `validate_recipe`).

    Raises
    ------
    MissingFileError
        There is no such file.
    OptionError
        The file is no recipe.
    """
    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise MissingFileError(f"the recipe {path} does not exist: check the path") from None
    except OSError as error:
        raise OptionError(f"the recipe {path} cannot be read: {error.strerror or error}") from None
    except (UnicodeDecodeError, yaml.reader.ReaderError):
        raise OptionError(f"the recipe {path} is not a text file: name a YAML file") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise OptionError(f"{path} is not valid YAML: {error.problem}, line {line}") from None
    try:
        recipe = _recipe_in(content)
        folder = path.absolute().parent
        files = [_absolute_files(given, folder) for given in (recipe.inputs, recipe.outputs)]
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from None
    return Recipe(workflow=recipe.workflow, inputs=files[0], outputs=files[1], options=recipe.options)


def parse_recipe(content: Any, *, folder: Path | None = None) -> Recipe:
    """Turn a recipe's plain content into a validated `Recipe`.

    Parameters
    ----------
    content : mapping
        ``version``, ``workflow``, ``inputs``, ``outputs``, ``options``.
    folder : Path, optional
        What relative paths are relative to; default the current folder.

    Raises
    ------
    OptionError
        A key or value is not valid.
    """
    return validate_recipe(_recipe_in(content), folder=folder)


def _recipe_in(content: Any) -> Recipe:
    if not isinstance(content, Mapping):
        raise OptionError("a recipe must be a mapping with version, workflow, inputs, outputs and options")
    _check_keys(content, ("version", "workflow", "inputs", "outputs", "options"), "key")
    if content.get("version") != VERSION:
        raise OptionError(f"version must be {VERSION}, got {content.get('version')!r}; this release reads no other")
    if "workflow" not in content:
        raise OptionError(f"a recipe must name its workflow: one of {', '.join(CATALOGUE)}")
    return Recipe(
        workflow=str(content["workflow"]),
        inputs=_section(content, "inputs"),
        outputs=_section(content, "outputs"),
        options=_section(content, "options"),
    )


def validate_recipe(recipe: Recipe, *, folder: Path | None = None) -> Recipe:
    """Return the recipe with absolute paths and with every option spelt out.

    Raises
    ------
    OptionError
        The workflow, a slot or an option is not known, a required file is not given, or a value is not valid.
    """
    entry = entry_of(recipe.workflow)
    base = folder or Path.cwd()
    files = {}
    for kind, given, slots in (("input", recipe.inputs, entry.inputs), ("output", recipe.outputs, entry.outputs)):
        _check_keys(given, [slot.name for slot in slots], kind)
        for slot in slots:
            if slot.required and not given.get(slot.name):
                flag = f"--{(slot.flag or slot.name).replace('_', '-')}"
                raise OptionError(f"{recipe.workflow} needs the {kind} '{slot.name}' ({flag}): {slot.help}")
        files[kind] = _absolute_files(given, base)
    options = entry.load_options()(**recipe.options)
    return Recipe(
        workflow=recipe.workflow, inputs=files["input"], outputs=files["output"], options=options.to_mapping()
    )


def dump_recipe(recipe: Recipe, path: Path | str, *, force: bool = False) -> None:
    """Write a recipe that `load_recipe` reads back equal.

    Parameters
    ----------
    recipe : Recipe
        What to write; it is validated first.
    path : path
        The YAML file; paths inside become relative to its folder where they share one.
    force : bool
        Replace an existing file.
    """
    path = check_recipe_place(recipe, path, force=force)
    text = recipe_text(validate_recipe(recipe), folder=path.absolute().parent)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def check_recipe_place(recipe: Recipe, path: Path | str, *, force: bool = False) -> Path:
    """Say before any work that a recipe cannot be written to a place.

    Raises
    ------
    OptionError
        The name does not end in .yaml or .yml, or is that of an input or output.
    OutputExistsError, OutputError
        It exists (without `force`), or its folder cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"a recipe must end in {' or '.join(SUFFIXES)}, got {path.name}")
    if resolved(path) in {resolved(value) for value in (*recipe.inputs.values(), *recipe.outputs.values())}:
        raise OptionError(f"the recipe would replace an input or output of its run, {path}: give it another name")
    return check_output(path, force=force)


def recipe_text(recipe: Recipe, *, folder: Path | None = None) -> str:
    """Write a recipe as YAML text; paths become relative to `folder` where they share one."""
    return yaml.safe_dump(recipe_mapping(recipe, folder=folder), sort_keys=False, allow_unicode=True, width=120)


def recipe_mapping(recipe: Recipe, *, folder: Path | None = None) -> dict[str, Any]:
    """Return a recipe as plain values, in the order of the file."""
    return {
        "version": VERSION,
        "workflow": recipe.workflow,
        "inputs": {name: _relative(value, folder) for name, value in recipe.inputs.items()},
        "outputs": {name: _relative(value, folder) for name, value in recipe.outputs.items()},
        "options": dict(recipe.options),
    }


def run_recipe(
    recipe: Recipe,
    *,
    execution: ExecutionOptions | None = None,
    progress: Progress = silent,
    force: bool = False,
    resume: bool = False,
) -> Report:
    """Run a recipe: the same call for the command line, notebooks, dashboards and jobs.

    Parameters
    ----------
    recipe : Recipe
        What to run.
    execution : ExecutionOptions, optional
        How to use the machine; never changes the answer.
    progress : callable
        Told of every stage; cancels by raising `Cancelled`.
    force : bool
        Replace existing outputs.
    resume : bool
        Go on with an interrupted run where its outputs lie.

    Returns
    -------
    Report
        The results with the validated recipe and the versions that made them.

    Raises
    ------
    VitsciVizError
        Something the user can mend: an input, an option, an output.
    """
    recipe = validate_recipe(recipe)
    entry = entry_of(recipe.workflow)
    if resume and not entry.can_resume:
        raise OptionError(f"a run of {recipe.workflow} cannot be resumed: run it anew")
    check_outputs(recipe, force=force)
    more = {"resume": True} if resume else {}
    return entry.load_function()(
        recipe,
        entry.load_options()(**recipe.options),
        execution=execution or ExecutionOptions(),
        progress=progress,
        force=force,
        **more,
    )


def _check_keys(given: Mapping[str, Any], known: Iterable[str], kind: str) -> None:
    known = list(known)
    for name in given:
        if name not in known:
            raise OptionError(f"unknown {kind} '{name}': {nearest(str(name), known)}")


def _section(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = content.get(name)
    if section is None:
        return {}
    if not isinstance(section, Mapping):
        raise OptionError(f"{name} must be a mapping of names to values, got {section!r}")
    return {str(key): value for key, value in section.items()}


def _absolute_files(given: Mapping[str, Any], base: Path) -> dict[str, str]:
    return {name: _absolute(name, value, base) for name, value in given.items() if value is not None}


def _absolute(name: str, value: Any, base: Path) -> str:
    if not isinstance(value, str | os.PathLike):
        raise OptionError(f"{name} must be a path, got {value!r}")
    text = os.fspath(value)
    if text.startswith(SAMPLE_PREFIX):
        return text
    return os.path.normpath(base / Path(text).expanduser())


def _relative(value: str, folder: Path | None) -> str:
    if folder is None or value.startswith(SAMPLE_PREFIX):
        return value
    shared = os.path.commonpath([folder, value])
    return value if shared == os.sep else os.path.relpath(value, folder)
