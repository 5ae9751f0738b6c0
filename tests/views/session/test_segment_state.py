import dataclasses
import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.session.strategies import names, windows
from vitsci_viz.errors import OptionError
from vitsci_viz.views.session.segment_state import SegmentLayout, SegmentState
from vitsci_viz.workflows.segment_options import PredictOptions

states = st.builds(
    SegmentState,
    run=names,
    other=names,
    source=names,
    mask=st.none() | names,
    options=st.builds(
        PredictOptions,
        checkpoint=st.sampled_from(["best", "last"]),
        length=st.none() | st.integers(1, 1_000_000),
        tile=st.none() | st.integers(32, 65_536),
        halo=st.integers(0, 4096),
    ),
    layout=st.sampled_from(get_args(SegmentLayout)),
    window=st.none() | windows,
    slice_index=st.none() | st.integers(0, 5000),
    layers=st.sampled_from([(), ("A:leaves",), ("-everything:prediction", "error A:image")]),
)


@given(states)
def test_a_link_restores_the_whole_state(state):
    read = SegmentState.from_query("?" + state.to_query())
    assert dataclasses.replace(read, window=None) == dataclasses.replace(state, window=None)
    if state.window is not None:
        pairs = zip(dataclasses.astuple(read.window), dataclasses.astuple(state.window), strict=True)
        assert all(math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8) for a, b in pairs)


def test_a_fresh_page_has_an_empty_link():
    assert SegmentState().to_query() == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("rum=tiny", "did you mean 'run'"),
        ("layout=sideways", "all, overlay, compare"),
        ("tile=3", "tile"),
        ("view=1,2,3", "x0,y0,x1,y1,width,height"),
        ("slice=-1", "whole number"),
    ],
)
def test_a_broken_link_says_what_must_hold(query, words):
    with pytest.raises(OptionError, match=words):
        SegmentState.from_query(query)
