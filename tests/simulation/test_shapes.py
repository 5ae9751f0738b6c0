"""Shapes have exact masks."""

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.simulation.shapes import BRIGHT, DARK, checkerboard, disks, squares, vessels


@pytest.mark.parametrize("shape", [(40, 56), (20, 24, 28)])
@pytest.mark.parametrize("make", [checkerboard, disks, squares])
def test_two_tones_follow_the_mask(make: object, shape: tuple[int, ...]) -> None:
    image, mask = make(shape)
    assert image.shape == mask.shape == shape
    np.testing.assert_array_equal(image, np.where(mask == 1, BRIGHT, DARK))
    assert 0 < mask.mean() < 1


def test_a_checkerboard_is_half_bright() -> None:
    mask = checkerboard((64, 64), 8)[1]
    assert mask.sum() == 64 * 64 // 2
    np.testing.assert_array_equal(mask[8:, :], 1 - mask[:-8, :])


def test_a_disk_has_the_area_of_a_disk() -> None:
    mask = disks((2000, 2000), 2, count=1)[1]
    rows = np.flatnonzero(mask.any(axis=1))
    diameter = rows[-1] - rows[0] + 1
    assert mask.sum() == pytest.approx(np.pi * diameter**2 / 4, rel=0.01)


def test_seeds_repeat() -> None:
    np.testing.assert_array_equal(vessels((96, 128), 5)[0], vessels((96, 128), 5)[0])
    assert (vessels((96, 128), 5)[1] != vessels((96, 128), 6)[1]).any()


def test_vessels_are_thin_and_dark() -> None:
    image, mask = vessels((256, 256), 1)
    assert 0.03 < mask.mean() < 0.3
    assert image[mask == 1].mean() < image[mask == 0].mean() - 20


def test_an_empty_cell_is_refused() -> None:
    with pytest.raises(InputError, match="at least one pixel"):
        checkerboard((4, 4), 0)
