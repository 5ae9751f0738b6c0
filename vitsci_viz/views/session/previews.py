"""What a model makes of a few validation images while it learns: image, truth and prediction as small pictures."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.training.run_folder import RunFolder
from vitsci_viz.types import Image
from vitsci_viz.views.session.cache import OnceCache
from vitsci_viz.views.session.display import DisplayPyramid
from vitsci_viz.views.session.masks import label_overlay
from vitsci_viz.views.session.picture import picture
from vitsci_viz.views.session.session import PatchSession
from vitsci_viz.views.session.state import Window

SIDE = 320
"""Longest side of a picture on the screen; smaller images are enlarged by whole factors towards it."""
INDEX = "index.json"

Rgb = NDArray[np.uint8]
Labels = NDArray[Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class Preview:
    """One validation image.

    Parameters
    ----------
    name : str
        Of the image.
    dice : float or None
        Mean Dice of the prediction; None where it is not defined.
    step : int
        When it was predicted.
    image, truth, prediction : (y, x, 3) uint8 or None
        Small pictures, the latter two with classes over the image; None where a file has gone.
    """

    name: str
    dice: float | None
    step: int
    image: Rgb | None
    truth: Rgb | None
    prediction: Rgb | None


class PreviewReader:
    """Follows the previews of a run: pictures are made only when a validation has written new ones.

    Parameters
    ----------
    folder : RunFolder
        The run; it need not have begun.
    values : sequence of int
        Mask value of every class index; empty where the masks hold class indices.
    """

    def __init__(self, folder: RunFolder, values: Sequence[int] = ()) -> None:
        self.previews: tuple[Preview, ...] = ()
        self._folder, self._values = folder.previews, tuple(values)
        self._stamp = 0
        self._known: OnceCache[tuple[Rgb | None, Rgb | None]] = OnceCache(16)

    def look(self) -> bool:
        """Read the previews if they are new; return whether they are."""
        index = self._folder / INDEX
        try:
            stamp = index.stat().st_mtime_ns
            if stamp == self._stamp:
                return False
            rows: list[dict[str, Any]] = json.loads(index.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        self._stamp = stamp
        self.previews = tuple(self._preview(row) for row in rows)
        return True

    def _preview(self, row: dict[str, Any]) -> Preview:
        key = (row["image"], row["mask"])
        image, truth = self._known.get(key, lambda: given(Path(row["image"]), Path(row["mask"]), self._values))
        predicted = _read_indices(self._folder / str(row["file"]))
        return Preview(
            name=str(row["name"]),
            dice=row["dice"],
            step=int(row["step"]),
            image=image,
            truth=truth,
            prediction=None if image is None or predicted is None else painted(image, predicted),
        )


def _read_indices(path: Path) -> Labels | None:
    from vitsci_viz.io import read_mask

    try:
        return np.asarray(read_mask(path, keep_values=True))
    except (VitsciVizError, OSError):
        return None  # just being replaced by the next validation


def given(image: Path, mask: Path, values: Sequence[int] = ()) -> tuple[Rgb | None, Rgb | None]:
    """Return an image as a small picture, and with its mask over it; None for what cannot be read any more.

    Parameters
    ----------
    image, mask : Path
        The files.
    values : sequence of int
        Mask value of every class index; empty where the mask holds class indices.
    """
    from vitsci_viz.io import read_image, read_mask

    try:
        opened, labels = read_image(image), read_mask(mask)
    except (VitsciVizError, OSError):
        return None, None
    session = PatchSession(opened)
    middle = session.slices // 2 if session.is_volume else None
    shown = small_picture(session, middle)
    found = np.asarray(labels.data[middle] if middle is not None else labels.data)
    return shown, painted(shown, indices(found, values))


def indices(mask: Labels, values: Sequence[int]) -> Labels:
    """Return the class index of every pixel; what is no class becomes background.

    >>> indices(np.array([0, 7, 3]), (0, 3, 7)).tolist()
    [0, 2, 1]
    """
    if not values or (len(values) == 2 and int(mask.max(initial=0)) <= 1):  # two values were read as 0 and 1 already
        return mask
    found = np.zeros(mask.shape, np.uint8)
    for index, value in enumerate(values):
        found[mask == value] = index
    return found


def painted(rgb: Rgb, labels: Labels) -> Rgb:
    """Return a picture with classes over it: filled at 40 % with a crisp outline.

    Parameters
    ----------
    rgb : (y, x, 3) uint8
        The picture.
    labels : (rows, columns) integers
        Class indices of the same view, at any resolution.
    """
    height, width = rgb.shape[:2]
    rows, columns = labels.shape
    display = DisplayPyramid(Image(levels=(labels,), axes="yx"), is_labels=True)
    raster = label_overlay(display, Window(0, 0, columns, rows, width, height), margin=0)
    if raster is None:
        return rgb
    index = np.asarray(cv2.resize(raster.index, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    colour = np.asarray(raster.palette[index], np.float32)
    share = colour[..., 3:] / 255
    return np.asarray(rgb * (1 - share) + colour[..., :3] * share + 0.5, np.uint8)


def encoded(rgb: Rgb | None) -> bytes:
    """Return a picture as JPEG; empty where there is none."""
    if rgb is None:
        return b""
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return data.tobytes()


def small_picture(session: PatchSession, slice_index: int | None = None) -> Rgb:
    """Return a whole image (of a volume one slice) about `SIDE` pixels long, whatever its size."""
    rows, columns = session.shape[-2:]
    scale = max(1.0, max(rows, columns) / SIDE)
    window = Window(0, 0, columns, rows, max(1, round(columns / scale)), max(1, round(rows / scale)))
    rgb = picture(session, window, slice_index=slice_index, margin=0).rgb
    factor = max(1, SIDE // max(rgb.shape[:2]))
    return rgb.repeat(factor, axis=0).repeat(factor, axis=1)
