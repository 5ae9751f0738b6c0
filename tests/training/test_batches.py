"""Batches hold what examples hold, padded; their order depends on seed and epoch alone."""

import itertools
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.cases import PATCH, source_of, write_set
from vitsci_viz.errors import InputError
from vitsci_viz.models.baselines import PixelModel
from vitsci_viz.models.decoders import DecoderModel
from vitsci_viz.models.options import ModelSpec
from vitsci_viz.models.places import grid_of, places_of
from vitsci_viz.models.segmentation import SegmentationModel, TokenModel
from vitsci_viz.training.augment import Turn, turn_example
from vitsci_viz.training.batches import batches_of, make_batch, needs_of
from vitsci_viz.training.normalisation import Normalisation, find_normalisation
from vitsci_viz.training.records import find_records

SPEC = ModelSpec(channels=3, classes=2, patch_size=(4, 4), min_size=(2, 2), width=16, depth=1, heads=1)
NORMAL = Normalisation(np.array([100, 90, 80], np.float32), np.array([50, 40, 30], np.float32))
THRESHOLD = PATCH.replace(mode="threshold", split_value=4)


def mixed(folder: Path, **more):
    """Return examples of two shapes and several lengths."""
    write_set(folder, count=2, shape=(32, 32))
    for path in sorted(folder.glob("*/tile_*.png")):
        path.rename(path.with_name(f"square_{path.name}"))
    write_set(folder, count=1, shape=(23, 40))
    source = source_of(find_records(folder), patch=THRESHOLD, flips=False, **more)
    return [source.example(index) for index in range(len(source))]


@given(count=st.integers(1, 50), size=st.integers(1, 9), epoch=st.integers(0, 5), seed=st.integers(0, 2**32 - 1))
def test_an_epoch_meets_every_example_once(count: int, size: int, epoch: int, seed: int):
    batches = batches_of(count, size, epoch=epoch, seed=seed)
    assert sorted(np.concatenate(batches).tolist()) == list(range(count))
    assert all(len(batch) == size for batch in batches[:-1])
    again = batches_of(count, size, epoch=epoch, seed=seed)
    assert all((one == other).all() for one, other in zip(batches, again, strict=True))


def test_epochs_and_seeds_have_their_own_order():
    orders = {np.concatenate(batches_of(9, 4, epoch=e, seed=s)).tobytes() for e in range(3) for s in range(3)}
    assert len(orders) == 9


def test_equal_seeds_give_equal_batches(records, tmp_path: Path):
    def tensors(seed: int, cache: str) -> bytes:
        source = source_of(records, seed=seed, cache=tmp_path / cache, colour=0.5, needs=("grid", "pixels"))
        normalisation = find_normalisation(source)
        content = b""
        for epoch in range(2):
            for indices in batches_of(len(source), 3, epoch=epoch, seed=seed):
                examples = [source.example(int(index), epoch=epoch) for index in indices]
                batch, targets = make_batch(examples, spec=SPEC.replace(head="unetr"), normalisation=normalisation)
                parts = (batch.tokens, batch.places, batch.grid, batch.pixels, targets.fractions, targets.area)
                content += b"".join(part.numpy().tobytes() for part in parts)
        return content

    first = tensors(0, "one")
    assert first == tensors(0, "other") == tensors(0, "one")
    assert first != tensors(1, "one")


def test_tokens_places_and_targets_are_those_of_the_examples(tmp_path: Path):
    examples = mixed(tmp_path)
    batch, targets = make_batch(examples, spec=SPEC, normalisation=NORMAL)
    longest = max(len(example.tree) for example in examples)
    assert batch.tokens.shape == (3, longest, 4, 4, 3)
    assert len({len(example.tree) for example in examples}) > 1
    for row, example in enumerate(examples):
        many = len(example.tree)
        np.testing.assert_allclose(
            batch.tokens[row, :many].numpy() * NORMAL.std + NORMAL.mean, example.tokens, atol=1e-3
        )
        np.testing.assert_array_equal(batch.places[row, :many], places_of(example.tree, 4, unit=SPEC.unit))
        assert batch.valid[row].tolist() == [True] * many + [False] * (longest - many)
        assert not batch.tokens[row, many:].any()
        fractions = targets.fractions.reshape(3, longest, 4, 4, 2)[row]
        np.testing.assert_array_equal(fractions[:many], example.fractions)
        area = targets.area.reshape(3, longest, 4, 4)[row]
        np.testing.assert_array_equal(area[:many], example.area)
        assert not area[many:].any()


