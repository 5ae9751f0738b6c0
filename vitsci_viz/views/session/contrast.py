"""One global contrast per image, so that nothing flickers while panning."""

import numpy as np

from vitsci_viz.patching.contrast import Contrast, contrast_of
from vitsci_viz.views.session.display import DisplayPyramid

SAMPLE_SIDE = 512


def find_contrast(pyramid: DisplayPyramid) -> Contrast:
    """Return the contrast of an image: 8 bit as it is, anything else by percentiles of an overview."""
    image = pyramid.image
    channels = image.channels
    if image.data.dtype == np.uint8 or image.data.dtype == np.bool_:
        return contrast_of(np.empty((0, channels), image.data.dtype))
    level = pyramid.level_for(max(image.shape[-2:]) / SAMPLE_SIDE)
    middle = image.shape[0] // 2 if image.ndim == 3 else None
    step = max(1, max(level.array.shape[image.ndim - 2 : image.ndim]) // (2 * SAMPLE_SIDE))
    sample = pyramid.read(level, slice(None, None, step), slice(None, None, step), middle)
    return contrast_of(sample.reshape(-1, channels))
