"""The learning rate is a pure function of the step."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from vitsci_viz.training.options import LoopOptions
from vitsci_viz.training.schedule import Schedule


def schedule_of(samples: int = 8, **options: object) -> Schedule:
    return Schedule(options=LoopOptions(**{"learning_rate": 1.0, **options}), samples=samples)


def rates_of(scheduler: lr_scheduler.LRScheduler, count: int) -> list[float]:
    """Return the learning rates of the first steps of one of torch's schedulers."""
    rates = []
    for _ in range(count):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def plain_optimiser() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)


def test_without_warm_up_the_cosine_is_torchs() -> None:
    schedule = schedule_of(epochs=10, warmup=0.0)
    torchs = lr_scheduler.CosineAnnealingLR(plain_optimiser(), T_max=schedule.steps + 1)
    expected = rates_of(torchs, schedule.steps + 1)[1:]
    assert [schedule.learning_rate(step) for step in range(1, schedule.steps + 1)] == pytest.approx(expected)


def test_without_warm_up_the_steps_are_torchs() -> None:
    schedule = schedule_of(epochs=20, warmup=0.0, schedule="step")
    ends = [int(share * schedule.steps) for share in (0.5, 0.75, 0.875)]
    expected = rates_of(lr_scheduler.MultiStepLR(plain_optimiser(), ends), schedule.steps)
    assert [schedule.learning_rate(step) for step in range(1, schedule.steps + 1)] == pytest.approx(expected)


@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 9), st.integers(1, 5), st.floats(0, 0.5))
def test_every_schedule_warms_up_to_the_top_and_never_rises_again(
    epochs: int, samples: int, batch_size: int, accumulate: int, warmup: float
) -> None:
    for kind in ("cosine", "step", "constant"):
        options = {"epochs": epochs, "batch_size": batch_size, "accumulate": accumulate, "warmup": warmup}
        schedule = schedule_of(samples, schedule=kind, **options)
        rates = [schedule.learning_rate(step) for step in range(1, schedule.steps + 1)]
        top = rates.index(max(rates))
        assert all(0 < rate <= 1 for rate in rates)
        assert rates[:top] == sorted(rates[:top])
        assert rates[top:] == sorted(rates[top:], reverse=True)


def test_every_sample_is_seen_once_an_epoch() -> None:
    schedule = schedule_of(samples=11, batch_size=2, accumulate=4, epochs=3)
    assert (schedule.batches_per_epoch, schedule.steps_per_epoch, schedule.steps) == (6, 2, 6)
    assert [schedule.epoch_of(step) for step in range(1, 7)] == [1, 1, 2, 2, 3, 3]


def test_validations_follow_every_nth_epoch_and_the_last_one() -> None:
    schedule = schedule_of(samples=4, batch_size=2, epochs=7, val_every=3)
    assert [step for step in range(1, schedule.steps + 1) if schedule.is_validated(step)] == [6, 12, 14]


def test_time_limit_and_saving_never_change_the_schedule() -> None:
    plain, limited = schedule_of(epochs=9), schedule_of(epochs=9, max_minutes=0.5, save_every=3)
    assert [plain.learning_rate(step) for step in range(1, 10)] == [limited.learning_rate(s) for s in range(1, 10)]
