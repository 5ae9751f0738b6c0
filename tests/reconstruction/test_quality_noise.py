"""Noise of slices: formulas, and noise that was put in."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.quality_noise import (
    contrast_to_noise,
    inscribed_circle,
    material_and_surroundings,
    noise_of_halves,
    signal_to_noise,
)

SIDE = 64


def disc(radius: float, value: float) -> np.ndarray:
    places = np.arange(SIDE) - (SIDE - 1) / 2
    return np.where(np.hypot(places[:, None], places[None, :]) < radius, value, 0.0)[None]


@given(st.floats(0.5, 5), st.floats(0.01, 0.2), st.integers(0, 20))
def test_noise_that_was_put_in_is_found(value, share, seed):
    random = np.random.default_rng(seed)
    truth, noise = disc(20, value), share * value
    halves = truth + noise * math.sqrt(2) * random.normal(size=(2, 1, SIDE, SIDE))
    found = noise_of_halves(*halves)
    assert found.deviation == pytest.approx(noise, rel=0.08)
    assert found.signal_to_noise == pytest.approx(value / noise, rel=0.15)
    assert found.contrast_to_noise == pytest.approx(value / noise, rel=0.15)


def test_structure_of_the_object_is_no_noise():
    random = np.random.default_rng(0)
    textured = disc(20, 1.0) * (1 + 0.2 * random.normal(size=(1, SIDE, SIDE)))
    halves = textured + 0.02 * random.normal(size=(2, 1, SIDE, SIDE))
    found = noise_of_halves(*halves)
    assert found.deviation == pytest.approx(0.02 / math.sqrt(2), rel=0.08)
    assert signal_to_noise(textured, disc(18, 1.0) > 0) == pytest.approx(5, rel=0.15), "while a region counts it"


def test_contrast_of_two_regions_is_by_the_formula():
    slices = np.array([[1.0, 3.0, 7.0, 13.0]])
    inside, outside = np.array([[1, 1, 0, 0]], bool), np.array([[0, 0, 1, 1]], bool)
    assert contrast_to_noise(slices, inside, outside) == pytest.approx(8 / math.sqrt((1 + 9) / 2))
    assert contrast_to_noise(slices, outside, inside) == contrast_to_noise(slices, inside, outside)
    assert signal_to_noise(np.ones((1, 4)), inside) == math.inf


def test_material_and_surroundings_keep_clear_of_edges():
    inside, outside = material_and_surroundings(disc(20, 1.0)) or pytest.fail("nothing found")
    assert not (inside & outside).any()
    assert disc(18, 1.0)[inside].all(), "2 px inside"
    assert not disc(21, 1.0)[outside].any(), "2 px outside"
    assert inscribed_circle(SIDE)[outside[0]].all()
    thin = disc(20, 1.0) - disc(18, 1.0)
    found = material_and_surroundings(thin) or pytest.fail("nothing found")
    assert thin[found[0]].all(), "a thin wall is found all the same"


def test_an_empty_slice_has_noise_and_nothing_else():
    assert material_and_surroundings(np.zeros((1, SIDE, SIDE))) is None
    found = noise_of_halves(np.zeros((1, SIDE, SIDE)), np.zeros((1, SIDE, SIDE)))
    assert (found.deviation, found.signal_to_noise, found.contrast_to_noise) == (0.0, None, None)


def test_mistakes_are_said():
    with pytest.raises(InputError, match="two stacks of one shape"):
        noise_of_halves(np.zeros((1, 8, 8)), np.zeros((1, 8, 9)))
    with pytest.raises(InputError, match="a region must have the shape of the slices"):
        signal_to_noise(np.zeros((1, 8, 8)), np.zeros((1, 8, 8), bool))
