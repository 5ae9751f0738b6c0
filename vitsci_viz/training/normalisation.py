"""Mean and standard deviation of the training images, a pair for every channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.patching.intensity import sample_windows
from vitsci_viz.patching.source import read_window
from vitsci_viz.progress import Progress, silent

if TYPE_CHECKING:
    from vitsci_viz.training.records import Record
    from vitsci_viz.training.source import ExampleSource

IMAGES = 256
"""At most this many images are looked at, evenly spread."""


@dataclass(frozen=True, eq=False)
class Normalisation:
    """What is taken off and divided by before a model sees values.

    Parameters
    ----------
    mean, std : (c,) float32
        Of the training images; `std` is 1 for a channel that does not vary.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]


def find_normalisation(source: ExampleSource, *, progress: Progress = silent) -> Normalisation:
    """Measure mean and standard deviation over the pixels of a source's images.

    Parameters
    ----------
    source : ExampleSource
        Of the training records; at most `IMAGES` of them are read, large ones in windows.
    progress : Progress
        Told with each image.

    Raises
    ------
    InputError
        An image holds NaN or infinite values, or cannot be read; with ``on_error=skip`` only if none can.
    """
    records = source.records[:: -(-len(source.records) // IMAGES)]
    count, total, square = 0, np.zeros(source.channels), np.zeros(source.channels)
    reason = InputError("no image could be read")
    for done, record in enumerate(records):
        progress("measuring images", done, len(records))
        try:
            for values in _values(source, record):
                count += len(values)
                total += values.sum(axis=0)
                square += np.square(values).sum(axis=0)
        except VitsciVizError as error:
            if source.data.on_error == "stop":
                raise
            reason = error
    progress("measuring images", len(records), len(records))
    if count == 0:
        raise reason
    mean = total / count
    std = np.sqrt(np.maximum(square / count - mean**2, 0))
    return Normalisation(mean.astype(np.float32), np.where(std > 0, std, 1).astype(np.float32))


def _values(source: ExampleSource, record: Record) -> Iterator[NDArray[np.float64]]:
    """Yield the pixels of an image, (n, c), window by window."""
    image = source.image(record)
    for window in sample_windows(image.shape):
        yield read_window(image, window).reshape(-1, source.channels).astype(np.float64)
