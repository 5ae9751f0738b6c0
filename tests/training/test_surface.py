"""Distances between borders: against MONAI, by hand, and by their laws."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vitsci_viz.errors import InputError
from vitsci_viz.training import scores
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.surface import surface_distances

SHAPES = array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=8)


@st.composite
def pairs(draw):
    shape = draw(SHAPES)
    return [draw(arrays(np.uint8, shape, elements=st.sampled_from([0, 0, 1, 2]))) for _ in range(2)]


def _blobs(seed, shape, classes=3):
    """Smooth random labels."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = gaussian_filter(noise, 3)
    return np.digitize(smooth, np.quantile(smooth, np.linspace(0, 1, classes + 1)[1:-1])).astype(np.uint8)


@pytest.mark.filterwarnings("ignore:monai.metrics.utils get_mask_edges:FutureWarning")
@pytest.mark.parametrize(
    ("shape", "spacing"), [((70, 61), None), ((64, 48), (0.25, 0.5)), ((17, 24, 22), (2.5, 0.7, 0.7))]
)
def test_hd95_and_surface_dice_are_monais(shape, spacing):
    import torch
    from monai.metrics.hausdorff_distance import compute_hausdorff_distance
    from monai.metrics.surface_dice import compute_surface_dice

    truth, predicted = _blobs(1, shape), np.roll(_blobs(1, shape), 2, axis=1)
    predicted[:9, :9] = 2
    every = np.arange(3).reshape(-1, *[1] * len(shape))
    one_hot = [torch.from_numpy((labels == every)[None]) for labels in (predicted, truth)]
    found = surface_distances(predicted, truth, (1, 2), spacing=spacing)
    theirs = compute_hausdorff_distance(*one_hot, percentile=95, spacing=spacing)[0]
    np.testing.assert_allclose([found[value].hausdorff() for value in (1, 2)], theirs, rtol=1e-6)
    theirs = compute_hausdorff_distance(*one_hot, spacing=spacing)[0]
    np.testing.assert_allclose([found[value].hausdorff(100) for value in (1, 2)], theirs, rtol=1e-6)
    for tolerance in (0.0, 0.71, 1.3):
        theirs = compute_surface_dice(*one_hot, class_thresholds=[tolerance] * 2, spacing=spacing)[0]
        ours = [found[value].surface_dice(tolerance) for value in (1, 2)]
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        assert 0 < min(ours) < 1


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (2.0, 0.5)])
def test_distances_are_those_of_scipys_distance_transform(spacing):
    from scipy.ndimage import binary_erosion, distance_transform_edt

    predicted, truth = (_blobs(seed, (50, 43), 2) for seed in (3, 4))
    edges = [mask & ~binary_erosion(mask) for mask in (predicted == 1, truth == 1)]
    found = surface_distances(predicted, truth, spacing=spacing)[1]
    for ours, own, other in ((found.of_predicted, *edges), (found.of_truth, *edges[::-1])):
        wanted = distance_transform_edt(~other, sampling=spacing)
        np.testing.assert_allclose(np.sort(ours), np.sort(wanted[own]))


def test_a_square_moved_by_two_pixels():
    truth = np.zeros((12, 12), np.uint8)
    truth[3:7, 3:7] = 1
    found = surface_distances(np.roll(truth, 2, axis=0), truth, spacing=(0.1, 0.1))[1]
    assert found.hausdorff(100) == pytest.approx(0.2)
    for pixels in (0, 1):
        assert found.surface_dice(pixels / 10) == pytest.approx(_share_within(truth, pixels))
    assert found.surface_dice(0.2) == 1
    assert found.surface_dice(0.19) < 1


def _share_within(truth, pixels):
    """Compare every border pixel with every other one."""
    inner = np.zeros_like(truth)
    inner[4:6, 4:6] = 1
    own = np.argwhere(truth - inner)
    apart = np.linalg.norm((own + np.array([2, 0]))[:, None] - own[None], axis=2)
    within = [np.count_nonzero(apart.min(axis=axis) <= pixels) for axis in (0, 1)]
    return sum(within) / (2 * len(own))


