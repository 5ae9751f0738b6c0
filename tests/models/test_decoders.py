"""Features at their true places against slow loops; the decoder in two and three dimensions."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.models.cases import SHAPES, batch_of, lively, random_sequence, saved_bytes, tiny_spec
from vitsci_viz.errors import InputError
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.decoders import ChannelNorm, depths_of, leaf_rows, padded, placed
from vitsci_viz.models.places import grid_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tokens import fit_length, gather
from vitsci_viz.patching.tree import build_tree


def gappy_batch(spec, count=2):
    """Return sequences of random trees with some leaves dropped, so that some cells are covered by none."""
    sequences = []
    for seed in range(count):
        sequence = random_sequence(spec, seed=seed)
        kept = fit_length(sequence.tree, len(sequence.tree) - 3, overflow="drop_random", seed=seed)
        blank = np.zeros((*kept.shape, spec.channels), np.float32)
        sequences.append(gather(blank, kept, spec.patch_size))
    return batch_of(spec, *sequences)


def placed_slowly(features, batch, factor):
    """Average, cell by cell of the coarse grid, over the finest cells that a valid token covers."""
    grid, valid = batch.grid.numpy(), batch.valid.numpy()
    cells = [-(-n // factor) for n in grid.shape[1:]]
    found = np.zeros((len(grid), features.shape[-1], *cells))
    for image in range(len(grid)):
        for cell in itertools.product(*(range(n) for n in cells)):
            box = tuple(slice(c * factor, (c + 1) * factor) for c in cell)
            rows = [row for row in grid[image][box].ravel() if row < valid.shape[1] and valid[image, row]]
            if rows:
                found[(image, slice(None), *cell)] = features[image, rows].double().mean(dim=0)
    return torch.from_numpy(found).float()


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
@pytest.mark.parametrize("ndim", [2, 3])
def test_features_lie_at_their_true_places_as_in_a_slow_loop(ndim, factor):
    spec = tiny_spec(ndim)
    batch = gappy_batch(spec)
    features = torch.randn(*batch.valid.shape, 5)
    rows = leaf_rows(batch.grid, batch.valid)
    rows = padded(rows, [-n % 8 for n in rows.shape[1:]], features[..., 0].numel())
    found = placed(features, rows, factor)
    wanted = placed_slowly(features, batch, factor)
    assert (wanted == 0).all(dim=1).any() or factor > 1, "some cell must be covered by no leaf"
    inside = (..., *(slice(n) for n in wanted.shape[2:]))
    torch.testing.assert_close(found[inside], wanted, atol=1e-5, rtol=1e-5)
    found[inside] = 0
    assert not found.any()


@pytest.mark.parametrize("factor", [2, 4])
def test_on_a_uniform_grid_placing_is_average_pooling(factor):
    spec = tiny_spec(patch_size=(4, 4), min_size=(4, 4))
    image = np.zeros((64, 32, 1), np.float32)
    tree = build_tree(image[..., 0], PatchOptions(mode="uniform", patch_size=4))
    batch = batch_of(spec, gather(image, tree, 4))
    features = torch.randn(*batch.valid.shape, 5)
    y, x = torch.from_numpy(tree.origin // 4).T
    raster = torch.zeros(1, 5, 16, 8)
    raster[0, :, y, x] = features[0].T
    found = placed(features, leaf_rows(batch.grid, batch.valid), factor)
    torch.testing.assert_close(found, functional.avg_pool2d(raster, factor))


def test_a_gradient_reaches_each_leaf_by_its_area():
    spec = tiny_spec()
    batch = gappy_batch(spec, count=1)
    features = torch.zeros(*batch.valid.shape, 2, requires_grad=True)
    placed(features, leaf_rows(batch.grid, batch.valid), 1).sum().backward()
    counts = np.bincount(batch.grid.numpy().ravel(), minlength=features.shape[1] + 1)[: features.shape[1]]
    np.testing.assert_array_equal(features.grad[0, :, 0], counts)


@pytest.mark.parametrize("ndim", [2, 3])
def test_logits_come_for_every_pixel_whatever_the_sides(ndim):
    spec = tiny_spec(ndim, head="unetr")
    model, batch = lively(build_model(spec, seed=0)), batch_of(spec, random_sequence(spec))
    found = model(batch)
    assert found.shape == (1, np.prod(SHAPES[ndim]), spec.classes)
    assert found.isfinite().all()


@pytest.mark.parametrize("ndim", [2, 3])
def test_tokens_of_padding_change_nothing(ndim):
    spec = tiny_spec(ndim, head="unetr")
    model = lively(build_model(spec, seed=0))
    sequence = random_sequence(spec)
    more = batch_of(spec, random_sequence(spec, length=len(sequence.tokens) + 9))
    wanted = model(batch_of(spec, sequence))
    torch.testing.assert_close(model(more), wanted, atol=1e-4, rtol=1e-4)
    # a grid that names a padding token means: no leaf
    named = more.grid.clone()
    named[0, :2] = len(sequence.tokens)
    none = more.grid.clone()
    none[0, :2] = more.valid.shape[1]
    torch.testing.assert_close(model(replace(more, grid=named)), model(replace(more, grid=none)), atol=0, rtol=0)


def test_an_image_of_the_batch_does_not_see_the_others():
    spec = tiny_spec(head="unetr")
    model = lively(build_model(spec, seed=0))
    sequences = [random_sequence(spec, seed=seed) for seed in range(2)]
    found = model(batch_of(spec, *sequences))
    for row, sequence in enumerate(sequences):
        alone = model(batch_of(spec, sequence, seed=row))
        torch.testing.assert_close(found[row], alone[0], atol=1e-4, rtol=1e-4)


def test_far_pixels_change_nothing_so_that_tiles_equal_the_whole():
    # Through the decoder alone: attention sees everything.
    spec = tiny_spec(head="unetr", channels=1)
    model = lively(build_model(spec, seed=0))
    batch = batch_of(spec, random_sequence(spec, (64, 128)))
    pixels = batch.pixels.clone()
    pixels[..., 100:] += 3
    before, after = (
        model(given).view(64, 128, spec.classes)[:, :90] for given in (batch, replace(batch, pixels=pixels))
    )
    torch.testing.assert_close(before, after, atol=0, rtol=0)


def test_the_order_of_tokens_means_nothing_where_the_grid_follows():
    spec = tiny_spec(head="unetr")
    model, batch = lively(build_model(spec, seed=0)), batch_of(spec, random_sequence(spec))
    length = batch.valid.shape[1]
    order = torch.randperm(length, generator=torch.Generator().manual_seed(0))
    moved = replace(
        batch,
        tokens=batch.tokens[:, order],
        places=batch.places[:, order],
        valid=batch.valid[:, order],
        grid=torch.cat([torch.argsort(order), torch.tensor([length])])[batch.grid],
    )
    torch.testing.assert_close(model(moved), model(batch), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("finest", [(1, 1), (2, 4), (8, 8)])
def test_finest_leaves_of_any_sides_lead_back_to_pixels(finest):
    spec = tiny_spec(head="unetr", min_size=finest, patch_size=(4, 4))
    model, batch = build_model(spec, seed=0), batch_of(spec, random_sequence(spec))
    assert model(batch).shape == (1, np.prod(SHAPES[2]), spec.classes)


@pytest.mark.parametrize("shape", [(3, 5), (8, 8)])
def test_an_image_smaller_than_the_coarsest_cell_trains(shape):
    spec = tiny_spec(head="unetr", min_size=(4, 4))
    model = build_model(spec, seed=0).train()
    model(batch_of(spec, random_sequence(spec, shape))).square().sum().backward()
    assert all(weight.grad.isfinite().all() for weight in model.parameters())


def test_a_batch_without_grid_or_with_another_one_is_refused():
    spec = tiny_spec(head="unetr")
    model, batch = build_model(spec, seed=0), batch_of(spec, random_sequence(spec))
    for lacking in ({"grid": None}, {"pixels": None}):
        with pytest.raises(InputError, match="needs the grid and the pixels"):
            model(replace(batch, **lacking))
    coarse = torch.from_numpy(grid_of(random_sequence(tiny_spec(min_size=(4, 4))).tree, 4))[None]
    with pytest.raises(InputError, match=r"must have \(14, 19\) cells of \(2, 2\) pixels .* got \(7, 10\)"):
        model(replace(batch, grid=coarse))


def test_channels_are_normalised_pixel_by_pixel():
    norm = ChannelNorm(6, eps=1e-6)
    values = torch.randn(2, 6, 5, 7) * 3 + 1
    found = norm(values)
    torch.testing.assert_close(found.mean(dim=1), torch.zeros(2, 5, 7), atol=1e-5, rtol=0)
    torch.testing.assert_close(found.var(dim=1, correction=0), torch.ones(2, 5, 7), atol=1e-3, rtol=0)


def test_depths_are_quarters_of_the_blocks():
    assert depths_of(12) == (3, 6, 9, 12)
    assert depths_of(24) == (6, 12, 18, 24)
    assert depths_of(1) == (1, 1, 1, 1)


def test_the_token_head_keeps_a_fraction_of_what_the_decoder_keeps_for_the_backward_pass():
    shape, length = (256, 256), 256
    kept = {}
    for head in ("token", "unetr"):
        spec = tiny_spec(head=head, patch_size=(8, 8), min_size=(4, 4), depth=4)
        tree = build_tree(
            np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8),
            PatchOptions(mode="length", length=length, patch_size=8, min_size=4),
        )
        sequence = gather(np.zeros((*shape, 1), np.float32), tree, 8, length=length)
        model, batch = build_model(spec, seed=0), batch_of(spec, sequence)
        features = model.encoder.features(batch.tokens, batch.places, batch.valid, (1, 2, 3, 4))
        features = [values.detach() for values in features]
        if head == "token":
            kept[head] = saved_bytes(lambda: model.head(model.encoder.norm(features[-1])).softmax(dim=-1), model)  # noqa: B023
        else:
            rows = leaf_rows(batch.grid, batch.valid)
            kept[head] = saved_bytes(lambda: model.decoder(features, rows, batch.pixels).softmax(dim=-1), model)  # noqa: B023
    assert kept["unetr"] > 4 * kept["token"]
