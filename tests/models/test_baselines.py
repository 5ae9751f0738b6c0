"""MONAI's models behind the same door: any image size, both dimensions, logits in the order of pixels."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.models.cases import batch_of, random_sequence, tiny_spec
from vitsci_viz.errors import InputError, MissingExtraError
from vitsci_viz.models import baselines
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.predict import Predictor
from vitsci_viz.training.batches import needs_of

NAMES = ("monai_unet", "monai_unetr")


def peer(architecture, ndim=2, shape=None, **changes):
    shape = shape or {2: (27, 38), 3: (17, 20, 33)}[ndim]
    spec = tiny_spec(ndim, architecture=architecture, image_size=shape, **changes)
    return build_model(spec, seed=0).eval(), batch_of(spec, random_sequence(spec, shape)), spec


@pytest.mark.parametrize("architecture", NAMES)
@pytest.mark.parametrize("ndim", [2, 3])
def test_images_of_any_sides_are_padded_and_cut_back(architecture, ndim):
    model, batch, spec = peer(architecture, ndim)
    needs = needs_of(spec)  # known before the model is built
    assert (model.space, model.needs) == (needs.space, needs.parts) == ("pixels", {"pixels"})
    with torch.no_grad():
        logits = model(batch)
    shape = batch.pixels.shape[2:]
    assert logits.shape == (1, np.prod(shape), spec.classes)
    frame = torch.zeros(1, spec.channels, *((32, 48) if ndim == 2 else (32, 32, 48)))
    inside = (..., *(slice(side) for side in shape))
    frame[inside] = batch.pixels
    with torch.no_grad():
        wanted = model.network(frame)[inside].flatten(2).transpose(1, 2)
    torch.testing.assert_close(logits, wanted)


@pytest.mark.parametrize("architecture", NAMES)
def test_a_predictor_needs_no_tokens(architecture):
    model, batch, spec = peer(architecture, channels=2)
    pixels = batch.pixels[0].movedim(0, -1).numpy()
    found = Predictor(model, spec, np.zeros(2), np.ones(2)).pixel_probabilities(pixels)
    with torch.no_grad():
        wanted = model(batch)[0].softmax(dim=-1).numpy()
    np.testing.assert_allclose(found, wanted.reshape(*pixels.shape[:-1], spec.classes), atol=1e-5)


@pytest.mark.parametrize("architecture", NAMES)
def test_equal_seeds_make_equal_peers(architecture):
    first, second = (peer(architecture)[0].state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("architecture", NAMES)
def test_a_finite_gradient_reaches_the_weights_on_a_tiny_image(architecture):
    model, batch, _ = peer(architecture, shape=(5, 9))
    model.train()(batch).square().mean().backward()
    gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


def test_a_larger_image_than_unetr_was_built_for_is_refused():
    model, batch, _ = peer("monai_unetr", shape=(32, 32))
    larger = replace(batch, pixels=torch.zeros(1, 1, 32, 33))
    with pytest.raises(InputError, match=r"built for images up to \(32, 32\), got \(32, 33\): predict in tiles"):
        model(larger)


def test_width_and_heads_reach_unetr():
    model, _, _ = peer("monai_unetr", width=36, heads=3)
    assert model.network.hidden_size == 36
    assert model.network.vit.blocks[0].attn.num_heads == 3


def test_a_batch_without_pixels_is_refused():
    model, batch, _ = peer("monai_unet")
    with pytest.raises(InputError, match="reads pixels"):
        model(replace(batch, pixels=None))


def test_without_monai_the_extra_is_named(monkeypatch):
    def absent(*_, **__):
        raise ModuleNotFoundError("No module named 'monai'", name="monai")

    monkeypatch.setattr("builtins.__import__", absent)
    with pytest.raises(MissingExtraError, match=r'needs monai: pip install "vitsci-viz\[models\]"'):
        baselines._nets()
