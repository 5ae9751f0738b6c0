"""`tune`: an image with its leaves, sliders and readings in JupyterLab; the object follows the sliders."""

import importlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitsci_viz.errors import InputError, MissingExtraError
from vitsci_viz.extras import missing_extra
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Image, PatchTree, Recipe
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, dump_recipe, load_recipe, recipe_text

if TYPE_CHECKING:
    import numpy as np

    from vitsci_viz.views.notebook.view import TuneView
    from vitsci_viz.views.session.readings import Readings

    Source = str | os.PathLike[str] | Image | np.ndarray[Any, Any]

NEEDED = ("ipywidgets", "jupyter_bokeh")


def tune(source: "Source", mask: "Source | None" = None, **options: Any) -> "Tune":
    """Tune adaptive patching on an image, with sliders in JupyterLab.

    In a notebook the controls appear at once, and again in each cell that ends with the returned object. In plain
    Python nothing is shown and the object works all the same.

    Parameters
    ----------
    source : path, Image or array
        Image, slide or volume: a path, ``"sample:NAME"``, or (y, x), (y, x, c), (z, y, x) values.
    mask : path, Image or array, optional
        Class indices with the image's spatial shape: adds the mask layer and the oracle Dice.
        A sample brings its own.
    **options
        Where the sliders begin: the fields of `PatchOptions`.

    Returns
    -------
    Tune
        Its `options`, `tree` and `recipe` follow the sliders; setting `options` moves them.

    Raises
    ------
    MissingExtraError
        The notebook extra is not installed.
    OptionError
        An option is unknown or not valid.
    MissingFileError, InputError
        The image or the mask cannot be opened, or they do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.zeros((64, 64), np.uint8)
    >>> image[20:40, 20:40] = 255
    >>> tuned = tune(image, split_value=4, patch_size=8)
    >>> tuned.options = tuned.options.replace(split_value=1000)
    >>> len(tuned.tree)
    1
    """
    check_extra()
    chosen = PatchOptions(**options)
    image, labels, inputs = _open(source, mask)
    if not in_notebook():
        return Tune(image, labels, chosen, inputs=inputs)
    with _progress_below_cell() as progress:
        tuned = Tune(image, labels, chosen, inputs=inputs, progress=progress)
    tuned.show()
    return tuned


