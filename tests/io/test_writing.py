"""What is written is read back: pixels, spacing, unit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image
from vitsci_viz.io.writing import write_image

CASES = [
    ("a.png", (7, 9), "yx", np.uint8, None),
    ("a.png", (7, 9, 3), "yxc", np.uint16, None),
    ("a.tif", (7, 9, 3), "yxc", np.uint8, None),
    ("a.tif", (7, 9), "yx", np.float32, None),
    ("a.ome.tif", (7, 9), "yx", np.uint16, (0.5, 0.25)),
    ("a.ome.tif", (7, 9, 3), "yxc", np.uint8, (0.5, 0.25)),
    ("a.ome.tif", (5, 7, 9), "zyx", np.uint16, (2.0, 0.5, 0.25)),
]


@pytest.mark.parametrize(("name", "shape", "axes", "dtype", "spacing"), CASES)
@pytest.mark.parametrize("unit", ["um", "mm"])
def test_images_survive(
    tmp_path: Path, name: str, shape: tuple[int, ...], axes: str, dtype: Any, spacing: Any, unit: str
) -> None:
    array = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    image = read_image(write_image(tmp_path / name, array, axes=axes, spacing=spacing, unit=unit if spacing else None))
    assert (image.axes, image.data.dtype) == (axes, np.dtype(dtype))
    np.testing.assert_array_equal(np.asarray(image), array)
    assert image.spacing == (pytest.approx(spacing) if spacing else None)
    assert image.unit == (unit if spacing else None)


def test_equal_images_are_equal_files(tmp_path: Path) -> None:
    array = np.arange(600, dtype=np.uint16).reshape(20, 30)
    files = [write_image(tmp_path / f"{k}.tif", array, axes="yx", spacing=(1.0, 1.0), unit="um") for k in range(2)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a PNG holds"):
        write_image(tmp_path / "a.png", np.zeros((3, 4)), axes="yx")
    with pytest.raises(InputError, match="written as"):
        write_image(tmp_path / "a.jpg", np.zeros((3, 4), np.uint8), axes="yx")
    assert not list(tmp_path.iterdir())
