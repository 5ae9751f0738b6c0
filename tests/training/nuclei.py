"""Objects that scores are tried on."""

import cv2
import numpy as np
from numpy.typing import NDArray


def touching_discs(count: int, *, side: int = 256, seed: int = 0) -> NDArray[np.int32]:
    """Return numbered discs, some of which touch or cover others."""
    random = np.random.default_rng(seed)
    labels = np.zeros((side, side), np.int32)
    for number in range(1, count + 1):
        y, x = (int(value) for value in random.integers(10, side - 10, 2))
        cv2.circle(labels, (x, y), int(random.integers(5, 12)), number, -1)
    return labels
