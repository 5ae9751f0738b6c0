import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.views.session.cases import VARIANCE, blobs, session_of
from vitsci_viz.views.session.lookup import LeafIndex


@settings(deadline=None, max_examples=60)
@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    least=st.sampled_from([1, 2, (4, 2)]),
    split=st.sampled_from([0.0, 500.0, 1e9]),
    places=st.lists(st.tuples(st.floats(-5, 65), st.floats(-5, 65)), min_size=1, max_size=8),
)
def test_the_leaf_under_a_point_is_the_one_that_holds_it(shape, least, split, places):
    session = session_of(blobs(shape), "yx")
    tree = session.tree(VARIANCE.replace(min_size=least, split_value=split))
    index = LeafIndex(tree)
    for place in places:
        inside = all(0 <= at < n for at, n in zip(place, shape, strict=True))
        holds = ((tree.origin <= place) & (place < tree.origin + tree.size)).all(axis=1)
        leaf = index.at(place)
        assert (leaf is not None) == inside
        if leaf is not None:
            assert [leaf.token] == np.flatnonzero(holds).tolist()
            assert leaf.origin == tuple(tree.origin[leaf.token])
            assert leaf.size == tuple(tree.size[leaf.token])
            assert leaf.score == tree.score[leaf.token]


def test_points_of_a_volume_find_their_leaf():
    session = session_of(blobs((20, 30, 17)), "zyx")
    options = VARIANCE.replace(patch_size=2, min_size=(1, 2, 2), split_value=3000.0)
    tree = session.tree(options)
    for token in range(0, len(tree), max(1, len(tree) // 50)):
        leaf = session.leaf_at(options, tuple(tree.origin[token] + 0.5))
        assert leaf is not None
        assert leaf.token == token
        assert leaf.level == tree.level[token]


@pytest.mark.parametrize("axes", ["yx", "yxc"])
def test_the_value_under_a_point_is_read_from_the_finest_level(axes):
    array = blobs((30, 40), channels=3 if axes == "yxc" else 0)
    session = session_of(array, axes)
    assert session.value_at((12.9, 7.2)) == tuple(np.atleast_1d(array[12, 7]).tolist())
    assert session.value_at((30.0, 7.0)) is None
    assert session.value_at((-0.1, 7.0)) is None
