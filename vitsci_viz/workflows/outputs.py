"""The outputs of one run: checked before any work, and appearing all together or not at all."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from vitsci_viz.atomic import check_output, replacing
from vitsci_viz.errors import InputError, OptionError, OutputError
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.entries import entry_of


def check_outputs(recipe: Recipe, *, force: bool = False) -> None:
    """Say before any work that an output cannot be written.

    Raises
    ------
    OptionError
        Two outputs are one file, an output is one of the inputs, or its ending is not one that can be written.
    OutputExistsError, OutputError
        An output exists (without `force`), or its place cannot be written.
    """
    slots = {slot.name: slot for slot in entry_of(recipe.workflow).outputs}
    taken = {resolved(value): f"the input '{name}'" for name, value in recipe.inputs.items()}
    for name, value in recipe.outputs.items():
        place = resolved(value)
        if place in taken:
            raise OptionError(f"the output '{name}' is also {taken[place]} ({value}): give it another name")
        taken[place] = f"the output '{name}'"
        endings = slots[name].suffixes
        if endings and Path(value).suffix.lower() not in endings:
            raise OptionError(f"the output '{name}' must end in {' or '.join(endings)}, got {Path(value).name}")
        if not slots[name].is_folder:
            check_output(value, force=force)
        elif Path(value).exists() and not Path(value).is_dir():
            raise OutputError(f"the output '{name}' must be a folder, got the file {value}: choose another name")


@contextlib.contextmanager
def writing(outputs: Mapping[str, str | Path]) -> Iterator[dict[str, Path]]:
    """Give a temporary name for every output; all take their places when the block ends well.

    Parameters
    ----------
    outputs : mapping of str to path
        The final places.

    Yields
    ------
    dict of str to Path
        The temporary name of each.
    """
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(replacing(path)) for name, path in outputs.items()}


def numbered(path: str | Path, count: int) -> tuple[Path, ...]:
    """Return a name per tree of a forest: the name itself for one tree, else ``tree_1.npz``, ``tree_2.npz``, ...

    >>> [path.name for path in numbered("tree.npz", 3)]
    ['tree_1.npz', 'tree_2.npz', 'tree_3.npz']
    """
    path = Path(path)
    if count == 1:
        return (path,)
    return tuple(path.with_name(f"{path.stem}_{number}{path.suffix}") for number in range(1, count + 1))


def resolved(path: str | Path) -> str:
    """Return the place that a name leads to, links followed.

    Raises
    ------
    InputError
        The name leads nowhere: links in a circle, or more letters than the system takes.
    """
    try:
        Path(path).exists()
        return str(Path(path).resolve())
    except (OSError, RuntimeError) as error:  # Python 3.11 calls a circle of links a RuntimeError
        reason = getattr(error, "strerror", None) or "its links lead in a circle"
        raise InputError(f"{path} is no usable name ({reason}): choose another one") from None