def test_grids_name_the_tokens_of_the_batch_and_pixels_are_normalised(tmp_path: Path):
    examples = mixed(tmp_path, needs=("grid", "pixels"))
    batch, targets = make_batch(examples, spec=SPEC.replace(head="unetr"), normalisation=NORMAL)
    longest = max(len(example.tree) for example in examples)
    assert batch.pixels.shape == (3, 3, 32, 40)
    assert batch.grid.shape == (3, 16, 20)
    for row, example in enumerate(examples):
        y, x = example.tree.shape
        grid = grid_of(example.tree, 2)
        np.testing.assert_array_equal(batch.grid[row, : grid.shape[0], : grid.shape[1]], grid)
        assert (batch.grid[row, grid.shape[0] :] == longest).all()
        pixels = batch.pixels[row].permute(1, 2, 0)
        np.testing.assert_allclose(pixels[:y, :x].numpy() * NORMAL.std + NORMAL.mean, example.pixels, atol=1e-3)
        assert not pixels[y:].any()
        labels = targets.fractions.reshape(3, 32, 40, 2)[row].argmax(-1)
        np.testing.assert_array_equal(labels[:y, :x], example.labels)
        assert targets.area.reshape(3, 32, 40)[row].sum() == y * x


def test_padding_of_turned_pixels_is_zero_and_counts_nothing(tmp_path: Path):
    records = write_set(tmp_path, count=1, shape=(31, 29))
    source = source_of(records, needs=("grid", "pixels"))
    for epoch in range(6):
        example = source.example(0, epoch=epoch)
        batch, targets = make_batch([example], spec=SPEC.replace(head="unetr"), normalisation=NORMAL)
        outside = targets.area.reshape(batch.pixels.shape[2:]) == 0
        assert int(outside.sum()) == 32 * 30 - 31 * 29
        assert not batch.pixels[0][:, outside].any()


def test_places_of_mirrored_images_are_the_mirrored_places(tmp_path: Path):
    records = write_set(tmp_path, count=1, shape=(50, 41))
    patch = PATCH.replace(min_size=8, patch_size=8)
    source = source_of(records, patch=patch, flips=False)
    plain = source.example(0)
    spec = SPEC.replace(patch_size=(8, 8), min_size=(8, 8))
    for mirrored in itertools.product((False, True), repeat=2):
        turned = turn_example(plain, Turn((0, 1), mirrored), (8, 8))
        batch, _ = make_batch([turned], spec=spec, normalisation=NORMAL)
        expected = places_of(plain.tree, 8, unit=spec.unit)
        for axis, length in enumerate((50, 41)):
            if mirrored[axis]:
                expected[:, axis] = length / spec.unit - expected[:, axis]
        assert np.array(sorted(batch.places[0].tolist())) == pytest.approx(np.array(sorted(expected.tolist())))


def test_images_without_masks_have_targets_of_no_area(tmp_path: Path):
    from dataclasses import replace

    example = replace(mixed(tmp_path)[0], fractions=None, area=None)
    _, targets = make_batch([example], spec=SPEC, normalisation=NORMAL)
    assert not targets.area.any()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"head": "token"}, TokenModel),
        ({"head": "unetr"}, DecoderModel),
        ({"architecture": "monai_unet"}, PixelModel),
        ({"architecture": "monai_unetr", "head": "unetr"}, PixelModel),
    ],
)
def test_what_a_model_needs_is_known_before_it_is_built(changes: dict[str, str], kind: type[SegmentationModel]):
    found = needs_of(SPEC.replace(**changes))
    assert (found.space, found.parts) == (kind.space, kind.needs)


def test_an_empty_batch_and_missing_pixels_are_refused(tmp_path: Path):
    with pytest.raises(InputError, match="at least one example"):
        make_batch([], spec=SPEC, normalisation=NORMAL)
    with pytest.raises(InputError, match=r"needs=model\.needs"):
        make_batch(mixed(tmp_path), spec=SPEC.replace(head="unetr"), normalisation=NORMAL)


def test_normalised_pixels_have_mean_0_and_spread_1(records):
    source = source_of(records, needs=("pixels",), flips=False)
    found = find_normalisation(source)
    examples = [source.example(index) for index in range(4)]
    batch, _ = make_batch(examples, spec=SPEC.replace(architecture="monai_unet"), normalisation=found)
    torch.testing.assert_close(batch.pixels.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(batch.pixels.std(dim=(0, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)


def test_a_channel_that_does_not_vary_is_only_shifted(tmp_path: Path):
    from tests.training.cases import discs, write_pair

    write_pair(tmp_path, "a", np.full((16, 16, 3), 7, np.uint8), discs((16, 16)))
    found = find_normalisation(source_of(find_records(tmp_path)))
    assert (found.mean.tolist(), found.std.tolist()) == ([7, 7, 7], [1, 1, 1])
