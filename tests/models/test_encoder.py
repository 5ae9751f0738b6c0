"""The encoder against transformers' ViT, and the laws of a plain transformer."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.models.cases import batch_of, lively, random_sequence, tiny_spec
from vitsci_viz.errors import OptionError
from vitsci_viz.models.encoder import Encoder, initialise
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import gather
from vitsci_viz.patching.tree import build_tree

SIDE, PATCH, WIDTH, HEADS, DEPTH = 32, 4, 48, 3, 4


@pytest.fixture(scope="module")
def published():
    """A ViT of transformers with random weights, and its outputs on a random image."""
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=WIDTH,
        num_hidden_layers=DEPTH,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        image_size=SIDE,
        patch_size=PATCH,
        layer_norm_eps=1e-6,
        attn_implementation="eager",
    )
    return lively(ViTModel(config, add_pooling_layer=False), scale=0.05)


@pytest.fixture(scope="module")
def encoder(published):
    """Ours with its weights."""
    spec = ModelSpec(width=WIDTH, depth=DEPTH, heads=HEADS, channels=3, patch_size=(PATCH,) * 2, min_size=(PATCH,) * 2)
    encoder = Encoder(spec).eval()
    given = published.state_dict()
    encoder.load_state_dict(
        {ours: value(given) for ours, value in translation(DEPTH).items()} | own_places(encoder), strict=True
    )
    return encoder


def translation(depth):
    """Return where every weight of ours comes from."""

    def one(name):
        return lambda given: given[name]

    found = {
        "norm.weight": one("layernorm.weight"),
        "norm.bias": one("layernorm.bias"),
        # (D, c, y, x) there, (D, y, x, c) here
        "embedding.content.weight": lambda given: (
            given["embeddings.patch_embeddings.projection.weight"].permute(0, 2, 3, 1).flatten(1)
        ),
        "embedding.content.bias": one("embeddings.patch_embeddings.projection.bias"),
    }
    pairs = {
        "attention_norm": "layernorm_before",
        "mlp_norm": "layernorm_after",
        "attention.out": "attention.o_proj",
        "mlp.0": "mlp.fc1",
        "mlp.2": "mlp.fc2",
    }
    for block in range(depth):
        for kind in ("weight", "bias"):
            for ours, theirs in pairs.items():
                found[f"blocks.{block}.{ours}.{kind}"] = one(f"layers.{block}.{theirs}.{kind}")
            parts = [f"layers.{block}.attention.{name}_proj.{kind}" for name in "qkv"]
            found[f"blocks.{block}.attention.query_key_value.{kind}"] = lambda given, parts=parts: torch.cat(
                [given[part] for part in parts]
            )
    return found


def own_places(encoder):
    return {"embedding.place.weight": encoder.state_dict()["embedding.place.weight"]}


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(0).normal(size=(SIDE, SIDE, 3)).astype(np.float32)


# The published softmax is float32 in any precision.
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-6)])
def test_blocks_equal_the_published_ones_on_tokens_in_z_order(published, encoder, picture, dtype, tolerance):
    published, encoder = published.to(dtype), encoder.to(dtype)
    pixels = torch.from_numpy(picture).to(dtype)
    sequence = gather(picture, build_tree(picture, PatchOptions(mode="uniform", patch_size=PATCH)), PATCH)
    y, x = (sequence.tree.origin // PATCH).T
    raster = torch.from_numpy(y * (SIDE // PATCH) + x)
    assert (raster.diff() != 1).any(), "the order of the tokens must differ for the test to tell anything"
    with torch.no_grad():
        theirs = published.embeddings(pixels.permute(2, 0, 1)[None])
        wanted = published(pixels.permute(2, 0, 1)[None], output_hidden_states=True)
        # content from our own tokens; places and the class token from theirs
        content = encoder.embedding.content(torch.from_numpy(sequence.tokens)[None].flatten(2).to(dtype))
        places = published.embeddings.position_embeddings[:, 1:][:, raster]
        hidden = torch.cat([content + places, theirs[:, :1]], dim=1)
        found = encoder.transform(hidden, range(DEPTH + 1))
    undone = torch.cat([torch.tensor([len(raster)]), torch.argsort(raster)])
    for ours, step in zip(found, wanted.hidden_states, strict=True):
        torch.testing.assert_close(ours[:, undone], step, atol=tolerance, rtol=0)
    last = encoder.norm(found[-1])[:, undone]
    torch.testing.assert_close(last, wanted.last_hidden_state, atol=tolerance, rtol=0)


@pytest.mark.parametrize("rotary", [False, True])
@pytest.mark.parametrize("ndim", [2, 3])
def test_padding_changes_nothing(ndim, rotary):
    spec = tiny_spec(ndim, rotary=rotary)
    encoder = lively(Encoder(spec))
    sequence = random_sequence(spec)
    length = len(sequence.tokens)
    plain, more = batch_of(spec, sequence), batch_of(spec, random_sequence(spec, length=length + 17))
    noise = torch.randn_like(more.tokens)
    noisy = replace(more, tokens=torch.where(more.valid[:, :, None, *(None,) * ndim], more.tokens, noise))
    for batch in (more, noisy):
        found = encoder(batch.tokens, batch.places, batch.valid)[:, :length]
        torch.testing.assert_close(found, encoder(plain.tokens, plain.places, plain.valid), atol=1e-5, rtol=1e-5)


def test_images_of_one_batch_do_not_see_each_other():
    spec = tiny_spec()
    encoder = lively(Encoder(spec))
    sequences = [random_sequence(spec, seed=seed) for seed in range(3)]
    assert len({len(sequence.tokens) for sequence in sequences}) > 1
    together = batch_of(spec, *sequences)
    found = encoder(together.tokens, together.places, together.valid)
    for row, sequence in enumerate(sequences):
        alone = batch_of(spec, sequence)
        wanted = encoder(alone.tokens, alone.places, alone.valid)[0]
        torch.testing.assert_close(found[row, : len(wanted)], wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("rotary", [False, True])
def test_the_order_of_tokens_means_nothing(rotary):
    spec = tiny_spec(rotary=rotary)
    encoder, batch = lively(Encoder(spec)), batch_of(spec, random_sequence(spec))
    order = torch.randperm(batch.valid.shape[1], generator=torch.Generator().manual_seed(0))
    found = encoder(batch.tokens[:, order], batch.places[:, order], batch.valid[:, order])
    torch.testing.assert_close(found, encoder(batch.tokens, batch.places, batch.valid)[:, order], atol=1e-5, rtol=1e-5)


def test_features_are_those_after_the_blocks_asked_for():
    spec = tiny_spec(depth=3)
    encoder, batch = lively(Encoder(spec)), batch_of(spec, random_sequence(spec))
    parts = (batch.tokens, batch.places, batch.valid)
    embedded, first, second, again, last = encoder.features(*parts, after=(0, 1, 2, 2, 3))
    assert torch.equal(embedded, encoder.embedding(batch.tokens, batch.places))
    torch.testing.assert_close(first, encoder.blocks[0](embedded))
    torch.testing.assert_close(second, encoder.blocks[1](first))
    assert again is second
    torch.testing.assert_close(encoder.norm(last), encoder(*parts))


def test_fresh_weights_are_small_and_biases_zero():
    encoder = Encoder(tiny_spec(width=96))
    initialise(encoder)
    for part in encoder.modules():
        if isinstance(part, nn.Linear):
            assert float(part.weight.detach().std()) == pytest.approx(0.02, rel=0.2)
            assert part.bias is None or not part.bias.any()


def test_dropout_acts_in_training_alone():
    spec = tiny_spec(dropout=0.5)
    encoder, batch = Encoder(spec), batch_of(spec, random_sequence(spec))
    parts = (batch.tokens, batch.places, batch.valid)
    assert not torch.equal(encoder.train()(*parts), encoder(*parts))
    assert torch.equal(encoder.eval()(*parts), encoder(*parts))


def test_heads_too_narrow_to_be_turned_are_refused():
    with pytest.raises(OptionError, match="rotary needs heads at least 6 wide in 3-D, got 4"):
        Encoder(tiny_spec(3, width=24, heads=6, rotary=True))
