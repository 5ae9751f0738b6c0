"""Models built from specifications: options reach them, seeds repeat them, gradients reach every weight."""

import math
from typing import get_args

import pytest
import torch

from tests.models.cases import batch_of, random_sequence, tiny_spec
from vitsci_viz.errors import OptionError
from vitsci_viz.models.catalogue import ARCHITECTURES, HEADS, build_model
from vitsci_viz.models.options import Architecture, Head, ModelOptions, ModelSpec, spec_of
from vitsci_viz.patching.cost import ENCODERS, EncoderSize, step_cost
from vitsci_viz.training.batches import needs_of

SIDES = {"patch_size": (8, 8), "min_size": (4, 4), "image_size": (64, 64)}


def test_every_choice_of_the_options_is_built():
    assert set(ARCHITECTURES) == set(get_args(Architecture))
    assert set(HEADS) == set(get_args(Head))


@pytest.mark.parametrize("head", ["token", "unetr"])
def test_equal_seeds_make_equal_weights_and_leave_the_generator_alone(head):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, second, other = (build_model(tiny_spec(head=head), seed=seed).state_dict() for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_without_a_seed_weights_come_from_the_generator_of_torch():
    torch.manual_seed(5)
    one = build_model(tiny_spec()).state_dict()
    torch.manual_seed(5)
    two, three = build_model(tiny_spec()).state_dict(), build_model(tiny_spec()).state_dict()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert not all(torch.equal(two[name], three[name]) for name in two)


@pytest.mark.parametrize("rotary", [False, True])
@pytest.mark.parametrize("head", ["token", "unetr"])
@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_finite_gradient_reaches_every_weight(ndim, head, rotary, dtype):
    spec = tiny_spec(ndim, head=head, rotary=rotary, depth=4)
    model = build_model(spec, seed=0).train()
    batch = batch_of(spec, *(random_sequence(spec, seed=seed) for seed in range(2)))
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype == torch.bfloat16):
        logits = model(batch)
    assert logits.dtype == torch.float32
    logits.square().mean().backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in model.parameters())
    assert any(weight.grad.abs().max() > 0 for weight in model.encoder.embedding.parameters())


def test_gradients_in_half_precision_are_finite_whatever_lay_in_memory_before():
    spec = tiny_spec(3, head="unetr")
    model, batch = build_model(spec, seed=0).train(), batch_of(spec, random_sequence(spec))
    for _ in range(20):
        dirt = [torch.full((size,), float("nan")) for size in (100, 1000, 5000, 20_000, 100_000, 400_000)]
        del dirt
        model.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(batch)
        logits.square().mean().backward()
        assert all(weight.grad.isfinite().all() for weight in model.parameters())


def test_half_precision_gives_nearly_the_same_logits():
    for head in ("token", "unetr"):
        spec = tiny_spec(head=head)
        model, batch = build_model(spec, seed=0).eval(), batch_of(spec, random_sequence(spec))
        with torch.no_grad():
            wanted = model(batch)
            with torch.autocast("cpu", dtype=torch.bfloat16):
                found = model(batch)
        assert float((found - wanted).norm() / wanted.norm()) < 0.05


@pytest.mark.parametrize("name", sorted(ENCODERS))
def test_named_encoders_have_the_weights_that_their_cost_counts(name):
    named = spec_of(ModelOptions(encoder=name), ndim=2, channels=3, classes=3, **SIDES)
    assert (named.width, named.depth) == (ENCODERS[name].width, ENCODERS[name].depth)
    assert named.width // named.heads == 64
    model = build_model(named.replace(depth=1), seed=0)
    weights = sum(weight.numel() for weight in model.parameters() if weight.ndim > 1)
    places = model.encoder.embedding.place.weight.numel()
    values = math.prod(named.patch_size) * named.channels
    assert weights - places == step_cost(0, values, EncoderSize(width=named.width, depth=1)).step_bytes / 16


