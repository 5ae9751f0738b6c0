"""What a volume keeps of how it was made: in the attributes of OME-Zarr, in a file beside a TIFF."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitsci_viz.atomic import replacing

NAMED = "vitsci_viz"
"""Key of what is kept, beside what OME defines."""
_ENDING = ".report.json"


def report_place(volume: Path) -> Path | None:
    """Return where what is kept of a volume lies beside it; None for OME-Zarr, which holds it itself.

    >>> report_place(Path("a/volume.tif")).name, report_place(Path("volume.ome.zarr"))
    ('volume.report.json', None)
    """
    return None if volume.suffix.lower() == ".zarr" else volume.with_name(volume.stem + _ENDING)


def write_volume_report(volume: Path, kept: Mapping[str, Any]) -> None:
    """Write what is kept of a volume beside it.

    Parameters
    ----------
    volume : Path
        A TIFF file.
    kept : mapping
        Plain values.
    """
    place = report_place(volume)
    if place is None:
        return
    with replacing(place) as temporary:
        temporary.write_text(json.dumps({NAMED: kept}, indent=1, allow_nan=False), encoding="utf-8")


def read_volume_report(volume: Path | str) -> dict[str, Any]:
    """Return what a volume keeps of how it was made.

    Parameters
    ----------
    volume : path
        ``.ome.zarr`` or ``.tif``.

    Returns
    -------
    dict
        ``quantity``, ``unit``, ``centre_px``; ``scale`` and ``offset`` that make attenuation of whole numbers;
        ``report`` with the results of the reconstruction; its ``options`` and the ``versions`` that made it. Empty
        where nothing is kept, as with volumes of other programs.
    """
    volume = Path(volume)
    beside = report_place(volume)
    try:
        kept = json.loads((volume / "zarr.json" if beside is None else beside).read_text(encoding="utf-8"))
        if beside is None:
            kept = kept["attributes"]["ome"]
        found = kept[NAMED]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
