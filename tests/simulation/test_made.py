"""The samples in ``data_samples/`` are remade bit for bit."""

from pathlib import Path

import numpy as np
import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.io import read_image, read_mask
from vitsci_viz.simulation.made import SMALL, make_sample

FOLDER = Path(__file__).parents[2] / "data_samples"
MAX_BYTES = 1_000_000


@pytest.mark.parametrize("name", SMALL)
def test_samples_are_remade_bit_for_bit(name: str, tmp_path: Path) -> None:
    for made in make_sample(name, tmp_path):
        kept, again = read_image(FOLDER / made.name), read_image(made)
        np.testing.assert_array_equal(np.asarray(again), np.asarray(kept))
        assert (again.axes, again.spacing, again.unit) == (kept.axes, kept.spacing, kept.unit)


@pytest.mark.parametrize("name", SMALL)
def test_masks_belong_to_their_images(name: str) -> None:
    image, mask = read_image(FOLDER / SMALL[name].image), read_mask(FOLDER / SMALL[name].mask)
    assert mask.shape == image.shape


def test_nothing_else_lies_beside_them_and_nothing_is_large() -> None:
    files = [path for path in FOLDER.iterdir() if path.suffix not in (".md", ".yaml")]
    assert {path.name for path in files} == {file for sample in SMALL.values() for file in (sample.image, sample.mask)}
    assert max(path.stat().st_size for path in files) < MAX_BYTES


def test_other_seeds_make_other_samples(tmp_path: Path) -> None:
    image, _ = make_sample("ct_slice", tmp_path, seed=8)
    assert (np.asarray(read_image(image)) != np.asarray(read_image(FOLDER / image.name))).any()


def test_unknown_names_and_needless_sides_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="did you mean 'ct_slice'"):
        make_sample("ct_slices", tmp_path)
    with pytest.raises(OptionError, match="leave side out"):
        make_sample("ct_slice", tmp_path, side=2048)
