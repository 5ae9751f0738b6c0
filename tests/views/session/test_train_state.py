import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import OptionError
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.session.train_state import TrainState


@given(
    st.builds(
        TrainOptions,
        mode=st.sampled_from(["threshold", "length", "uniform"]),
        split_value=st.none() | st.floats(0, 1e6),
        classes=st.none() | st.just({0: "background", 1: "cell wall"}),
        ignore=st.sampled_from([(), (255,), (3, 255)]),
        class_weights=st.sampled_from(["balanced", (1.0, 2.5)]),
        learning_rate=st.floats(1e-8, 1),
        max_minutes=st.none() | st.floats(0.01, 100),
    ),
    st.text(max_size=20),
)
def test_a_link_restores_everything(options, data):
    state = TrainState(data=data, options=options, run="first")
    assert TrainState.from_query(state.to_query()) == state


def test_what_is_at_its_default_is_left_out():
    assert TrainState().to_query() == ""
    assert TrainState(data="sample:a", options=TrainOptions(epochs=3)).to_query() == "data=sample:a&epochs=3"


def test_unknown_keys_are_named():
    with pytest.raises(OptionError, match="did you mean 'epochs'"):
        TrainState.from_query("epoch=3")


def test_one_wrong_option_costs_no_other():
    state, problems = TrainState.read("data=discs&epochs=-3&length=64&batch_size=x&rum=a&run=first&mode=sideways")
    assert state == TrainState(data="discs", options=TrainOptions(length=64), run="first")
    assert len(problems) == 4
    for words in ("unknown key 'rum'", "epochs must be at least 1, got '-3'", "batch_size must be", "mode must be"):
        assert sum(words in problem for problem in problems) == 1


@given(st.permutations(["mode=threshold", "split_value=20", "length=64", "epochs=7", "seed=-1"]))
def test_the_order_of_a_link_does_not_matter(parts):
    state, problems = TrainState.read("&".join(parts))
    assert state.options == TrainOptions(mode="threshold", split_value=20.0, length=64, epochs=7)
    assert problems == ("seed must be at least 0, got '-1'",)


def test_a_link_without_faults_has_no_problems():
    assert TrainState.read("data=discs&epochs=7") == (TrainState(data="discs", options=TrainOptions(epochs=7)), ())
