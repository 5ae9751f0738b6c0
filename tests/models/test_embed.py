"""Fourier features of places, and tokens that carry content and place."""

import math

import pytest
import torch

from vitsci_viz.models.embed import OCTAVES, PlaceFeatures, TokenEmbedding


@pytest.mark.parametrize("ndim", [2, 3])
def test_features_are_sines_and_cosines_of_every_coordinate(ndim):
    places = torch.rand(1, 5, ndim + 1)
    features = PlaceFeatures(ndim)
    found = features(places)
    assert found.shape == (1, 5, features.width)
    wanted = [
        math.sin(math.pi * 2**octave * float(places[0, row, axis]))
        for row in range(5)
        for axis in range(ndim)
        for octave in range(OCTAVES)
    ]
    first = ndim + 1
    block = found[0, :, first : first + ndim * OCTAVES].flatten()
    torch.testing.assert_close(block, torch.tensor(wanted), atol=1e-3, rtol=0)


def test_leaves_at_one_place_of_different_sizes_differ_and_so_do_neighbours_among_thousands():
    features = PlaceFeatures(2)
    places = torch.tensor([[[0.5, 0.5, 0.0], [0.5, 0.5, 1.0], [0.5, 0.5 + 1 / 2048, 0.0]]])
    found = features(places)[0]
    assert (found[0] - found[1]).norm() > 0.1
    assert (found[0] - found[2]).norm() > 0.1


def test_features_stay_exact_in_half_precision():
    features = PlaceFeatures(2)
    places = torch.rand(1, 9, 3)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert features(places).dtype == torch.float32
        torch.testing.assert_close(features(places), features(places.double()), atol=1e-3, rtol=0)


def test_content_and_place_add_up():
    embedding = TokenEmbedding(2, 16, 8)
    tokens, places = torch.rand(2, 3, 4, 4, 1), torch.rand(2, 3, 3)
    blank = embedding(torch.zeros_like(tokens), places)
    found = embedding(tokens, places) - blank
    wanted = tokens.flatten(2) @ embedding.content.weight.T
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
