"""Colours change for tokens and pixels alike, and as much as asked for."""

import numpy as np
import pytest
from skimage.color import hed2rgb, rgb2hed

from tests.training.cases import PATCH, source_of, write_pair, write_set
from vitsci_viz.training.colour import ColourChange, draw_colour
from vitsci_viz.training.records import find_records

UNIFORM = PATCH.replace(mode="uniform", patch_size=4, min_size=4)


def test_no_change_changes_nothing():
    values = np.random.default_rng(0).integers(0, 256, (5, 4, 3)).astype(np.uint8)
    still = ColourChange(
        gain=1, offset=0, dyes=np.eye(3, dtype=np.float32), shift=np.zeros(3, np.float32), is_eight_bits=True
    )
    np.testing.assert_allclose(still.apply(values), values, atol=1e-3)


def test_dyes_are_those_of_scikit_image(records):
    example = source_of(records, needs=("pixels",)).example(0)
    change = draw_colour(np.random.default_rng(3), 1.0, example, is_eight_bits=True)
    only_dyes = ColourChange(gain=1, offset=0, dyes=change.dyes, shift=change.shift, is_eight_bits=True)
    draws = np.random.default_rng(3).uniform(-1, 1, 8)
    # It also takes negative densities as none, so pixels are mixed from positive ones.
    pixels = hed2rgb(np.random.default_rng(0).uniform(0.01, 0.05, (40, 40, 3))) * 255
    # scikit-image counts densities from 1 at ln(1e-6): its stains are ours over 13.8.
    stains = rgb2hed(pixels / 255) * -np.log(1e-6)
    expected = hed2rgb((stains * (1 + 0.25 * draws[2:5]) + 0.125 * draws[5:8]) / -np.log(1e-6)) * 255
    inside = (expected > 5) & (expected < 250)
    np.testing.assert_allclose(only_dyes.apply(pixels)[inside], expected[inside], atol=1.5)
    assert inside.mean() > 0.8


def test_tokens_and_pixels_change_together(records):
    plain = source_of(records, patch=UNIFORM, needs=("grid", "pixels"), flips=False).example(0)
    found = source_of(records, patch=UNIFORM, needs=("grid", "pixels"), flips=False, colour=0.6).example(0)
    assert not np.allclose(found.tokens, plain.tokens, atol=1)
    row = 5
    box = tuple(slice(o, o + 4) for o in found.tree.origin[row])
    np.testing.assert_allclose(found.tokens[row], found.pixels[box], atol=1e-3)


@pytest.mark.parametrize("strength", [0.0, 0.2, 1.0])
def test_strength_says_how_much(records, strength: float):
    source = source_of(records, flips=False, colour=strength)
    plain = source_of(records, flips=False)
    moved = [
        np.abs(source.example(0, epoch=epoch).tokens.mean() - plain.example(0).tokens.mean()) for epoch in range(20)
    ]
    assert {0.0: max(moved) == 0, 0.2: 0.5 < np.mean(moved) < 15, 1.0: 8 < np.mean(moved) < 60}[strength]


def test_grey_values_change_in_brightness_and_contrast_alone(tmp_path):
    image = np.random.default_rng(0).normal(0, 1000, (32, 32)).astype(np.float32)
    write_pair(tmp_path, "a", image, (image > 0).astype(np.uint8), suffix=".tif")
    records = find_records(tmp_path)
    plain = source_of(records, needs=("pixels",), flips=False).example(0).pixels.ravel()
    found = source_of(records, needs=("pixels",), flips=False, colour=1).example(0).pixels.ravel()
    gain, offset = np.polyfit(plain.astype(float), found.astype(float), 1)
    np.testing.assert_allclose(found, gain * plain + offset, rtol=1e-4, atol=0.1)
    assert abs(gain - 1) > 0.01


def test_what_lies_outside_the_image_stays_zero(tmp_path):
    records = write_set(tmp_path, count=1, shape=(29, 27))
    example = source_of(records, colour=1, flips=False).example(0)
    outside = example.area == 0
    assert outside.any()
    assert not example.tokens[outside].any()