class Tune:
    """A setting of adaptive patching on one image; what `tune` returns.

    Parameters
    ----------
    image : Image
        Image or volume.
    mask : Image, optional
        Class indices of the same spatial shape.
    options : PatchOptions
        The first setting.
    inputs : mapping of str to str
        Files for the recipe; empty where the image came from memory.
    progress : callable
        Told how far the first look at the pixels is.
    """

    def __init__(
        self,
        image: Image,
        mask: Image | None,
        options: PatchOptions,
        *,
        inputs: Mapping[str, str] | None = None,
        progress: Progress = silent,
    ) -> None:
        from vitsci_viz.views.session.session import PatchSession

        self.session: PatchSession = PatchSession(image, mask)
        self._inputs = dict(inputs or {})
        self._options = options
        self._tree = self.session.tree(options, progress=progress)
        self._view: TuneView | None = None
        self._shown_in: Any = None

    @property
    def options(self) -> PatchOptions:
        """The setting on screen; set it to move the sliders.

        An invalid setting raises and changes nothing.
        """
        return self._options

    @options.setter
    def options(self, options: PatchOptions) -> None:
        tree = self.session.tree(options)
        self._options, self._tree = options, tree
        if self._view is not None:
            self._view.show(options)

    @property
    def tree(self) -> PatchTree:
        """The leaves of the setting (of its first tree where there is a forest)."""
        return self._tree

    @property
    def readings(self) -> "Readings":
        """Tokens, what they save and what they keep; reads the whole image once for PSNR and oracle Dice."""
        self.session.prepare_fidelity(self._options)
        return self.session.readings(self._options)

    @property
    def recipe(self) -> Recipe:
        """What `vitsci-viz run` repeats: the image and the setting."""
        return Recipe(workflow="patch", inputs=self._inputs, outputs={}, options=self._options.to_mapping())

    @property
    def recipe_text(self) -> str:
        """The recipe as YAML."""
        return recipe_text(self.recipe)

    def save_recipe(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the recipe.

        Parameters
        ----------
        path : path
            A YAML file; the paths inside become relative to its folder.
        force : bool
            Replace an existing file.

        Raises
        ------
        InputError
            The image came from memory, so no recipe can name it.
        OutputExistsError, OutputError
            The file exists (without `force`) or cannot be written.
        """
        if "image" not in self._inputs:
            raise InputError(
                f"a recipe must name the image's file, and {self.session.image.name} came from memory: write it to a "
                "file and open that with tune(path)"
            )
        path = Path(path)
        dump_recipe(self.recipe, path, force=force)
        return path

    def load_recipe(self, path: str | os.PathLike[str]) -> None:
        """Take the options of a recipe for `patch`; the image stays."""
        recipe = load_recipe(Path(path))
        known = {name: value for name, value in recipe.options.items() if name in PatchOptions.model_fields}
        self.options = PatchOptions(**known)

    @property
    def view(self) -> "TuneView":
        """The widgets, made at first need."""
        if self._view is None:
            from vitsci_viz.views.notebook.view import TuneView

            self._view = TuneView(self)
        return self._view

    def show(self) -> None:
        """Show the controls below the current notebook cell."""
        from IPython.display import display

        from vitsci_viz.views.notebook.bokeh_widget import load_bokeh

        load_bokeh()
        display(self.view.widget)
        self._shown_in = shown_cell()

    def close(self) -> None:
        """End the worker threads and take the controls away; options, tree and recipe stay."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def _ipython_display_(self) -> None:
        """Show the controls, unless this very cell already does."""
        cell = shown_cell()
        if cell is None or self._shown_in != cell:
            self.show()

    def __repr__(self) -> str:
        return f"Tune({self.session.image.name}, {len(self._tree):,} tokens)"


def check_extra() -> None:
    """Refuse to go on without the packages that widgets need.

    Raises
    ------
    MissingExtraError
        Says what to install.
    """
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            raise missing_extra(ModuleNotFoundError(name=name)) or MissingExtraError(f"needs {name}")


def in_notebook() -> bool:
    """Tell whether a notebook cell runs this."""
    from IPython import get_ipython  # pyright: ignore[reportPrivateImportUsage]

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def shown_cell() -> int | None:
    """Return the number of the cell that runs; None outside of IPython."""
    from IPython import get_ipython  # pyright: ignore[reportPrivateImportUsage]

    shell = get_ipython()
    return None if shell is None else shell.execution_count


@contextmanager
def _progress_below_cell() -> Iterator[Progress]:
    """Show how far a long first look at the pixels is, until it is over."""
    from IPython.display import display

    from vitsci_viz.views.notebook.status import StatusLine

    line = StatusLine(can_cancel=False)
    is_displayed = False

    def report(stage: str, done: int, total: int) -> None:
        nonlocal is_displayed
        line.report(stage, done, total)
        if line.is_shown and not is_displayed:
            is_displayed = True
            display(line.widget)

    try:
        yield report
    finally:
        line.widget.close()


def _open(source: Any, mask: Any) -> tuple[Image, Image | None, dict[str, str]]:
    """Return image, mask and what a recipe calls them."""
    from vitsci_viz.io import read_image, read_mask
    from vitsci_viz.workflows.inputs import open_inputs, take_part

    if isinstance(source, str) and source.startswith(SAMPLE_PREFIX):
        image, own = open_inputs(source)
        labels = own if mask is None else read_mask(mask)
    else:
        image, labels = read_image(source), None if mask is None else read_mask(mask)
    inputs = {name: text for name, value in (("image", source), ("mask", mask)) if (text := _file_of(value))}
    image, labels = take_part(image, labels, level=0, roi=None)
    return image, labels, inputs


def _file_of(source: Any) -> str:
    if isinstance(source, Image):
        source = source.path
    if isinstance(source, str) and source.startswith(SAMPLE_PREFIX):
        return source
    return str(Path(source).expanduser().absolute()) if isinstance(source, str | os.PathLike) else ""