@pytest.mark.parametrize("head", ["token", "unetr"])
def test_what_a_model_reads_is_known_before_it_is_built(head):
    spec = tiny_spec(head=head)
    model, needs = build_model(spec), needs_of(spec)
    assert (needs.space, needs.parts) == (model.space, model.needs)


@pytest.mark.parametrize("head", ["token", "unetr"])
def test_gradients_repeat_bit_for_bit(head):
    # What lets a resumed run equal one without a break.
    spec = tiny_spec(head=head, rotary=True, dropout=0.1)
    model = build_model(spec, seed=0).train()
    batch = batch_of(spec, *(random_sequence(spec, (64, 64), seed=seed) for seed in range(3)))
    found = []
    for _ in range(2):
        torch.manual_seed(7)
        model.zero_grad()
        model(batch).square().mean().backward()
        found.append(
            {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
        )
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


def test_options_reach_the_model():
    options = ModelOptions(encoder="small", width=96, depth=2, heads=4, rotary=True, dropout=0.25, head="unetr")
    spec = spec_of(options, ndim=2, channels=3, classes=5, **SIDES)
    model = build_model(spec, seed=0)
    assert len(model.encoder.blocks) == 2
    assert model.encoder.norm.normalized_shape == (96,)
    assert model.encoder.blocks[0].attention.heads == 4
    assert model.encoder.blocks[0].dropout.p == model.encoder.dropout.p == 0.25
    assert model.encoder.rotary
    assert model.needs == {"grid", "pixels"}
    assert model.space == "pixels"
    assert model.decoder.classes.out_features == 5


def test_a_specification_survives_a_checkpoint():
    spec = spec_of(
        ModelOptions(), ndim=3, channels=1, classes=2, patch_size=[4] * 3, min_size=[2] * 3, image_size=[9] * 3
    )
    assert ModelSpec(**spec.to_mapping()) == spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ndim": 1, "patch_size": (4,)}, "2 or 3 axes, got 1"),
        ({"min_size": (2, 2, 2)}, r"min_size must have one side per axis \(2\), got \(2, 2, 2\)"),
        ({"heads": 5}, "width must be a multiple of heads, got 24 and 5"),
        ({"classes": 1}, "at least 2 classes"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(OptionError, match=message):
        build_model(tiny_spec(**changes))


def learned(spec, batch, classes, steps):
    """Return the share of cells that a model gets right after some steps on one batch."""
    torch.manual_seed(0)
    model = build_model(spec, seed=0).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(batch)[0], classes).backward()
        optimiser.step()
    return float((model.eval()(batch)[0].argmax(dim=-1) == classes).float().mean())


def test_places_and_sizes_alone_can_be_learned_from():
    # Blank tokens: what is left is where a leaf lies and how large it is.
    spec = tiny_spec(classes=4, width=48, image_size=(64, 64))
    sequence = random_sequence(spec, (64, 64))
    batch = batch_of(spec, sequence)
    batch.tokens.zero_()
    size, centre = torch.from_numpy(sequence.tree.size[:, 0]), batch.places[0, :, 0]
    wanted = 2 * (size > 2).long() + (centre > 0.5).long()
    assert len(wanted.unique()) == 4
    assert learned(spec, batch, wanted.repeat_interleave(16), 50) > 0.95


def test_the_decoder_learns_from_tokens_at_their_places():
    # Blank pixels: what is left is what the tokens say.
    spec = tiny_spec(classes=2, head="unetr", width=48)
    sequence = random_sequence(spec, (32, 32))
    batch = batch_of(spec, sequence)
    batch.pixels.zero_()
    bright = batch.tokens[0].mean(dim=(1, 2, 3)) > 0
    wanted = bright[batch.grid[0]].long().repeat_interleave(2, 0).repeat_interleave(2, 1).flatten()
    assert 0.2 < float(wanted.float().mean()) < 0.8
    assert learned(spec, batch, wanted, 60) > 0.95
