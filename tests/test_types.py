"""Types that travel refuse what no room could use."""

from typing import Any

import numpy as np
import pytest

import vitsci_viz as vz
from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image
from vitsci_viz.io.lazy import BoxLevel
from vitsci_viz.types import Image, PatchTree


def test_a_copy_of_an_image_is_one_that_may_be_changed() -> None:
    array = np.zeros((4, 5))
    image = read_image(array)
    np.array(image)[0, 0] = 1
    assert array[0, 0] == 0
    assert np.shares_memory(np.asarray(image), array)


def test_a_copy_of_a_decoded_level_is_one_that_may_be_changed() -> None:
    class Fixed(BoxLevel):
        def read_box(self, box):
            pixels = np.zeros((4, 5), np.uint8)[tuple(slice(*pair) for pair in box)]
            pixels.flags.writeable = False
            return pixels

    assert np.array(Fixed((4, 5), np.uint8)).flags.writeable


def test_channels_come_last() -> None:
    with pytest.raises(InputError, match="last axis, got 'cyx'"):
        Image(levels=(np.zeros((3, 8, 8)),), axes="cyx")


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (1.0, -1.0), (1.0, float("nan")), (float("inf"), 1.0)])
def test_spacing_is_positive(spacing: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="positive along every axis"):
        Image(levels=(np.zeros((8, 8)),), axes="yx", spacing=spacing, unit="um")


@pytest.mark.parametrize("level", [np.zeros((2, 1), np.int16), np.zeros((), np.int16)])
def test_a_tree_has_one_level_per_leaf(level: np.ndarray) -> None:
    places = np.zeros((2, 2), np.int64)
    with pytest.raises(InputError, match="must be"):
        PatchTree(shape=(8, 8), origin=places, size=places, level=level, score=np.zeros(2))


def test_trees_and_sequences_are_shown_in_one_line() -> None:
    image = np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)
    tree = vz.build_tree(image, vz.PatchOptions(mode="uniform", patch_size=8))
    assert repr(tree) == "PatchTree(64 leaves, levels 3 to 3, shape=(64, 64))"
    sequence = vz.gather(image, tree, 8, length=70)
    assert repr(sequence) == "PatchSequence(tokens (70, 8, 8, 1) uint8, 64 valid)"


def test_a_scan_has_an_angle_for_every_view_and_frames_of_one_size() -> None:
    views, angles = np.zeros((3, 4, 5)), np.arange(3.0)
    scan = vz.Scan.from_line_integrals(views, angles_rad=angles, centre=2.5)
    assert (scan.views, scan.rows, scan.columns, scan.are_line_integrals) == (3, 4, 5, True)
    assert "3 views of 4 x 5, line integrals" in repr(scan)
    with pytest.raises(InputError, match="3 views, got 2 angles"):
        vz.Scan.from_line_integrals(views, angles_rad=angles[:2])
    with pytest.raises(InputError, match=r"\(angle, row, column\) and not empty, got \(3, 0, 5\)"):
        vz.Scan.from_line_integrals(views[:, :0], angles_rad=angles)
    with pytest.raises(InputError, match=r"flats must have the rows and columns of the views, \(4, 5\)"):
        vz.Scan(projections=views, geometry=scan.geometry, flats=np.zeros((2, 5, 4)))
    with pytest.raises(InputError, match=r"one value for every flat \(2\), got \(3,\)"):
        vz.Scan(projections=views, geometry=scan.geometry, flats=views[:2], flat_places=np.zeros(3))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"angles_rad": np.array([0, np.nan])}, "one finite value per view"),
        ({"centre": float("nan")}, "centre must be finite"),
        ({"pixel_mm": 0.0}, "pixel_mm must be positive"),
        ({"tilt_rad": 2.0}, "less than a right angle"),
    ],
)
def test_a_geometry_that_no_scan_has_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        vz.ScanGeometry(**({"angles_rad": np.zeros(2)} | wrong))
