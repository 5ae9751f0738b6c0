"""What a training step costs: counted from the layers of a plain ViT."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import as_image
from vitsci_viz.patching.cost import ENCODERS, step_cost, uniform_tokens
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree

lengths = st.integers(1, 100_000)


@given(tokens=lengths, values=st.integers(1, 5000), encoder=st.sampled_from(sorted(ENCODERS)))
def test_attention_grows_with_the_square_of_the_length_and_the_rest_in_proportion(tokens, values, encoder):
    once, twice = (step_cost(count, values, encoder) for count in (tokens, 2 * tokens))
    assert twice.attention_flops == 4 * once.attention_flops
    rest = once.step_flops - once.attention_flops
    assert rest > 0
    assert twice.step_flops - twice.attention_flops == 2 * rest


@given(tokens=lengths, values=st.integers(1, 5000))
def test_memory_grows_in_proportion_to_the_length_beyond_the_weights(tokens, values):
    one, two, three = (step_cost(count * tokens, values).step_bytes for count in (1, 2, 3))
    assert three - two == two - one > 0


def test_attention_is_a_product_of_queries_and_keys_and_one_with_values():
    # Forward: 2 products of 2 L^2 D operations a layer; backward: twice as many.
    size = ENCODERS["base"]
    assert step_cost(1000, 768, "base").attention_flops == 3 * 2 * 2 * 1000**2 * size.width * size.depth


def test_a_base_encoder_on_196_tokens_costs_what_is_published():
    # ViT-B/16 at 224 pixels: 17.6 GFLOPs forward (multiply-adds) in Dosovitskiy et al. and DeiT, two operations each.
    forward = step_cost(197, 768, "base").step_flops / 3
    assert forward == pytest.approx(2 * 17.6e9, rel=0.03)


@pytest.mark.parametrize(
    ("shape", "side"), [((512, 512), 4), ((100, 37), 8), ((1, 1), 16), ((50,), 4), ((9, 10, 11), 2)]
)
def test_uniform_tokens_are_the_leaves_of_the_uniform_tree(shape, side):
    image = as_image(np.zeros(shape, np.uint8), len(shape))
    tree = build_tree(image, PatchOptions(mode="uniform", patch_size=side))
    assert uniform_tokens(shape, (side,) * len(shape)) == len(tree)


def test_an_unknown_encoder_is_refused():
    with pytest.raises((KeyError, ValueError), match="huge"):
        step_cost(10, 10, "huge")
