import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.views.session.strategies import names, windows
from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.views.session.state import ViewState, Window

sides = st.sampled_from([1, 2, 4, 8, 16, (4, 8), (1, 8, 8)])
options = st.builds(
    PatchOptions,
    mode=st.sampled_from(["threshold", "length", "uniform"]),
    split_value=st.none() | st.floats(0, 1e9),
    length=st.integers(1, 100_000),
    patch_size=sides,
    min_size=st.none() | sides | st.just("cubic"),
    max_depth=st.none() | st.integers(0, 32),
    balance=st.booleans(),
    detail=st.sampled_from([None, "edges", "gradient", "variance"]),
    thresholds=st.just("auto") | st.tuples(st.floats(0, 100), st.floats(100, 255)),
    blur=st.sampled_from(["auto", 0, 3, 13]),
    channel=st.sampled_from(["luminance", "max", 0, 2]),
    physical=st.booleans(),
    forest=st.integers(1, 9),
    overflow=st.sampled_from(["error", "drop_random", "drop_lowest"]),
    seed=st.integers(0, 2**32 - 1),
)
states = st.builds(
    ViewState,
    source=names,
    mask=st.none() | names,
    options=options,
    window=st.none() | windows,
    slice_index=st.none() | st.integers(0, 5000),
    compare=st.none() | options,
    layers=st.lists(st.sampled_from(["image", "mask", "leaves"]), unique=True).map(tuple),
)


@given(states)
def test_a_link_restores_the_whole_state(state):
    read = ViewState.from_query(state.to_query())
    assert dataclasses.replace(read, window=None) == dataclasses.replace(state, window=None)
    if state.window is not None:
        pairs = zip(dataclasses.astuple(read.window), dataclasses.astuple(state.window), strict=True)
        assert all(math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8) for a, b in pairs)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_survive_a_link(name):
    state = ViewState(source="slides/a b&c=d.svs", options=PatchOptions.preset(name))
    assert ViewState.from_query("?" + state.to_query()) == state


def test_a_fresh_view_has_an_empty_link():
    assert ViewState().to_query() == ""


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("split_valu=3", "did you mean 'split_value'"),
        ("compare.splitvalue=3&compare=1", "split_value"),
        ("view=1,2,3", "x0,y0,x1,y1,width,height"),
        ("view=5,0,1,1,10,10", "x0 < x1"),
        ("view=nan,0,1,1,10,10", "finite"),
        ("view=0,0,1,1,0,10", "screen pixels"),
        ("slice=-1", "whole number"),
        ("patch_size=7", "power of two"),
    ],
)
def test_a_broken_link_says_what_must_hold(query, words):
    with pytest.raises(OptionError, match=words.replace("[", r"\[")):
        ViewState.from_query(query)


def test_what_is_not_valid_in_a_link_leaves_the_rest():
    state, problems = ViewState.read("source=ihc&patch_size=7&length=64&mode=length&slice=x&compare=1&compare.length=9")
    assert (state.source, state.options.length, state.slice_index) == ("ihc", 64, None)
    assert state.compare is not None
    assert state.compare.length == 9
    assert state.options.patch_size == PatchOptions().patch_size
    assert len(problems) == 2
    assert "power of two" in problems[0]
    assert "whole number" in problems[1]


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(50, 3000), st.integers(50, 3000))
def test_fit_shows_everything_centred_at_true_aspect(rows, columns, width, height):
    window = Window.fit((rows, columns), width, height)
    assert window.x0 < 0 < columns < window.x1
    assert window.y0 < 0 < rows < window.y1
    assert math.isclose(window.x0 + window.x1, columns)
    assert math.isclose(window.y0 + window.y1, rows)
    assert math.isclose((window.x1 - window.x0) / width, (window.y1 - window.y0) / height)


@given(windows, st.floats(0, 0.5))
def test_padding_keeps_the_pixel_grid_of_the_screen(window, fraction):
    padded = window.padded(fraction)
    step = (window.x1 - window.x0) / window.width
    assert math.isclose((padded.x1 - padded.x0) / padded.width, step, rel_tol=1e-6)
    shift = (window.x0 - padded.x0) / step
    assert math.isclose(shift, round(shift), abs_tol=1e-3)
