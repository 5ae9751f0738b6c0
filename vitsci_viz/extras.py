"""Which extra brings an optional dependency, and how a missing one is said."""

from collections.abc import Mapping

from vitsci_viz.errors import MissingExtraError

EXTRA_OF: Mapping[str, str] = {
    "einops": "models",
    "monai": "models",
    "tensorboard": "models",
    "torch": "models",
    "transformers": "models",
    "bokeh": "panel",
    "holoviews": "panel",
    "panel": "panel",
    "ipywidgets": "notebook",
    "IPython": "notebook",
    "jupyter_bokeh": "notebook",
    "matplotlib": "notebook",
    "algotom": "ct",
    "finufft": "ct",
    "h5py": "ct",
}
"""Optional module -> the extra that installs it."""


def missing_extra(error: ImportError) -> MissingExtraError | None:
    """Put a failed import of an optional dependency in one line.

    Parameters
    ----------
    error : ImportError
        What the import raised.

    Returns
    -------
    MissingExtraError or None
        What to raise instead; None where no extra would bring the module.

    Examples
    --------
    >>> print(missing_extra(ModuleNotFoundError("No module named 'panel'", name="panel")))
    needs panel: pip install "vitsci-viz[panel]"
    """
    module = (error.name or "").partition(".")[0]
    if module not in EXTRA_OF:
        return None
    return MissingExtraError(f'needs {module}: pip install "vitsci-viz[{EXTRA_OF[module]}]"', name=module)
