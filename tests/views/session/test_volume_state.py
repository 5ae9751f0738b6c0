from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.views.session.volume_state import LAYOUTS, VolumeState, shown_plane

NUMBERS = st.integers(-4000, 4000).map(lambda n: n / 4)
STATES = st.builds(
    VolumeState,
    source=st.text(max_size=8),
    point=st.none() | st.tuples(NUMBERS, NUMBERS, NUMBERS),
    span=st.none() | st.tuples(NUMBERS, NUMBERS),
    layout=st.sampled_from(LAYOUTS),
)


@given(STATES)
def test_a_link_restores_what_was_looked_at(state):
    assert VolumeState.read(dict(state.pairs())) == (state, ())


def test_what_is_at_its_default_is_left_out_of_a_link():
    assert VolumeState().pairs() == []
    assert VolumeState(source="a.tif").pairs() == [("volume", "a.tif")]


def test_a_bad_value_of_a_link_is_told_and_the_others_count():
    state, problems = VolumeState.read({"volume": "a.tif", "at": "1,2", "values": "nan,1", "planes": "diagonal"})
    assert state == VolumeState(source="a.tif")
    assert len(problems) == 3
    assert all(name in text for name, text in zip(("at", "values", "planes"), problems, strict=True))


def test_the_slider_counts_the_slices_of_the_plane_that_is_shown():
    assert [shown_plane(layout) for layout in LAYOUTS] == ["xy", "xy", "xz", "yz"]
