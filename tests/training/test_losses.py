"""The loss is cross-entropy plus Dice per labelled pixel, whatever a prediction stands for."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from vitsci_viz.models.batch import Targets
from vitsci_viz.training.losses import cross_entropy, dice_loss, segmentation_loss


def some(seed: int, *, classes: int = 3, count: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    """Return logits (2, count, classes) and labels (2, count)."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(2, count, classes, generator=generator)
    return logits, torch.randint(classes, (2, count), generator=generator)


def whole(labels: torch.Tensor, classes: int) -> Targets:
    """Return targets of pixels: one label each, unit area."""
    return Targets(fractions=functional.one_hot(labels, classes).float(), area=torch.ones(labels.shape))


@pytest.mark.parametrize("weights", [None, (1.0, 2.0, 0.5)])
def test_on_pixels_the_cross_entropy_is_torchs(weights: tuple[float, ...] | None) -> None:
    logits, labels = some(0)
    weight = None if weights is None else torch.tensor(weights)
    expected = functional.cross_entropy(logits.movedim(-1, 1), labels, weight=weight)
    torch.testing.assert_close(cross_entropy(logits, whole(labels, 3), class_weights=weight), expected)


def test_on_pixels_the_dice_is_monais() -> None:
    from monai.losses.dice import DiceLoss

    logits, labels = some(1)
    theirs = DiceLoss(
        include_background=False, to_onehot_y=True, softmax=True, batch=True, smooth_nr=1.0, smooth_dr=1.0
    )
    expected = theirs(logits.movedim(-1, 1), labels[:, None])
    torch.testing.assert_close(dice_loss(logits, whole(labels, 3)), expected)


def test_two_logits_give_the_binary_cross_entropy_of_their_difference() -> None:
    logits, labels = some(2, classes=2)
    expected = functional.binary_cross_entropy_with_logits(logits[..., 1] - logits[..., 0], labels.float())
    torch.testing.assert_close(cross_entropy(logits, whole(labels, 2)), expected)


@given(st.integers(0, 2**31), st.integers(1, 6), st.floats(0, 1))
def test_a_cell_weighs_as_the_pixels_it_stands_for(seed: int, side: int, dice_weight: float) -> None:
    """The loss of cells equals that of their pixels, each of which repeats the prediction of its cell."""
    logits, labels = some(seed, count=4 * side)
    cells = logits[:, ::side]
    fractions = functional.one_hot(labels, 3).float().reshape(2, 4, side, 3).mean(dim=2)
    targets = Targets(fractions=fractions, area=torch.full((2, 4), float(side)))
    expected = segmentation_loss(cells.repeat_interleave(side, dim=1), whole(labels, 3), dice_weight=dice_weight)
    torch.testing.assert_close(segmentation_loss(cells, targets, dice_weight=dice_weight), expected)


@given(st.integers(0, 2**31), st.integers(1, 9))
def test_what_has_no_area_changes_nothing(seed: int, more: int) -> None:
    logits, labels = some(seed)
    targets = whole(labels, 3)
    padded = Targets(
        fractions=functional.pad(targets.fractions, (0, 0, 0, more)), area=functional.pad(targets.area, (0, more))
    )
    longer = torch.cat([logits, torch.full((2, more, 3), 30.0)], dim=1)
    torch.testing.assert_close(segmentation_loss(longer, padded), segmentation_loss(logits, targets))


def test_nothing_labelled_costs_nothing_and_moves_nothing() -> None:
    logits = torch.randn(1, 8, 2, requires_grad=True)
    loss = segmentation_loss(logits, Targets(fractions=torch.zeros(1, 8, 2), area=torch.zeros(1, 8)))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_an_absent_class_that_is_not_predicted_costs_nothing() -> None:
    labels = torch.zeros(1, 100, dtype=torch.long)
    sure = torch.zeros(1, 100, 2)
    sure[..., 0] = 30
    assert segmentation_loss(sure, whole(labels, 2)).item() == pytest.approx(0, abs=1e-6)


def test_a_perfect_prediction_costs_nothing_and_a_wrong_one_more_than_a_guess() -> None:
    _, labels = some(3)
    targets = whole(labels, 3)
    right = 40 * targets.fractions
    guess, wrong = torch.zeros_like(right), right.roll(1, dims=-1)
    losses = [segmentation_loss(each, targets).item() for each in (right, guess, wrong)]
    assert losses[0] == pytest.approx(0, abs=1e-6)
    assert losses[0] < losses[1] < losses[2]


def test_half_precision_logits_are_summed_in_float32() -> None:
    logits, labels = some(4, count=3000)
    loss = segmentation_loss(logits.bfloat16(), whole(labels, 3))
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, segmentation_loss(logits.bfloat16().float(), whole(labels, 3)))
