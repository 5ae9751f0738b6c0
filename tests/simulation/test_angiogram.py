"""Virtual subtraction angiograms: sparse arteries, dark by Beer and Lambert's law, among what looks like them."""

import numpy as np
from scipy.ndimage import binary_dilation

from vitsci_viz.simulation.angiogram import CONTRAST, GAIN, GREY, TRUNK_MM, angiogram


def test_seeds_repeat_and_differ() -> None:
    np.testing.assert_array_equal(angiogram(96, 5)[0], angiogram(96, 5)[0])
    assert (angiogram(96, 5)[1] != angiogram(96, 6)[1]).any()


def test_arteries_are_few_pixels_and_clearly_darker_than_the_ground() -> None:
    for seed in (1, 2, 3):
        image, mask = angiogram(512, seed)
        assert 0.01 < mask.mean() < 0.04
        assert abs(np.median(image[mask == 0]) - GREY) <= 3
        assert image[mask == 1].mean() < GREY - 25


def test_an_artery_is_as_dark_as_its_width_says() -> None:
    image, mask = angiogram(512, 1)
    darkest = GREY - np.percentile(image[mask == 1], 10)
    assert 0.5 < darkest / (GAIN * CONTRAST * TRUNK_MM) < 1.5


def test_there_are_pixels_as_dark_as_arteries_that_are_none() -> None:
    image, mask = angiogram(512, 1)
    far = np.logical_not(binary_dilation(mask == 1, iterations=6))
    alike = far & (image < np.median(image[mask == 1]))
    assert alike.sum() > 0.1 * mask.sum()
