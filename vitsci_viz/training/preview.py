"""Pictures of what a model makes of a few validation images while it learns."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import OutputError

if TYPE_CHECKING:
    from vitsci_viz.training.records import Record
    from vitsci_viz.training.run_folder import RunFolder
    from vitsci_viz.training.validate import ImageScore

COUNT = 4
"""Validation images that are shown."""
LONGEST_SIDE = 1024
"""Larger pictures are thinned to this many pixels."""
INDEX = "index.json"
PALETTE = (
    (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
    (204, 121, 167),
)  # fmt: skip
"""Colours of the classes, background first; they repeat beyond. Okabe and Ito's, told apart by the colour-blind."""


class Previews:
    """Writes the predictions on up to `COUNT` images of a validation.

    Parameters
    ----------
    folder : RunFolder
        The run; pictures lie in its ``previews``.
    records : sequence of Record
        The validation images, in their order.
    """

    def __init__(self, folder: RunFolder, records: Any) -> None:
        self._folder = folder.previews
        places = np.unique(np.linspace(0, len(records) - 1, COUNT).round().astype(int)) if len(records) else ()
        self._records: dict[int, Record] = {int(place): records[place] for place in places}
        self._rows: list[dict[str, Any]] = []

    def keep(self, number: int, score: ImageScore) -> None:
        """Write the picture of an image if it is one of those shown.

        Raises
        ------
        OutputError
            The disk is full or the place cannot be written.
        """
        record = self._records.get(number)
        if record is None:
            return
        name = f"{file_name(record.name)}.png"
        write_picture(self._folder / name, score.labels)
        mean = score.mean_dice
        self._rows.append(
            {
                "name": record.name,
                "file": name,
                "image": str(record.image),
                "mask": str(record.mask),
                "dice": None if np.isnan(mean) else round(mean, 6),
            }
        )

    def finish(self, step: int) -> None:
        """Write the index of what is shown: name, file, image, mask, dice and step."""
        rows = [{**row, "step": step} for row in self._rows]
        self._rows = []
        _make(self._folder)
        with replacing(self._folder / INDEX) as temporary:
            temporary.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def write_picture(path: Path, labels: NDArray[np.uint8]) -> None:
    """Write class indices as a palette PNG; of a volume the middle slice.

    Parameters
    ----------
    path : Path
        The file; its folder is made.
    labels : (y, x) or (z, y, x) uint8
        Class indices.
    """
    if labels.ndim == 3:
        labels = labels[labels.shape[0] // 2]
    picture = Picture.fromarray(thinned(labels), mode=None).convert("P")
    picture.putpalette([value for index in range(256) for value in PALETTE[index % len(PALETTE)]])
    _make(path.parent)
    with replacing(path) as temporary:
        picture.save(temporary)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"could not write {folder}: {error.strerror or error}") from error


def thinned(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return labels with at most `LONGEST_SIDE` pixels a side: every n-th of them.

    >>> thinned(np.zeros((3000, 10), np.uint8)).shape
    (1000, 4)
    """
    step = -(-max(labels.shape) // LONGEST_SIDE)
    return np.ascontiguousarray(labels[::step, ::step])


def file_name(name: str) -> str:
    """Return a name that every file system takes.

    >>> file_name("slide 3/tile:7")
    'slide_3_tile_7'
    """
    return re.sub(r"[^\w.-]", "_", name)
