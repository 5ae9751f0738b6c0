"""Z-order keys are interleaved bits, first axis most significant."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.cells import z_key
from vitsci_viz.patching.morton import morton_key


@given(ndim=st.integers(1, 4), data=st.data())
def test_keys_are_those_of_the_reference(ndim, data):
    index = data.draw(st.lists(st.tuples(*[st.integers(0, 2 ** min(31, 63 // ndim) - 1)] * ndim), min_size=1))
    expected = [z_key(place, (1,) * ndim) for place in index]
    assert morton_key(np.array(index, np.int64).reshape(-1, ndim)).tolist() == expected


@pytest.mark.parametrize("ndim", [1, 2, 3])
def test_keys_of_a_full_grid_count_up(ndim):
    grid = np.stack(np.meshgrid(*[np.arange(8)] * ndim, indexing="ij"), axis=-1).reshape(-1, ndim)
    assert sorted(morton_key(grid).tolist()) == list(range(8**ndim))


def test_the_order_of_quadrants_is_nw_ne_sw_se():
    assert morton_key(np.array([[0, 0], [0, 1], [1, 0], [1, 1]])).tolist() == [0, 1, 2, 3]


def test_the_order_of_octants_has_z_outermost():
    places = [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert morton_key(np.array(places)).tolist() == [1, 2, 4]
