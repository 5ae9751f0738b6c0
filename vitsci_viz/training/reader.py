"""Images and class indices of records, at the pixel size of the run, the last ones kept in memory."""

import contextlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.io.reading import read_image
from vitsci_viz.patching.intensity import refuse_not_finite
from vitsci_viz.patching.source import read_window
from vitsci_viz.training.cache import content_key
from vitsci_viz.training.labels import LabelMap
from vitsci_viz.training.masks import check_shape, open_mask
from vitsci_viz.training.records import Record
from vitsci_viz.training.spacing import SampledLevel, at_spacing, is_same_spacing
from vitsci_viz.types import Image

HELD_BYTES = 2**30
"""Decoded images and masks are kept up to this size in all; larger single ones are read window by window."""
Window = tuple[slice, ...]


def first_readable(records: Sequence[Record], on_error: Literal["stop", "skip"]) -> tuple[Record, Image]:
    """Return the first record and its image; with ``on_error="skip"`` the first whose image can be opened.

    Raises
    ------
    InputError, MissingFileError
        It cannot be read, or none can.
    """
    for record in records[:-1] if on_error == "skip" else ():
        with contextlib.suppress(VitsciVizError):
            return record, read_image(record.image)
    record = records[-1] if on_error == "skip" else records[0]
    return record, read_image(record.image)


class RecordReader:
    """Opens what records name.

    Parameters
    ----------
    records : sequence of Record
        At least one; the first says how many axes and channels all have.
    labels : LabelMap
        What the masks' values mean.
    spacing_um : tuple of float, optional
        Sides of a pixel that images are brought to; by default those of the first image.
    on_error : {"stop", "skip"}
        The first image must be readable, or any.

    Raises
    ------
    InputError, MissingFileError
        The first image (or none) cannot be read.
    """

    def __init__(
        self,
        records: Sequence[Record],
        labels: LabelMap,
        spacing_um: tuple[float, ...] | None = None,
        *,
        on_error: Literal["stop", "skip"] = "stop",
    ) -> None:
        self.labels = labels
        self.first, first = first_readable(records, on_error)
        self.ndim, self.channels = first.ndim, first.channels
        self.dtype = np.dtype(first.data.dtype)
        self.spacing_um = spacing_um or first.spacing_um
        self._held: OrderedDict[str, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def image(self, record: Record) -> Image:
        """Return a record's image at the pixel size of the run; lazy where it is larger than may be held.

        Raises
        ------
        InputError
            The file is damaged, has other axes than the first, or holds NaN or infinite values.
        """
        image = read_image(record.image)
        if (image.ndim, image.channels) != (self.ndim, self.channels):
            raise InputError(
                f"all images must have the axes of the first: {self.first.image.name} has {self.ndim} spatial axes "
                f"and {self.channels} channels, {record.image.name} {image.ndim} and {image.channels}; convert it, or "
                "take it out of the data"
            )
        size = math.prod(image.data.shape) * np.dtype(image.data.dtype).itemsize
        if size > HELD_BYTES:
            return self._at_spacing(image)
        return self._held_image(record, image)

    def _at_spacing(self, image: Image) -> Image:
        return image if self.spacing_um is None else at_spacing(image, self.spacing_um)

    def _held_image(self, record: Record, image: Image) -> Image:
        def load() -> NDArray[Any]:
            found = self._at_spacing(image)
            pixels = read_window(found, (slice(None),) * found.ndim)
            if pixels.dtype.kind == "f":
                refuse_not_finite(replace(found, levels=(pixels,), name=record.image.name))
            return pixels

        pixels = self._hold(f"image {content_key(record.image)}", load)
        if is_same_spacing(image.spacing_um, self.spacing_um):
            return replace(image, levels=(pixels,), name=record.image.name)
        return replace(image, levels=(pixels,), name=record.image.name, spacing=self.spacing_um, unit="um")

    def class_indices(self, record: Record, image: Image, window: Window | None = None) -> NDArray[np.uint8]:
        """Return the class of every pixel of a record's image, or of a window of it.

        Parameters
        ----------
        record : Record
            Names the mask.
        image : Image
            What `image` returned for it.
        window : tuple of slice, optional
            Part of the image.

        Raises
        ------
        InputError
            The mask has another shape than the image file, or holds a value that is no class.
        """
        if math.prod(image.shape) > HELD_BYTES:
            part = (slice(None),) * image.ndim if window is None else window
            return self.labels.index_of(np.asarray(self._mask(record, image).data[part]), str(record.mask))
        whole = self._hold(
            f"mask {content_key(record.mask)} {image.shape}",
            lambda: self.labels.index_of(np.asarray(self._mask(record, image)), str(record.mask)),
        )
        return whole if window is None else whole[window]

    def _mask(self, record: Record, image: Image) -> Image:
        mask = open_mask(record)
        check_shape(record, mask, read_image(record.image).shape)
        if mask.shape == image.shape:
            return mask
        return replace(mask, levels=(SampledLevel(mask.data, image.shape),), spacing=None, unit=None)

    def _hold(self, key: str, load: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        found = load()
        with self._lock:
            self._held[key] = found
            while len(self._held) > 1 and sum(array.nbytes for array in self._held.values()) > HELD_BYTES:
                self._held.popitem(last=False)
        return found

    def notes(self, records: Sequence[Record]) -> tuple[str, ...]:
        """Return what is done to images, for people: which are resampled, and which are taken as they are."""
        if self.spacing_um is None:
            return ()
        other: list[tuple[str, tuple[float, ...]]] = []
        unknown: list[str] = []
        for record in records:
            with contextlib.suppress(VitsciVizError):  # said when it is its turn
                own = read_image(record.image).spacing_um
                if own is None:
                    unknown.append(record.name)
                elif not is_same_spacing(own, self.spacing_um):
                    other.append((record.name, own))
        notes: list[str] = []
        if other:
            name, own = other[0]
            notes.append(
                f"{len(other)} of {len(records)} images are resampled to {self.spacing_um[-1]:g} um per pixel, such as "
                f"{name} from {own[-1]:g} um"
            )
        if unknown:
            notes.append(
                f"{len(unknown)} of {len(records)} images have no known pixel size, such as {unknown[0]}: taken as "
                f"that of the others, {self.spacing_um[-1]:g} um"
            )
        return tuple(notes)
