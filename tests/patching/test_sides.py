"""Sides of tokens and finest leaves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions, is_power_of_two
from vitsci_viz.patching.sides import per_axis, resolve_sides
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image


def test_one_side_counts_for_every_axis_and_the_finest_leaf_is_the_token():
    sides = resolve_sides(PatchOptions(patch_size=4), 3)
    assert (sides.patch_size, sides.min_size) == ((4, 4, 4), (4, 4, 4))


def test_sides_may_differ_by_axis():
    sides = resolve_sides(PatchOptions(patch_size=(2, 8), min_size=(1, 4)), 2)
    assert (sides.patch_size, sides.min_size) == ((2, 8), (1, 4))


@given(spacing=st.tuples(*[st.floats(0.1, 10)] * 3), patch=st.sampled_from([4, 8, 16]))
def test_cubic_leaves_are_powers_of_two_and_as_cubic_as_these_allow(spacing, patch):
    finest = resolve_sides(PatchOptions(patch_size=patch, min_size="cubic"), 3, spacing).min_size
    assert all(is_power_of_two(side) for side in finest)
    if max(spacing) / min(spacing) <= patch:
        lengths = [side * step for side, step in zip(finest, spacing, strict=True)]
        assert max(lengths) / min(lengths) <= 2.001


def test_cubic_without_a_spacing_is_refused():
    with pytest.raises(OptionError, match="spacing"):
        resolve_sides(PatchOptions(min_size="cubic"), 3)


def test_the_spacing_of_the_image_makes_leaves_cubic():
    volume = Image(levels=(np.zeros((10, 64, 64), np.uint8),), axes="zyx", spacing=(3.0, 0.75, 0.75), unit="mm")
    tree = build_tree(volume, PatchOptions(mode="uniform", min_size="cubic"))
    z, y, x = tree.size[0].tolist()
    assert y == x == 4 * z


def test_a_fractional_side_is_refused():
    with pytest.raises(OptionError, match="whole number"):
        per_axis(8.0, 2, "patch_size")
