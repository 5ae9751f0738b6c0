import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.patching.cost import step_cost
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.session.dataset import DataFacts, SequenceFacts
from vitsci_viz.views.session.estimate import START_S, Speed, batch_cost, estimate, estimate_lines, overhead_s

DATA = DataFacts(source="tiles", train=20, val=4, groups=0, shape=(256, 256), channels=3)
SEQUENCE = SequenceFacts(tokens=256, uniform_tokens=4096, sides=(8, 8), min_size=(4, 4), shape=(256, 256), examples=3)
SPEED = Speed(flops_per_s=1e11, source="from nowhere")


def found(**options):
    return estimate(TrainOptions(length=256, **options), DATA, SEQUENCE, SPEED)


def test_steps_are_those_of_the_schedule():
    assert (found(epochs=3).steps, found(epochs=3).batches) == (15, 15)
    assert found(epochs=3, accumulate=2).steps == 9
    assert found(epochs=3, forest=2).steps == 30


def test_one_batch_of_a_token_model_costs_what_its_layers_cost():
    one = step_cost(256, 192, "tiny")
    flops, held = batch_cost(TrainOptions(), DATA, SEQUENCE, 256, 4)
    assert flops == 4 * one.step_flops
    weights = step_cost(0, 192, "tiny").step_bytes
    assert held == pytest.approx(weights + 4 * (one.step_bytes - weights))


def test_time_follows_epochs_and_speed():
    slow = estimate(TrainOptions(epochs=10), DATA, SEQUENCE, Speed(flops_per_s=5e10, source=""))
    assert found(epochs=20).total_s - START_S == pytest.approx(2 * (found(epochs=10).total_s - START_S))
    beside = START_S + (50 + 40) * overhead_s(TrainOptions())
    assert slow.total_s - beside == pytest.approx(2 * (found(epochs=10).total_s - beside))


def test_max_minutes_bounds_the_time_and_says_so():
    bounded = found(epochs=10_000, max_minutes=2)
    assert (bounded.total_s, bounded.is_bounded) == (START_S + 120, True)
    notes = [line.note for line in estimate_lines(bounded, TrainOptions(max_minutes=2), DATA)]
    assert any("before the last epoch" in note for note in notes)


@given(encoder=st.sampled_from(["tiny", "small", "base", "large"]), batch=st.integers(1, 20))
def test_fewer_tokens_never_cost_more(encoder, batch):
    options = TrainOptions(encoder=encoder, batch_size=batch)
    result = estimate(options, DATA, SEQUENCE, SPEED)
    assert result.uniform_ratio > 1
    assert result.uniform_bytes > result.batch_bytes


def test_the_lines_say_how_the_time_is_known():
    lines = {line.name: line for line in estimate_lines(found(epochs=3), TrainOptions(epochs=3), DATA)}
    assert lines["Tokens of an image"].value == "256"
    assert lines["Tokens of an image"].note == "6.3 % of the 4,096 of the uniform grid"
    assert lines["Steps"].note == "3 epochs of 5 steps"
    assert lines["Time of the run"].note == "from nowhere"
    assert all(line.help for line in lines.values())


@pytest.mark.parametrize("architecture", ["monai_unet", "monai_unetr"])
def test_a_model_on_pixels_is_not_compared_with_a_grid(architecture):
    options = TrainOptions(architecture=architecture)
    result = estimate(options, DATA, SEQUENCE, SPEED)
    lines = estimate_lines(result, options, DATA)
    assert result.uniform_ratio == 1
    assert (lines[0].name, lines[0].value) == ("Pixels of an image", "65,536")
    assert not any("uniform" in line.note for line in lines)
