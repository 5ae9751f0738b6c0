"""Glass, ink and dust cost no tokens."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.reference import laws
from tests.training.cases import source_of, write_pair
from vitsci_viz.errors import OptionError
from vitsci_viz.io.reading import read_image
from vitsci_viz.patching.detail import detail_pyramid
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.training.records import find_records
from vitsci_viz.training.tissue import Tissue, find_tissue, masked_pyramid
from vitsci_viz.training.trees import cut_image

SIDE = 256
LENGTH = PatchOptions(mode="length", length=60, patch_size=4)


def slide(*, ink: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of pink tissue on glass with nuclei, ink and dust; and where the tissue is."""
    random = np.random.default_rng(0)
    picture = np.full((SIDE, SIDE, 3), (243, 242, 245), np.uint8)
    tissue = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(tissue, (80, 90), 60, 1, -1)
    picture[tissue > 0] = (214, 150, 190)
    for _ in range(60):
        y, x = (int(v) for v in random.integers(50, 120, 2))
        cv2.circle(picture, (x, y), 3, (110, 60, 140), -1)
    if ink:
        cv2.line(picture, (170, 0), (250, 120), (20, 60, 200), 12)
        cv2.line(picture, (250, 160), (160, 250), (30, 160, 60), 12)
        for _ in range(30):
            y, x = (int(v) for v in random.integers(180, 250, 2))
            cv2.circle(picture, (x, y), 1, (60, 60, 60), -1)
    noise = random.integers(-3, 4, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8), tissue > 0


def image_of(pixels: np.ndarray, um: float = 0.5):
    return read_image(pixels, spacing=um, unit="um")


def test_tissue_is_found_and_ink_and_dust_are_not():
    pixels, truth = slide()
    found = cv2.resize(find_tissue(image_of(pixels)).cells.view(np.uint8), (SIDE, SIDE)) > 0
    both = np.count_nonzero(found & truth)
    assert 2 * both / (np.count_nonzero(found) + np.count_nonzero(truth)) > 0.97


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
@pytest.mark.parametrize("mode", [{"mode": "length"}, {"mode": "threshold"}, {"mode": "uniform"}])
def test_every_leaf_touches_tissue_and_all_tissue_has_a_leaf(detail: str, mode: dict[str, str]):
    pixels, truth = slide()
    image = image_of(pixels)
    (tree,) = cut_image(image, LENGTH.replace(detail=detail, **mode), tissue=True)
    covered = np.zeros(truth.shape, bool)
    where = cv2.resize(find_tissue(image).cells.view(np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_NEAREST) > 0
    for leaf in laws.cells_of(tree):
        assert where[leaf.slices(truth.shape)].any()
        covered[leaf.slices(truth.shape)] = True
    assert covered[where].all()
    laws.check_z_order(tree, (4, 4))


def test_the_whole_budget_is_spent_on_tissue():
    image = image_of(slide()[0])
    (masked,), (plain,) = cut_image(image, LENGTH, tissue=True), cut_image(image, LENGTH)
    assert LENGTH.length - 2 <= len(masked) <= LENGTH.length
    on_tissue = sum(find_tissue(image).on_grid((4, 4))[tuple(origin // 4)] for origin in plain.origin)
    assert on_tissue < 0.8 * len(masked)


def test_tokens_grow_with_the_area_of_the_tissue():
    image = image_of(slide()[0])
    area = find_tissue(image).area_mm2(image.spacing_um)
    assert area == pytest.approx(np.pi * 0.03**2, rel=0.05)
    (tree,) = cut_image(image, LENGTH, tissue=True, tokens_per_mm2=30 / area)
    assert 27 <= len(tree) <= 30
    (most,) = cut_image(image, LENGTH, tissue=True, tokens_per_mm2=1e6)
    assert len(most) <= 60


def test_sums_of_the_detail_count_tissue_alone():
    image = image_of(slide()[0])
    pyramid = detail_pyramid(image, LENGTH)
    tissue = find_tissue(image)
    masked = masked_pyramid(pyramid, tissue, is_sum=True)
    expected = np.where(tissue.on_grid((4, 4)), pyramid.levels[0], 0)
    np.testing.assert_array_equal(masked.levels[0], expected)
    assert [int(level.sum()) for level in masked.levels] == [int(expected.sum())] * len(masked.levels)


def test_glass_alone_leaves_one_leaf():
    glass = np.full((64, 64, 3), 244, np.uint8)
    (tree,) = cut_image(image_of(glass), LENGTH, tissue=True)
    assert len(tree) == 1
    assert not find_tissue(image_of(glass)).cells.any()


class Unread:
    """A level that must not be read."""

    shape, dtype = (16 * SIDE, 16 * SIDE, 3), np.dtype(np.uint8)

    def __getitem__(self, key):
        raise AssertionError("a level finer than needed was read")


def test_a_coarse_level_of_a_slide_is_enough():
    pixels, _ = slide()
    whole = image_of(pixels)
    twice = np.kron(pixels, np.ones((2, 2, 1), np.uint8))
    deep = replace(whole, levels=(Unread(), twice), spacing=(0.5 / 16, 0.5 / 16))
    assert find_tissue(deep).share == pytest.approx(find_tissue(whole).share, abs=0.02)


def test_cells_of_any_grid_know_their_tissue():
    tissue = Tissue(cells=np.array([[True, False], [False, False]]), shape=(8, 8))
    assert tissue.on_grid((2, 2)).sum() == 4
    assert tissue.on_grid((8, 8)).tolist() == [[True]]
    assert tissue.share == 0.25


def test_tissue_of_a_window_is_the_windows_part():
    random = np.random.default_rng(0)
    tissue = Tissue(cells=random.random((16, 8)) < 0.5, shape=(160, 80))
    part = tissue.part((slice(20, 60), slice(30, 80)))
    assert part.shape == (40, 50)
    np.testing.assert_array_equal(part.cells, tissue.cells[2:6, 3:8])
    assert tissue.part((slice(3, 4), slice(79, 80))).cells.tolist() == [[bool(tissue.cells[0, 7])]]


def test_grey_images_and_unknown_pixel_sizes_say_what_to_do():
    with pytest.raises(OptionError, match="needs 8-bit colour pictures"):
        find_tissue(read_image(np.zeros((8, 8), np.uint8)))
    with pytest.raises(OptionError, match="tokens_per_mm2 needs a known pixel size"):
        cut_image(read_image(slide()[0]), LENGTH, tissue=True, tokens_per_mm2=1.0)


def test_crops_are_drawn_where_there_is_tissue(tmp_path):
    pixels, truth = slide()
    write_pair(tmp_path, "a", pixels, truth.astype(np.uint8))
    source = source_of(find_records(tmp_path), crop=32, tissue="auto", flips=False, needs=("pixels",))
    shares = [source.example(0, epoch=epoch).labels.mean() for epoch in range(20)]
    assert min(shares) > 0
    assert np.mean(shares) > 0.7