def test_three_steps_of_a_tenth_lie_within_three_tenths():
    truth, predicted = np.zeros((2, 9, 9), np.uint8)
    truth[4, 2], predicted[4, 5] = 1, 1
    assert surface_distances(predicted, truth, spacing=(0.1, 0.1))[1].surface_dice(0.3) == 1


@given(pairs(), st.sampled_from([0.0, 1.0, 2.5]))
def test_scores_are_symmetric_and_bounded(pair, tolerance):
    forth, back = surface_distances(*pair, (1, 2)), surface_distances(*pair[::-1], (1, 2))
    for value in (1, 2):
        assert np.array_equal(forth[value].hausdorff(), back[value].hausdorff(), equal_nan=True)
        assert np.array_equal(forth[value].surface_dice(tolerance), back[value].surface_dice(tolerance), equal_nan=True)
        if not math.isnan(share := forth[value].surface_dice(tolerance)):
            assert 0 <= share <= 1
            assert forth[value].surface_dice(tolerance + 1) >= share
            assert forth[value].hausdorff(95) <= forth[value].hausdorff(100)


@given(pairs())
def test_mirrored_and_turned_images_score_alike(pair):
    plain = surface_distances(*pair)[1]
    for turn in (np.flip, np.transpose):
        turned = surface_distances(*(turn(labels) for labels in pair))[1]
        np.testing.assert_allclose(turned.hausdorff(), plain.hausdorff())
        np.testing.assert_allclose(turned.surface_dice(1), plain.surface_dice(1))


@given(pairs())
def test_equal_labels_lie_at_distance_zero(pair):
    for value, found in surface_distances(pair[0], pair[0], (1, 2)).items():
        if (pair[0] == value).any():
            assert (found.hausdorff(100), found.surface_dice(0)) == (0, 1)


@given(pairs(), st.sampled_from([0.25, 3.0]))
def test_distances_grow_with_the_spacing(pair, step):
    plain = surface_distances(*pair)[1]
    wide = surface_distances(*pair, spacing=(step,) * pair[0].ndim)[1]
    np.testing.assert_allclose(wide.of_predicted, plain.of_predicted * step)


def test_a_class_in_neither_is_unknown_and_in_one_alone_is_missed():
    empty, dot = np.zeros((2, 5, 5), np.uint8)
    dot[2, 2] = 1
    neither = surface_distances(empty, empty)[1]
    assert math.isnan(neither.hausdorff())
    assert math.isnan(neither.surface_dice(1))
    for pair in ((empty, dot), (dot, empty)):
        found = surface_distances(*pair)[1]
        assert (found.hausdorff(), found.surface_dice(100)) == (math.inf, 0)


def test_what_is_predicted_on_ignored_pixels_counts_for_nothing():
    truth = np.zeros((9, 9), np.uint8)
    truth[2:5, 2:5], truth[6:] = 1, IGNORED
    predicted = np.where(truth == IGNORED, 1, truth).astype(np.uint8)
    found = surface_distances(predicted, truth)[1]
    assert (found.hausdorff(100), found.surface_dice(0)) == (0, 1)


def test_bands_change_nothing(monkeypatch):
    predicted, truth = (_blobs(seed, (15, 20, 9)) for seed in (5, 6))
    truth[3:5, 4:9] = IGNORED
    whole = surface_distances(predicted, truth, (1, 2))
    monkeypatch.setattr(scores, "BAND_PIXELS", 200)
    for value, found in surface_distances(predicted, truth, (1, 2)).items():
        np.testing.assert_array_equal(found.of_predicted, whole[value].of_predicted)
        np.testing.assert_array_equal(found.of_truth, whole[value].of_truth)


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="one shape"):
        surface_distances(np.zeros((3, 3), np.uint8), np.zeros((3, 4), np.uint8))
    with pytest.raises(InputError, match=r"one value per axis \(2\)"):
        surface_distances(*np.zeros((2, 3, 3), np.uint8), spacing=(1.0,))
