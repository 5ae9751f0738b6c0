"""Attention against products written out, its masks, its kernel and its rotary embedding."""

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from tests.models.cases import lively
from vitsci_viz.models import attention as module
from vitsci_viz.models.attention import Attention, dense_attention, key_mask, pausing, rotation_of, turned


def by_hand(query, key, value, mask):
    scores = query @ key.transpose(-2, -1) / query.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return scores.softmax(dim=-1) @ value


@pytest.mark.parametrize("is_masked", [False, True])
def test_attention_is_a_softmax_of_products(is_masked):
    query, key, value = torch.randn(3, 2, 3, 20, 8).unbind()
    mask = key_mask(torch.arange(20) < torch.tensor([[12], [20]])) if is_masked else None
    torch.testing.assert_close(dense_attention(query, key, value, mask), by_hand(query, key, value, mask))


@pytest.mark.parametrize("is_masked", [False, True])
def test_long_attention_can_be_left_between_pieces_that_change_nothing(monkeypatch, is_masked):
    monkeypatch.setattr(module, "QUERIES", 8)
    query, key, value = torch.randn(3, 2, 3, 20, 8).unbind()
    mask = key_mask(torch.arange(20) < torch.tensor([[12], [20]])) if is_masked else None
    whole, heard = dense_attention(query, key, value, mask), []
    with pausing(lambda: heard.append(1)):
        pieces = dense_attention(query, key, value, mask)
    torch.testing.assert_close(pieces, whole)
    assert len(heard) == 3
    dense_attention(query, key, value, mask)
    assert len(heard) == 3, "nobody listens any more"


def test_only_padding_makes_a_mask():
    assert key_mask(torch.ones(2, 5, dtype=torch.bool)) is None
    valid = torch.tensor([[True, True, False], [True, True, True]])
    mask = key_mask(valid)
    assert mask is not None
    assert mask.shape == (2, 1, 1, 3)
    assert torch.equal(mask[:, 0, 0], valid)


def test_a_sequence_of_padding_alone_stays_finite_and_harms_no_other():
    attention = lively(Attention(12, 2))
    hidden = torch.randn(2, 5, 12)
    valid = torch.tensor([[False] * 5, [True] * 4 + [False]])
    found = attention(hidden, key_mask(valid))
    assert found.isfinite().all()
    torch.testing.assert_close(found[1, :4], attention(hidden[1:, :4])[0])


def operations(attention: Attention, mask: torch.Tensor | None) -> set[str]:
    hidden = torch.randn(1, 256, 128, requires_grad=True)
    with profile(activities=[ProfilerActivity.CPU]) as found:
        attention(hidden, mask).sum().backward()
    return {event.key for event in found.key_averages()}


@pytest.mark.parametrize("padding", [0, 6])
def test_the_fused_kernel_runs_forward_and_backward_in_training(padding):
    # The kernel that never stores the scores: what makes memory linear in the length.
    names = operations(Attention(128, 2).train(), key_mask(torch.arange(256)[None] < 256 - padding))
    assert "aten::_scaled_dot_product_flash_attention_for_cpu" in names
    assert "aten::_scaled_dot_product_flash_attention_for_cpu_backward" in names
    assert "aten::_scaled_dot_product_attention_math" not in names


def test_another_kernel_can_be_set_from_outside():
    attention = lively(Attention(12, 2))
    hidden = torch.randn(1, 7, 12)
    before = attention(hidden)
    attention.kernel = by_hand
    torch.testing.assert_close(attention(hidden), before)
    attention.kernel = lambda query, key, value, mask: torch.zeros_like(value)
    torch.testing.assert_close(attention(hidden), attention.out.bias.expand(1, 7, 12))


@pytest.mark.parametrize(("ndim", "width"), [(2, 16), (3, 16), (2, 10)])
def test_turned_products_depend_on_distances_alone(ndim, width):
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 1, 2, 6, width, generator=generator).unbind()
    places = torch.rand(1, 6, ndim + 1, generator=generator)
    moved = places.clone()
    moved[..., :ndim] += 0.125
    scores, elsewhere = (
        turned(query, rotation_of(where, width)) @ turned(key, rotation_of(where, width)).transpose(-2, -1)
        for where in (places, moved)
    )
    torch.testing.assert_close(scores, elsewhere, atol=1e-3, rtol=1e-3)
    assert not torch.allclose(scores, query @ key.transpose(-2, -1), atol=1e-2)


def test_turning_keeps_lengths_and_leaves_channels_over():
    values = torch.randn(1, 1, 4, 11)
    found = turned(values, rotation_of(torch.rand(1, 4, 3), 11))
    torch.testing.assert_close(found.norm(dim=-1), values.norm(dim=-1))
    torch.testing.assert_close(found[..., 8:], values[..., 8:])
