"""Examples of records: aligned, repeatable, cached, and honest about files that cannot be used."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.cases import PATCH, discs, picture_of, source_of, write_pair, write_set
from vitsci_viz.errors import InputError, MissingFileError, OptionError, VitsciVizError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.training import source as source_module
from vitsci_viz.training.examples import Example
from vitsci_viz.training.labels import IGNORED, LabelMap
from vitsci_viz.training.normalisation import find_normalisation
from vitsci_viz.training.records import find_records

ARRAYS = ("tokens", "fractions", "area", "grid", "pixels", "labels")
WAYS = {
    "whole": {},
    "forest": {"patch": PATCH.replace(forest=3)},
    "crop": {"crop": 16},
    "random_trees": {"random_trees": True},
    "colour": {"colour": 0.7},
    "drop": {"patch": PATCH.replace(mode="threshold", split_value=0, length=20, overflow="drop_random")},
    "uniform": {"patch": PatchOptions(mode="uniform", patch_size=4)},
}


def assert_equal(one: Example, other: Example) -> None:
    for name in ARRAYS:
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None)
        if mine is not None:
            np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.tree.origin, other.tree.origin)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "colour"])
def test_an_image_that_is_its_own_mask_has_tokens_that_are_their_targets(tmp_path: Path, way: str):
    for number in range(2):
        labels = discs((37, 30), number, values=(0, 1, 2))
        write_pair(tmp_path, f"tile_{number}", labels, labels)
    source = source_of(find_records(tmp_path), needs=("grid", "pixels"), **WAYS[way])
    seen = set()
    for epoch in range(4):
        for index in range(len(source)):
            example = source.example(index, epoch=epoch)
            wanted = (example.fractions * np.arange(3)).sum(axis=-1)
            np.testing.assert_allclose(example.tokens[..., 0], wanted, atol=1e-5)
            known = example.labels != IGNORED
            np.testing.assert_array_equal(example.pixels[..., 0][known], example.labels[known])
            seen.add(example.tokens.tobytes())
    assert len(seen) > len(source)


@pytest.mark.parametrize("way", WAYS)
def test_equal_seeds_give_equal_examples_in_any_order(records, tmp_path: Path, way: str):
    one = source_of(records, cache=tmp_path / "one", needs=("grid", "pixels"), **WAYS[way])
    other = source_of(records, cache=tmp_path / "other", needs=("grid", "pixels"), **WAYS[way])
    last = len(one) - 1
    first = [one.example(index, epoch=epoch) for epoch, index in ((0, 0), (0, last), (1, 0))]
    again = [other.example(index, epoch=epoch) for epoch, index in ((1, 0), (0, last), (0, 0))][::-1]
    for mine, theirs in zip(first, again, strict=True):
        assert_equal(mine, theirs)


@pytest.mark.parametrize("way", ["whole", "crop", "random_trees", "colour", "drop"])
def test_another_seed_or_epoch_gives_other_examples(records, way: str):
    one, other = (source_of(records, seed=seed, **WAYS[way]) for seed in (0, 1))
    assert len({source.example(0, epoch=epoch).tokens.tobytes() for source in (one, other) for epoch in range(6)}) > 3


def test_validation_changes_nothing(records):
    source = source_of(records, is_training=False, colour=1, random_trees=True)
    assert_equal(source.example(1, epoch=0), source.example(1, epoch=5))
    assert source.example(1).labels.shape == (32, 32)


def test_validation_drops_no_leaf(records):
    patch = WAYS["drop"]["patch"]
    assert len(source_of(records, patch=patch).example(0).tree) == 20
    assert len(source_of(records, patch=patch, is_training=False).example(0).tree) > 20


def test_areas_sum_to_the_labelled_pixels(tmp_path: Path):
    labels = discs((37, 30), values=(0, 1, 9))
    write_pair(tmp_path, "a", picture_of(labels), labels)
    source = source_of(find_records(tmp_path), ignore=(9,))
    for epoch in range(4):
        assert source.example(0, epoch=epoch).area.sum() == np.count_nonzero(labels != 9)


def test_an_example_is_cut_once_and_then_read(records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = [source_of(records, cache=tmp_path).example(index) for index in range(4)]

    def fail(*arguments, **more):
        raise AssertionError("an example that is cached was cut again")

    monkeypatch.setattr(source_module, "cut_image", fail)
    later = source_of(records, cache=tmp_path)
    for index, example in enumerate(made):
        assert_equal(later.example(index), example)


@pytest.mark.parametrize(
    "changes",
    [
        {"patch": PATCH.replace(length=20)},
        {"needs": ("grid", "pixels")},
        {"is_training": False},
        {"labels": LabelMap(values=(1, 0), names=("a", "b"))},
    ],
)
def test_what_changes_an_example_changes_its_key(records, tmp_path: Path, changes):
    before = source_of(records, cache=tmp_path, flips=False)
    before.example(0)
    assert_equal(
        source_of(records, cache=tmp_path, flips=False, **changes).example(0),
        source_of(records, cache=tmp_path / "fresh", flips=False, **changes).example(0),
    )


def test_a_changed_file_is_cut_anew(records, tmp_path: Path):
    source = source_of(records, cache=tmp_path, flips=False, is_training=False)
    before = source.example(0)
    write_pair(records[0].image.parents[1], records[0].name, *_other_pair())
    after = source_of(records, cache=tmp_path, flips=False, is_training=False).example(0)
    assert not np.array_equal(before.labels, after.labels)


def _other_pair():
    labels = discs((32, 32), 99)
    return picture_of(labels), labels


def test_a_damaged_cache_is_made_anew(records, tmp_path: Path):
    made = source_of(records, cache=tmp_path).example(0)
    for path in tmp_path.rglob("*.arrays"):
        path.write_bytes(path.read_bytes()[:-20])
    assert_equal(source_of(records, cache=tmp_path).example(0), made)


def test_trees_of_a_forest_follow_each_other(records):
    source = source_of(records, patch=PATCH.replace(forest=3), is_training=False)
    assert len(source) == 12
    assert [source.record(index).name for index in (0, 2, 3)] == ["tile_0", "tile_0", "tile_1"]
    trees = [source.example(index).tree for index in range(3)]
    assert len({tree.origin.tobytes() for tree in trees}) > 1


def test_models_of_pixels_are_given_pixels_and_one_token(records):
    example = source_of(records, needs=("pixels",)).example(0)
    assert len(example.tree) == 1
    assert example.grid is None
    assert example.pixels.shape == (32, 32, 3)
    assert example.labels.shape == (32, 32)


def test_images_smaller_than_a_crop_are_taken_whole(tmp_path: Path):
    records = write_set(tmp_path, count=1, shape=(40, 12))
    example = source_of(records, crop=16, needs=("pixels",), flips=False).example(0)
    assert example.pixels.shape == (16, 12, 3)


def test_a_whole_image_validates_with_tokens_in_proportion_to_a_crop(tmp_path: Path):
    records = write_set(tmp_path, count=2, shape=(64, 64))
    training = source_of(records, crop=32, patch=PATCH)
    validating = source_of(records, crop=32, patch=PATCH, is_training=False)
    assert len(training.example(0).tree) <= 40 < len(validating.example(0).tree) <= 160
    assert validating.example(0).tree.shape == (64, 64)


@pytest.mark.parametrize("when", ["first", "later"])
def test_a_damaged_image_in_the_middle_is_named(records, when: str):
    source = source_of(records)
    if when == "later":
        source.example(2)
    content = records[2].image.read_bytes()
    records[2].image.write_bytes(content[: len(content) // 2])
    fresh = source_of(records, labels=source.labels)
    fresh.example(1)
    with pytest.raises(InputError, match=r"tile_2\.png"):
        fresh.example(2)
    fresh.example(3)


def test_a_damaged_or_missing_mask_is_named(records):
    source = source_of(records)
    records[1].mask.write_bytes(b"\x89PNG nothing")
    with pytest.raises(VitsciVizError, match=r"masks/tile_1\.png"):
        source.example(1)
    records[2].mask.unlink()
    with pytest.raises(MissingFileError, match=r"masks/tile_2\.png does not exist"):
        source.example(2)


def test_images_that_do_not_go_together_are_named(records):
    folder = records[0].image.parents[1]
    labels = discs((32, 32))
    write_pair(folder, "tile_1", picture_of(labels)[..., 0], labels)
    write_pair(folder, "tile_2", picture_of(labels), labels[:20])
    source = source_of(records)
    with pytest.raises(InputError, match=r"tile_0\.png has 2 spatial axes and 3 channels, tile_1\.png 2 and 1"):
        source.example(1)
    with pytest.raises(InputError, match=r"tile_2\.png has \(32, 32\), its mask tile_2\.png \(20, 32\)"):
        source.example(2)


def test_values_that_are_not_finite_are_named(tmp_path: Path):
    labels = discs((16, 16))
    image = labels.astype(np.float32)
    image[3, 4] = np.nan
    write_pair(tmp_path, "a", image, labels, suffix=".tif")
    with pytest.raises(InputError, match=r"a\.tif must hold finite values only: 1 of 256"):
        source_of(find_records(tmp_path), needs=("pixels",)).example(0)


def test_no_records_and_clashing_options_are_refused(records):
    with pytest.raises(InputError, match="at least one image"):
        source_of((), labels=LabelMap(values=(0, 1), names=("a", "b")))
    with pytest.raises(OptionError, match="tokens_per_mm2 needs tissue=auto and mode=length, got tissue=off"):
        source_of(records, tokens_per_mm2=10)
    with pytest.raises(OptionError, match="one per axis"):
        source_of(records, patch=PatchOptions(patch_size=(4, 4, 4)))


def test_with_skip_what_cannot_be_read_is_left_out_of_what_is_measured(records):
    records[0].image.write_bytes(b"no picture")
    records[1].mask.write_bytes(b"no mask")
    content = records[2].image.read_bytes()
    records[2].image.write_bytes(content[: len(content) // 2])
    source = source_of(records, on_error="skip")
    assert (source.ndim, source.channels, source.labels.values) == (2, 3, (0, 1))
    found = find_normalisation(source)
    expected = np.concatenate([np.asarray(source.image(each)).reshape(-1, 3) for each in (records[1], records[3])])
    np.testing.assert_allclose(found.mean, expected.mean(axis=0), rtol=1e-5)
    for index in range(3):
        with pytest.raises(VitsciVizError, match=f"tile_{index}"):
            source.example(index)
    with pytest.raises(VitsciVizError, match="tile_0"):
        source_of(records, labels=source.labels)


@pytest.mark.parametrize("part", ["image", "mask"])
def test_a_file_that_is_mended_during_a_run_is_read_anew(records, tmp_path, part):
    source = source_of(records, cache=tmp_path / "cache", flips=False)
    before = source.example(0)
    path = getattr(records[0], part)
    path.write_bytes(getattr(records[1], part).read_bytes())
    found, fresh = source.example(0), source_of(records, cache=tmp_path / "other", flips=False).example(0)
    np.testing.assert_array_equal(found.tokens, fresh.tokens)
    np.testing.assert_array_equal(found.fractions, fresh.fractions)
    assert not np.array_equal(before.fractions, fresh.fractions)
