"""The token head against a segmentation painted by hand, leaf by leaf."""

import numpy as np
import pytest
import torch

from tests.models.cases import batch_of, lively, random_sequence, tiny_spec
from tests.reference import tokens as slow
from tests.reference.laws import cells_of
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.heads import TokenHead
from vitsci_viz.models.predict import Predictor
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.types import PatchSequence


def test_logits_are_those_of_each_cell_in_row_major_order():
    spec = tiny_spec(patch_size=(2, 4), classes=3)
    head = lively(TokenHead(spec))
    features = torch.randn(2, 5, spec.width)
    found = head(features)
    assert found.shape == (2, 5 * 2 * 4, 3)
    weight, bias = head.linear.weight.view(2, 4, 3, -1), head.linear.bias.view(2, 4, 3)
    for token, y, x, kind in ((0, 0, 0, 0), (3, 1, 2, 1), (4, 1, 3, 2)):
        wanted = features[1, token] @ weight[y, x, kind] + bias[y, x, kind]
        torch.testing.assert_close(found[1, token * 8 + y * 4 + x, kind], wanted)


@pytest.mark.parametrize("ndim", [2, 3])
def test_scattered_probabilities_are_each_leaf_scaled_up_by_hand(ndim):
    spec = tiny_spec(ndim)
    model = lively(build_model(spec, seed=0))
    sequence = random_sequence(spec, length=400 if ndim == 2 else 300)
    assert len({tuple(size) for size in sequence.tree.size}) > 1
    mean, std = np.zeros(1), np.ones(1)
    found = Predictor(model, spec, mean, std).token_probabilities(sequence)
    image = scatter(PatchSequence(tokens=found, valid=sequence.valid, tree=sequence.tree))

    count = len(sequence.tree)
    with torch.no_grad():
        batch = batch_of(spec, sequence)
        features = model.encoder(batch.tokens, batch.places, batch.valid)[0, :count]
        logits = features @ model.head.linear.weight.T + model.head.linear.bias
    by_leaf = logits.view(count, *spec.patch_size, spec.classes).softmax(dim=-1).numpy()
    np.testing.assert_allclose(image, slow.scatter(by_leaf, cells_of(sequence.tree), sequence.tree.shape), atol=1e-5)
    np.testing.assert_allclose(image.sum(axis=-1), 1, atol=1e-5)


def test_two_classes_in_cross_entropy_are_one_difference_in_binary_cross_entropy():
    logits = torch.randn(50, 2)
    targets = torch.rand(50)
    both = torch.stack([1 - targets, targets], dim=1)
    torch.testing.assert_close(
        torch.nn.functional.cross_entropy(logits, both),
        torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 1] - logits[:, 0], targets),
    )
