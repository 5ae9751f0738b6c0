"""One door for predicted labels: the format by the ending, whole or not at all, streamed."""

import contextlib
from pathlib import Path

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import InputError
from vitsci_viz.io.ome_zarr_writing import known_probabilities
from vitsci_viz.io.reading import resolve
from vitsci_viz.progress import Progress, silent
from vitsci_viz.types import Segmentation

_TIFF = ("vitsci_viz.io.tiff_writing:write_labels_tiff", "vitsci_viz.io.tiff_writing:write_probabilities_tiff")
_ZARR = (
    "vitsci_viz.io.ome_zarr_writing:write_labels_zarr",
    "vitsci_viz.io.ome_zarr_writing:write_probabilities_zarr",
)
LABEL_WRITERS: dict[str, tuple[str, str]] = {
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".zarr": _ZARR,
    ".geojson": ("vitsci_viz.io.geojson:write_geojson", _ZARR[1]),
}
"""Writers of labels and of probabilities by suffix, as "module:function"."""


def probabilities_place(path: Path | str) -> Path:
    """Return where the probabilities lie beside labels.

    >>> [probabilities_place(name).name for name in ("a.tif", "a.ome.zarr", "a.geojson")]
    ['a_probabilities.tif', 'a_probabilities.ome.zarr', 'a_probabilities.ome.zarr']
    """
    path = Path(path)
    suffix = path.suffix
    stem = path.name.removesuffix(suffix)
    ome = ".ome" if stem.lower().endswith(".ome") else ""
    stem = stem[: len(stem) - len(ome)]
    return path.with_name(f"{stem}_probabilities{'.ome.zarr' if suffix.lower() == '.geojson' else ome + suffix}")


def write_segmentation(
    path: Path | str, segmentation: Segmentation, *, probabilities: bool = False, progress: Progress = silent
) -> tuple[Path, ...]:
    """Write labels, and the probabilities beside them; all appear together or not at all.

    Parameters
    ----------
    path : path
        Ends in ``.tif``, ``.zarr`` (OME-Zarr) or ``.geojson``; an existing output is replaced.
    segmentation : Segmentation
        Read band by band, so it may be larger than memory.
    probabilities : bool
        Write those too, to `probabilities_place`.
    progress : callable
        Told of the rows done; cancels by raising `Cancelled`.

    Returns
    -------
    tuple of Path
        What was written.

    Raises
    ------
    InputError
        The ending is not known, or the format cannot hold this segmentation.
    OutputError
        The disk is full or the place cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in LABEL_WRITERS:
        raise InputError(f"labels are written as {', '.join(LABEL_WRITERS)}, got {path.name}")
    if probabilities:
        known_probabilities(segmentation)
    places = (path, probabilities_place(path)) if probabilities else (path,)
    with contextlib.ExitStack() as stack:
        for place, writer in zip(places, LABEL_WRITERS[path.suffix.lower()], strict=False):
            temporary = stack.enter_context(replacing(place))
            resolve(writer)(temporary, segmentation, progress=progress)
    return places
