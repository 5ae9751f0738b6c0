"""`tune_centre`: a slice in JupyterLab that follows the rotation axis, moved by slider, number or on the sinogram."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.centre import Candidate
from vitsci_viz.types import Recipe, Scan
from vitsci_viz.views.notebook.tune import check_extra, in_notebook, shown_cell
from vitsci_viz.views.session.tomography import TomographySession
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX, dump_recipe, recipe_text
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions

if TYPE_CHECKING:
    import numpy as np

    from vitsci_viz.views.notebook.centre_view import CentreView

    Source = str | os.PathLike[str] | Scan


def tune_centre(source: "Source", **options: Any) -> "CentreTuner":
    """Move the rotation axis of a scan by hand and watch the slice, in JupyterLab.

    In a notebook the controls appear at once, and again in each cell that ends with the returned object. In plain
    Python nothing is shown and the object works all the same.

    Parameters
    ----------
    source : path, Scan or str
        A scan, its file or folder, or ``"sample:NAME"``.
    **options
        Where the form begins: the fields of `ReconstructOptions`.

    Returns
    -------
    CentreTuner
        Its `centre`, `options` and `recipe` follow the controls; setting `centre`, `row` or `options` moves them.

    Raises
    ------
    MissingExtraError
        The notebook extra is not installed.
    OptionError
        An option is unknown or not valid.
    MissingFileError, InputError
        The scan cannot be opened, or its flats hold no light.

    Examples
    --------
    >>> import numpy as np
    >>> angles = np.arange(90) * np.pi / 90
    >>> views = np.ones((90, 2, 32), np.float32)
    >>> tuned = tune_centre(Scan.from_line_integrals(views, angles_rad=angles), filter="hann")
    >>> tuned.centre = 16.25
    >>> (tuned.options.centre, tuned.options.filter, tuned.slice.shape)
    (16.25, 'hann', (32, 32))
    """
    check_extra()
    chosen = ReconstructOptions(**options)
    tuner = CentreTuner(_opened(source), chosen, path=_path_of(source))
    if in_notebook():
        tuner.show()
    return tuner


class CentreTuner:
    """A scan with its setting and one of its slices; what `tune_centre` returns.

    Parameters
    ----------
    scan : Scan
        Counts or line integrals.
    options : ReconstructOptions
        The first setting; where its centre is ``auto``, that of the file or the detector's middle is shown until one
        is chosen or found.
    path : str
        What a recipe calls the scan; empty where it came from memory.
    """

    def __init__(self, scan: Scan, options: ReconstructOptions, *, path: str = "") -> None:
        self.session = TomographySession(scan)
        self.candidates: tuple[Candidate, ...] = ()
        self._path = path
        self._row = self.session.middle_row
        self._options = options
        self._check(options)
        self._view: CentreView | None = None
        self._shown_in: Any = None

    @property
    def scan(self) -> Scan:
        """The open scan."""
        return self.session.scan

    @property
    def options(self) -> ReconstructOptions:
        """The setting on screen; set it to move the controls. An invalid setting raises and changes nothing."""
        return self._options

    @options.setter
    def options(self, options: ReconstructOptions) -> None:
        self._check(options)
        self._options = options
        self._draw()

    @property
    def centre(self) -> float:
        """Where the axis is taken to fall, in detector pixels; set it to move the line and the slice."""
        return self.session.centre_of(self._options, self.candidates[0].centre_px if self.candidates else None)

    @centre.setter
    def centre(self, centre_px: float) -> None:
        self.options = self._options.replace(centre=float(centre_px))

    @property
    def row(self) -> int:
        """Detector row of the slice."""
        return self._row

    @row.setter
    def row(self, row: int) -> None:
        if not 0 <= row < self.scan.rows:
            raise InputError(f"the row must lie on the detector, 0 to {self.scan.rows - 1}, got {row}")
        self._row = int(row)
        self._draw()

    @property
    def slice(self) -> "np.ndarray[Any, Any]":
        """The slice on screen with all views at full resolution, (n, n) float32: attenuation in 1/mm or 1/px."""
        return self.session.slice(self._options, self._row, self.centre).values

    def find(self) -> tuple[Candidate, ...]:
        """Find the centre from the data, and move to the best candidate.

        Returns
        -------
        tuple of Candidate
            Best first; `candidates` holds them as well.
        """
        self.take(self.found())
        return self.candidates

    def found(self, **more: Any) -> tuple[Candidate, ...]:
        """Return what the data say of the centre, and change nothing; `more` goes to `find_centre`."""
        from vitsci_viz.reconstruction.centre import find_centre

        return find_centre(self.scan, preprocess=self._options, threads=self.session.threads, **more)

    def take(self, candidates: tuple[Candidate, ...]) -> None:
        """Keep candidates and move to the best of them."""
        self.candidates = candidates
        self.centre = candidates[0].centre_px

    @property
    def recipe(self) -> Recipe:
        """What `vitsci-viz run` repeats for the whole scan: the scan and the setting."""
        inputs = {"scan": self._path} if self._path else {}
        return Recipe(workflow="reconstruct", inputs=inputs, options=self._options.to_mapping())

    @property
    def recipe_text(self) -> str:
        """The recipe as YAML."""
        return recipe_text(self.recipe)

    def save_recipe(
        self, path: str | os.PathLike[str], *, volume: str | os.PathLike[str] = "volume.ome.zarr", force: bool = False
    ) -> Path:
        """Write the recipe of the whole reconstruction.

        Parameters
        ----------
        path : path
            A YAML file; the paths inside become relative to its folder.
        volume : path
            What the recipe writes; relative to the folder of the recipe.
        force : bool
            Replace an existing file.

        Raises
        ------
        InputError
            The scan came from memory, so no recipe can name it.
        OutputExistsError, OutputError
            The file exists (without `force`) or cannot be written.
        """
        if not self._path:
            raise InputError(
                f"a recipe must name the scan's file, and {self.scan.name} came from memory: open it with "
                "tune_centre(path)"
            )
        path = Path(path).expanduser().absolute()
        recipe = Recipe(
            workflow="reconstruct", inputs={"scan": self._path}, outputs={"volume": str(path.parent / volume)},
            options=self._options.to_mapping(),
        )  # fmt: skip
        dump_recipe(recipe, path, force=force)
        return path

    @property
    def view(self) -> "CentreView":
        """The widgets, made at first need."""
        if self._view is None:
            from vitsci_viz.views.notebook.centre_view import CentreView

            self._view = CentreView(self)
        return self._view

    def show(self) -> None:
        """Show the controls below the current notebook cell."""
        from IPython.display import display

        from vitsci_viz.views.notebook.bokeh_widget import load_bokeh

        load_bokeh()
        display(self.view.widget)
        self._shown_in = shown_cell()

    def close(self) -> None:
        """End the worker threads and take the controls away; centre, options and recipe stay."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def _check(self, options: ReconstructOptions) -> None:
        """Refuse a setting that does not go with the scan."""
        last = self.scan.columns - 1
        if options.centre != "auto" and not 0 <= options.centre <= last:
            raise InputError(f"the centre must lie on the detector, 0 to {last} px, got {options.centre:g}")
        self.session.index_of(options, self._row)

    def _draw(self) -> None:
        if self._view is not None:
            self._view.show()

    def _ipython_display_(self) -> None:
        """Show the controls, unless this very cell already does."""
        cell = shown_cell()
        if cell is None or self._shown_in != cell:
            self.show()

    def __repr__(self) -> str:
        return f"CentreTuner({self.scan.name}, axis at {self.centre:.2f} px, row {self._row})"


def _opened(source: Any) -> Scan:
    """Return the scan of a path, a sample, or at hand."""
    if isinstance(source, Scan):
        return source
    if isinstance(source, str) and source.startswith(SAMPLE_PREFIX):
        from vitsci_viz.io.samples import open_scan

        return open_scan(source.removeprefix(SAMPLE_PREFIX))
    from vitsci_viz.io.scans import read_scan

    return read_scan(source)


def _path_of(source: Any) -> str:
    """Return what a recipe calls a scan."""
    if isinstance(source, str) and source.startswith(SAMPLE_PREFIX):
        return source
    path = source.path if isinstance(source, Scan) else source
    return "" if path is None else str(Path(path).expanduser().absolute())
