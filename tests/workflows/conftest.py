"""Images that runs of workflows are tried on."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """A photo-like colour image of odd shape: fine texture on the left, discs on smooth ground elsewhere."""
    random = np.random.default_rng(5)
    noise = random.integers(0, 255, (150, 203, 3), dtype=np.uint8)
    smooth, fine = (cv2.GaussianBlur(noise, (0, 0), width) for width in (6, 1.2))
    ground = np.where(np.arange(203)[None, :, None] < 60, fine, smooth)
    for _ in range(14):
        centre = int(random.integers(70, 195)), int(random.integers(10, 140))
        cv2.circle(ground, centre, int(random.integers(3, 12)), tuple(map(int, random.integers(0, 255, 3))), -1)
    return ground


@pytest.fixture
def labels(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Foreground where the picture is dark."""
    return (picture.mean(axis=2) < 130).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path, picture: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """A folder with image.png, mask.png and volume.npy."""
    cv2.imwrite(str(tmp_path / "image.png"), picture[..., ::-1])
    cv2.imwrite(str(tmp_path / "mask.png"), labels * 255)
    volume = cv2.GaussianBlur(picture[..., 0], (0, 0), 2)[:48, :40]
    np.save(tmp_path / "volume.npy", np.stack([np.roll(volume, k, axis=0) for k in range(30)]))
    return tmp_path
