"""Whether the intensities of an image are those that a model was trained on."""

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.patching.intensity import sample_windows
from vitsci_viz.patching.source import read_window
from vitsci_viz.types import Image

WINDOWS = 16
"""At most so many windows of an image are looked at."""
FAR = 3.0
"""Standard deviations of training by which a mean may differ, and times that an image may vary as much."""


def intensity_notes(image: Image, mean: NDArray[np.float32], std: NDArray[np.float32]) -> tuple[str, ...]:
    """Return what to tell the user where intensities are far from those in training.

    Parameters
    ----------
    image : Image
        With the channels of training.
    mean, std : (c,) float32
        Of the training images.

    Returns
    -------
    tuple of str
        Empty where the mean of every channel is within three standard deviations of training, and the image does not
        vary more than three times as much: another bit depth or unit lies far outside.
    """
    windows = sample_windows(image.shape)
    chosen = windows[:: -(-len(windows) // WINDOWS)]
    pixels = [read_window(image, window).reshape(-1, len(mean)).astype(np.float64) for window in chosen]
    values = np.concatenate(pixels)
    found, spread = values.mean(axis=0), values.std(axis=0)
    if (np.abs(found - mean) <= FAR * std).all() and (spread <= FAR * std).all():
        return ()
    return (
        f"intensities are far from those in training: {_words(found, spread)} against {_words(mean, std)} (mean and "
        "standard deviation of each channel); bring the image to the same bit depth and scale, or expect wrong labels",
    )


def _words(mean: NDArray[np.floating], std: NDArray[np.floating]) -> str:
    return ", ".join(f"{middle:.4g} +/- {width:.3g}" for middle, width in zip(mean, std, strict=True))
