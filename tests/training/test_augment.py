"""Turned examples are examples of turned images."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.reference import laws
from tests.reference import tokens as slow
from tests.training.cases import discs, picture_of, source_of, write_pair
from vitsci_viz.models.places import grid_of, places_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.sides import PatchSides
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.training.augment import Turn, draw_turn, turn_example
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.records import find_records

TURNS = [Turn(order, mirrored) for order in ((0, 1), (1, 0)) for mirrored in itertools.product((False, True), repeat=2)]
VARIANCE = PatchOptions(detail="variance", split_value=4000, patch_size=4, min_size=2)


def turned(array: np.ndarray, turn: Turn) -> np.ndarray:
    """Turn an image with NumPy."""
    array = array.transpose(*turn.order, *range(2, array.ndim))
    for axis, is_mirrored in enumerate(turn.mirrored):
        array = np.flip(array, axis) if is_mirrored else array
    return array


def example_of(folder: Path, shape: tuple[int, int], patch: PatchOptions = VARIANCE):
    labels = discs(shape, seed=3, values=(0, 1, 2))
    write_pair(folder, "a", picture_of(labels), labels)
    return source_of(find_records(folder), patch=patch, needs=("grid", "pixels"), flips=False).example(0)


@pytest.mark.parametrize("turn", TURNS)
def test_on_a_square_of_a_power_of_two_it_is_the_example_of_the_turned_image(tmp_path: Path, turn: Turn):
    example = example_of(tmp_path, (32, 32))
    found = turn_example(example, turn, (2, 2))
    image, labels = turned(example.pixels, turn), turned(example.labels, turn)
    tree = build_tree(image, VARIANCE)
    np.testing.assert_array_equal(found.tree.origin, tree.origin)
    np.testing.assert_array_equal(found.tree.size, tree.size)
    np.testing.assert_allclose(found.tokens, slow.gather(image, laws.cells_of(tree), (4, 4)), rtol=1e-6, atol=1e-4)
    np.testing.assert_allclose(
        found.fractions, slow.class_fractions(labels, laws.cells_of(tree), (4, 4), 3), rtol=1e-6, atol=1e-6
    )
    np.testing.assert_array_equal(found.pixels, image)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.grid, grid_of(tree, 2))
    np.testing.assert_array_equal(places_of(found.tree, 4, unit=32), places_of(tree, 4, unit=32))


@pytest.mark.parametrize("turn", TURNS[:4])
def test_on_any_other_shape_tokens_still_lie_over_their_pixels(tmp_path: Path, turn: Turn):
    example = example_of(tmp_path, (29, 22))
    found = turn_example(example, turn, (2, 2))
    assert found.tree.shape == found.pixels.shape[:2] == found.labels.shape == (30, 22)
    np.testing.assert_array_equal(found.pixels[found.inside], turned(example.pixels, turn))
    np.testing.assert_array_equal(found.labels[found.inside], turned(example.labels, turn))
    assert np.count_nonzero(found.labels == IGNORED) == 22
    assert found.area.sum() == 29 * 22
    for row, leaf in enumerate(laws.cells_of(found.tree)):
        box = tuple(slice(max(o, 0), o + s) for o, s in zip(leaf.origin, leaf.size, strict=True))
        known = found.labels[box] != IGNORED
        assert found.area[row].sum() == pytest.approx(np.count_nonzero(known))
        mean = (found.tokens[row] * found.area[row][..., None]).sum(axis=(0, 1)) / found.area[row].sum()
        np.testing.assert_allclose(mean, found.pixels[box][known].mean(axis=0), rtol=1e-5)
        assert (found.grid[tuple(slice(part.start // 2, -(-part.stop // 2)) for part in box)] == row).all()


def test_turning_back_gives_the_example_back(tmp_path: Path):
    example = example_of(tmp_path, (32, 24))
    mirror = Turn((0, 1), (True, True))
    again = turn_example(turn_example(example, mirror, (2, 2)), mirror, (2, 2))
    for name in ("tokens", "fractions", "area", "grid", "pixels", "labels"):
        np.testing.assert_array_equal(getattr(again, name), getattr(example, name))
    np.testing.assert_array_equal(again.tree.origin, example.tree.origin)


def test_every_turn_of_a_square_is_drawn_and_axes_that_differ_stay(tmp_path: Path):
    sides = PatchSides(patch_size=(4, 4), min_size=(2, 2))
    random = np.random.default_rng(0)
    square = example_of(tmp_path / "square", (32, 32))
    assert {draw_turn(random, square, sides) for _ in range(200)} == set(TURNS)
    oblong = example_of(tmp_path / "oblong", (32, 24))
    assert {draw_turn(random, oblong, sides).order for _ in range(50)} == {(0, 1)}
    flat = PatchSides(patch_size=(4, 4), min_size=(1, 2))
    assert {draw_turn(random, square, flat).order for _ in range(50)} == {(0, 1)}
