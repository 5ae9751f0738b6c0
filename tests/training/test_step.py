"""One step: which weights decay, what is refused, where it is computed."""

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tests.training.discs import Discs
from vitsci_viz.errors import OptionError
from vitsci_viz.training.batches import make_batch
from vitsci_viz.training.class_weights import class_weights_of, labelled_areas
from vitsci_viz.training.options import LoopOptions
from vitsci_viz.training.step import (
    NotFiniteError,
    OutOfMemoryError,
    add_gradients,
    apply_gradients,
    explaining_memory,
    find_precision,
    make_optimiser,
    train_step,
)

CPU = torch.device("cpu")


def batch_of(case: Discs) -> Any:
    examples = [case.train.example(index) for index in range(2)]
    return make_batch(examples, spec=case.spec, normalisation=case.normalisation)


def test_norms_biases_and_embeddings_do_not_decay() -> None:
    model = nn.ModuleDict(
        {"linear": nn.Linear(3, 4), "norm": nn.LayerNorm(4), "places": nn.Embedding(5, 4), "mix": nn.Conv2d(2, 2, 3)}
    )
    optimiser = make_optimiser(model, LoopOptions(weight_decay=0.1))
    decays = {id(weight): group["weight_decay"] for group in optimiser.param_groups for weight in group["params"]}
    found = {name for name, weight in model.named_parameters() if decays[id(weight)] == 0.1}
    assert found == {"linear.weight", "mix.weight"}
    assert len(decays) == len(list(model.parameters()))


def test_a_step_changes_the_weights_against_the_gradient(discs: Callable[..., Discs]) -> None:
    case = discs()
    model, (batch, targets) = case.model().train(), batch_of(case)
    optimiser = make_optimiser(model, LoopOptions(learning_rate=1e-3))
    losses = [train_step(model, batch, targets, optimiser) for _ in range(8)]
    assert losses[-1] < losses[0]
    assert all(weight.grad is None for weight in model.parameters())


def test_the_gradient_is_clipped_to_its_largest_norm() -> None:
    model = nn.Linear(2, 1)
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    before = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    for weight in model.parameters():
        weight.grad = torch.full_like(weight, 10.0)
    assert apply_gradients(model, optimiser, clip=0.5) == pytest.approx(10 * math.sqrt(3))
    after = torch.cat([weight.detach().flatten() for weight in model.parameters()])
    assert torch.linalg.vector_norm(after - before).item() == pytest.approx(0.5, rel=1e-4)


def test_without_a_bound_the_gradient_is_applied_whole() -> None:
    model = nn.Linear(2, 1, bias=False)
    before = model.weight.detach().clone()
    model.weight.grad = torch.full_like(model.weight, 10.0)
    apply_gradients(model, torch.optim.SGD(model.parameters(), lr=1.0), clip=0)
    torch.testing.assert_close(before - model.weight.detach(), torch.full_like(before, 10.0))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_step_that_is_not_finite_leaves_the_weights(bad: float, discs: Callable[..., Discs]) -> None:
    case = discs()
    model, (batch, targets) = case.model().train(), batch_of(case)
    batch.tokens[0, 0] = bad
    before = [weight.detach().clone() for weight in model.parameters()]
    with pytest.raises(NotFiniteError, match="must be finite"):
        train_step(model, batch, targets, make_optimiser(model, LoopOptions()))
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_a_step_after_a_failed_one_is_as_if_it_had_not_been(discs: Callable[..., Discs]) -> None:
    case = discs()
    batch, targets = batch_of(case)
    losses = []
    for is_disturbed in (False, True):
        model = case.model().train()
        optimiser = make_optimiser(model, LoopOptions())
        if is_disturbed:
            add_gradients(model, batch, targets)
        train_step(model, batch, targets, optimiser)
        losses.append(train_step(model, batch, targets, optimiser))
    assert losses[0] == losses[1]


def test_a_gradient_that_is_not_finite_leaves_the_weights() -> None:
    model = nn.Linear(2, 1)
    before = model.weight.detach().clone()
    model.weight.grad = torch.full_like(model.weight, math.inf)
    with pytest.raises(NotFiniteError, match="the gradient must be finite"):
        apply_gradients(model, torch.optim.SGD(model.parameters(), lr=1.0))
    assert torch.equal(model.weight, before)


def test_half_precision_stays_near_single_precision(discs: Callable[..., Discs]) -> None:
    case = discs()
    batch, targets = batch_of(case)
    losses = []
    for precision in (torch.float32, torch.bfloat16):
        model = case.model().train()
        losses.append(train_step(model, batch, targets, make_optimiser(model, LoopOptions()), precision=precision))
        assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert losses[0] != losses[1]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


def test_automatic_precision_is_bf16_only_where_the_device_is_faster_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_precision("auto", CPU) == torch.float32
    assert find_precision("bf16", CPU) == torch.bfloat16
    for capability, expected in (((9, 0), torch.bfloat16), ((7, 5), torch.float32)):
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device, found=capability: found)
        assert find_precision("auto", torch.device("cuda")) == expected


@pytest.mark.parametrize("make", [lambda: torch.empty(2**50), lambda: bytearray(2**62)])
def test_failed_allocations_are_put_in_words(make: Callable[[], Any]) -> None:
    with (
        pytest.raises(OutOfMemoryError, match=r"\(cpu\): 4 sequences did not; lower batch_size"),
        explaining_memory("4 sequences", CPU),
    ):
        make()


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(RuntimeError, match="shapes"), explaining_memory("4 sequences", CPU):
        torch.zeros(2, 3) @ torch.zeros(2, 3)


def test_numbers_of_classes_that_differ_are_refused() -> None:
    with pytest.raises(OptionError, match="2 classes, got 3"):
        class_weights_of(LoopOptions(class_weights=(1.0, 2.0, 3.0)), (), 2)


def test_class_weights_are_one_on_average_and_keep_their_ratios() -> None:
    weights = class_weights_of(LoopOptions(class_weights=(1.0, 3.0, 0.0)), (), 3)
    assert weights is not None
    torch.testing.assert_close(weights, torch.tensor([0.75, 2.25, 0.0]))


def test_areas_of_the_classes_are_those_of_the_masks(discs: Callable[..., Discs]) -> None:
    import tifffile

    case = discs(flips=False)
    masks = [tifffile.imread(record.mask) for record in case.train.records]
    assert labelled_areas(case.train) == pytest.approx([sum((mask == k).sum() for mask in masks) for k in (0, 1)])
