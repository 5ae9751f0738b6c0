import numpy as np
import pytest
from skimage.io import imsave

from tests.views.session.cases import blobs


@pytest.fixture
def picture():
    return blobs((96, 128), channels=3)


@pytest.fixture
def picture_file(tmp_path, picture):
    path = tmp_path / "picture.png"
    imsave(path, picture, check_contrast=False)
    return path


@pytest.fixture
def mask(picture):
    return (picture[..., 0] > 120).astype(np.uint8)
