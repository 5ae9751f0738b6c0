"""The virtual slide: the same pixels from any side, with a mask that belongs to them."""

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.simulation.pathology import TILE, render_tile, virtual_slide
from vitsci_viz.simulation.stain import EOSIN, GLASS, HAEMATOXYLIN, dye_colours

SLIDE = (2048, 2048)
SEED = 7


@pytest.fixture(scope="module")
def slide() -> tuple[np.ndarray, np.ndarray]:
    """One slide for all tests of this file."""
    return virtual_slide(SLIDE, SEED)


def test_a_region_has_the_pixels_of_the_whole(slide: tuple[np.ndarray, np.ndarray]) -> None:
    region = (700, 900, 600, 300)
    for whole, part in zip(slide, virtual_slide(SLIDE, SEED, region=region), strict=True):
        np.testing.assert_array_equal(part, whole[700:1300, 900:1200])


def test_a_tile_depends_on_nothing_but_its_place(slide: tuple[np.ndarray, np.ndarray]) -> None:
    image, mask = render_tile(SLIDE, SEED, TILE, 0)
    np.testing.assert_array_equal(image, slide[0][TILE:, :TILE])
    np.testing.assert_array_equal(mask, slide[1][TILE:, :TILE])


def test_tiles_meet_without_a_seam(slide: tuple[np.ndarray, np.ndarray]) -> None:
    rows = np.abs(np.diff(slide[0].astype(np.int64), axis=0)).mean(axis=(1, 2))
    at_seam, nearby = rows[TILE - 1], np.r_[rows[TILE - 40 : TILE - 1], rows[TILE : TILE + 40]]
    assert at_seam < nearby.max() * 1.1


def test_nuclei_are_dark_and_blue_and_glass_is_bright(slide: tuple[np.ndarray, np.ndarray]) -> None:
    image, mask = slide
    nuclei, rest = image[mask == 1].mean(axis=0), image[mask == 0].mean(axis=0)
    assert nuclei.mean() < rest.mean() - 50
    assert nuclei[2] > nuclei[1]
    assert np.abs(image[:8, :8].reshape(-1, 3).mean(axis=0) - GLASS).max() < 3


def test_every_class_is_there_and_glass_holds_none(slide: tuple[np.ndarray, np.ndarray]) -> None:
    shares = np.bincount(slide[1].ravel(), minlength=3) / slide[1].size
    assert (shares > 0.01).all()
    assert (slide[1][:8, :8] == 0).all()


def test_seeds_make_other_slides(slide: tuple[np.ndarray, np.ndarray]) -> None:
    other = virtual_slide(SLIDE, SEED + 1, region=(900, 900, 100, 100))[0]
    assert (other != slide[0][900:1000, 900:1000]).mean() > 0.5


@pytest.mark.parametrize("shape", [(300, 70), (1, 1), (1025, 33)])
def test_slides_of_any_size_can_be_made(shape: tuple[int, int]) -> None:
    image, mask = virtual_slide(shape, 1)
    assert (image.shape, mask.shape) == ((*shape, 3), shape)


@pytest.mark.parametrize("region", [(0, 0, 0, 5), (-1, 0, 5, 5), (2000, 0, 100, 100)])
def test_a_region_beyond_the_slide_is_refused(region: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError, match="must lie in the slide"):
        virtual_slide(SLIDE, 0, region=region)


def test_dyes_absorb_as_beer_and_lambert_say() -> None:
    haematoxylin, eosin = np.array([[0.0, 0.7]]), np.array([[0.0, 0.4]])
    colours = dye_colours(haematoxylin, eosin)
    np.testing.assert_allclose(colours[0, 0], GLASS)
    np.testing.assert_allclose(-np.log(colours[0, 1] / GLASS), 0.7 * HAEMATOXYLIN + 0.4 * EOSIN)
    np.testing.assert_allclose([np.linalg.norm(HAEMATOXYLIN), np.linalg.norm(EOSIN)], 1, atol=2e-3)
