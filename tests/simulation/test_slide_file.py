"""Slides on disk: a pyramid with a mask that holds the generator's own pixels, or nothing at all."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.io import read_image, read_mask
from vitsci_viz.simulation.pathology import virtual_slide
from vitsci_viz.simulation.slide_file import mask_path, write_large_slide

SIDE, SEED = 2048, 7


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slide on disk."""
    return write_large_slide(tmp_path_factory.mktemp("slide") / "slide.tif", SIDE, SEED)


@pytest.fixture(scope="module")
def slide() -> tuple[np.ndarray, np.ndarray]:
    """The same slide in memory."""
    return virtual_slide((SIDE, SIDE), SEED)


def test_the_file_is_a_tiled_pyramid_with_spacing(written: Path) -> None:
    image = read_image(written)
    assert [level.shape for level in image.levels] == [(2048, 2048, 3), (1024, 1024, 3), (512, 512, 3)]
    assert image.spacing_um == (0.5, 0.5)


def test_the_mask_is_exact_on_every_level(written: Path, slide: tuple[np.ndarray, np.ndarray]) -> None:
    image = read_image(mask_path(written))
    np.testing.assert_array_equal(np.asarray(image), slide[1])
    np.testing.assert_array_equal(image.levels[1][...], slide[1][::2, ::2])
    np.testing.assert_array_equal(np.asarray(read_mask(mask_path(written))), slide[1])


def test_the_picture_is_close_on_every_level(written: Path, slide: tuple[np.ndarray, np.ndarray]) -> None:
    for number, level in enumerate(read_image(written).levels):
        side = SIDE // 2**number
        expected = cv2.resize(slide[0], (side, side), interpolation=cv2.INTER_AREA).astype(int)
        assert np.abs(level[...].astype(int) - expected).mean() < 3


def test_nothing_else_is_left(written: Path) -> None:
    assert {path.name for path in written.parent.iterdir()} == {"slide.tif", "slide_mask.tif"}


def test_a_cancelled_slide_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_large_slide(tmp_path / "slide.tif", SIDE, SEED, stop)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("side", [0, 1000, 1500])
def test_other_sides_are_refused(tmp_path: Path, side: int) -> None:
    with pytest.raises(InputError, match="multiple of 1,024"):
        write_large_slide(tmp_path / "slide.tif", side)
