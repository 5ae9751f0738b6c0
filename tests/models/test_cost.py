"""The counted cost of every architecture against what torch counts in a real forward pass."""

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.models.cases import batch_of, random_sequence
from vitsci_viz.models import cost
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.options import ModelSpec


def spec_of(ndim: int = 2, **changes: Any) -> ModelSpec:
    shape = (96, 64) if ndim == 2 else (32, 32, 32)
    sides = {"patch_size": (8,) * ndim, "min_size": (4,) * ndim, "image_size": shape}
    return ModelSpec(
        **{"width": 96, "depth": 3, "heads": 2, "channels": 3, "classes": 3, "ndim": ndim, **sides, **changes}
    )


def counted(spec: ModelSpec) -> tuple[float, int]:
    """Return the operations of a forward pass as torch counts them, and the length of the sequence."""
    sequence = random_sequence(spec, spec.image_size)
    model = build_model(spec, seed=0).eval()
    # the fused kernel of the processor is not counted
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        model(batch_of(spec, sequence))
    return float(counter.get_total_flops()), len(sequence.tokens)


@pytest.mark.parametrize(
    "spec",
    [
        spec_of(),
        spec_of(head="unetr"),
        spec_of(ndim=3, head="unetr"),
        spec_of(architecture="monai_unet"),
        spec_of(ndim=3, architecture="monai_unet"),
        spec_of(architecture="monai_unetr"),
        spec_of(ndim=3, architecture="monai_unetr"),
    ],
    ids=lambda spec: f"{spec.architecture}-{spec.head}-{spec.ndim}d",
)
def test_operations_are_those_that_torch_counts(spec):
    forward, tokens = counted(spec)
    found = cost.model_cost(spec, tokens, spec.image_size)
    assert found.flops / cost.BACKWARD == pytest.approx(forward, rel=0.06)


def test_constants_are_those_of_the_models():
    from vitsci_viz.models import baselines, decoders

    assert (cost.DECODER_WIDTHS, cost.DECODER_PIXELS) == (decoders.WIDTHS, decoders.PIXEL_WIDTH)
    assert (cost.UNET_WIDTHS, cost.UNETR_PATCH) == (baselines.UNET_WIDTHS, baselines.UNETR_PATCH)


@pytest.mark.parametrize("spec", [spec_of(), spec_of(head="unetr"), spec_of(architecture="monai_unet")])
def test_memory_is_about_what_a_forward_pass_keeps(spec):
    sequence = random_sequence(spec, spec.image_size)
    model, kept = build_model(spec, seed=0), {}
    weights = {weight.data_ptr() for weight in model.parameters()}

    def keep(tensor):
        if tensor.data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = model(batch_of(spec, sequence)).square().mean().detach()
    assert np.isfinite(float(loss))
    estimate = cost.model_cost(spec, len(sequence.tokens), spec.image_size).image_bytes
    assert 0.5 < estimate / sum(kept.values()) < 2
