"""The outputs of one run: checked before any work, and appearing all together or not at all."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from vitsci_viz.atomic import check_output, replacing
from vitsci_viz.errors import OptionError
from vitsci_viz.types import Recipe


def check_outputs(recipe: Recipe, *, force: bool = False) -> None:
    """Say before any work that an output cannot be written.

    Raises
    ------
    OptionError
        Two outputs are one file, or an output is one of the inputs.
    OutputExistsError, OutputError
        An output exists (without `force`), or its place cannot be written.
    """
    taken = {_resolved(value): f"the input '{name}'" for name, value in recipe.inputs.items()}
    for name, value in recipe.outputs.items():
        place = _resolved(value)
        if place in taken:
            raise OptionError(f"the output '{name}' is also {taken[place]} ({value}): give it another name")
        taken[place] = f"the output '{name}'"
        check_output(value, force=force)


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


def _resolved(path: str | Path) -> str:
    return str(Path(path).resolve())
