"""Scores of single objects: against MONAI and scikit-image, by hand, and by their laws."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from vitsci_viz.errors import InputError
from vitsci_viz.training import instances
from vitsci_viz.training.instances import (
    aggregated_jaccard,
    find_overlaps,
    mean_scores,
    score_instances,
    split_objects,
)

SHAPES = array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=7)


@st.composite
def pairs(draw):
    shape = draw(SHAPES)
    return [draw(arrays(np.uint16, shape, elements=st.sampled_from([0, 1, 2, 5, 9]))) for _ in range(2)]


def _slow_jaccard(predicted, truth):
    """AJI object by object, as its paper lists it."""
    shared = union = 0
    used = set()
    for own in set(truth[truth > 0].tolist()):
        mask = truth == own
        options = [
            ((predicted == other)[mask].sum() / (mask | (predicted == other)).sum(), -other)
            for other in set(predicted[mask & (predicted > 0)].tolist())
        ]
        if not options:
            union += mask.sum()
            continue
        best = -max(options)[1]
        used.add(best)
        shared += (mask & (predicted == best)).sum()
        union += (mask | (predicted == best)).sum()
    spare = set(predicted[predicted > 0].tolist()) - used
    return shared / (union + sum((predicted == other).sum() for other in spare))


def _slow_matches(predicted, truth, bound):
    found = [
        iou
        for own in set(truth[truth > 0].tolist())
        for other in set(predicted[predicted > 0].tolist())
        if (iou := ((truth == own) & (predicted == other)).sum() / ((truth == own) | (predicted == other)).sum())
        > bound
    ]
    objects = len(set(truth[truth > 0].tolist())) + len(set(predicted[predicted > 0].tolist()))
    return sum(found), len(found), objects


@given(pairs())
def test_scores_are_those_of_a_slow_loop(pair):
    assume(pair[0].any() or pair[1].any())
    found = score_instances(*pair)
    total, matched, objects = _slow_matches(*pair, 0.5)
    assert found.matched == matched
    assert found.true_objects + found.predicted_objects == objects
    assert found.f1 == pytest.approx(2 * matched / objects)
    assert found.pq == pytest.approx(2 * total / objects)
    f1s = [2 * _slow_matches(*pair, bound)[1] / objects for bound in (0.5, 0.6, 0.7, 0.8, 0.9)]
    assert found.f1_mean == pytest.approx(np.mean(f1s))
    assert found.aji == pytest.approx(_slow_jaccard(*pair))


def test_panoptic_quality_is_monais():
    import torch
    from monai.metrics.panoptic_quality import compute_panoptic_quality

    from tests.training.nuclei import touching_discs

    truth = touching_discs(40, seed=1)
    predicted = split_objects(np.roll(truth, 2, axis=0) > 0, min_size=20)
    found = score_instances(predicted, truth)
    theirs = compute_panoptic_quality(torch.from_numpy(predicted), torch.from_numpy(truth.astype(np.int32)))
    assert found.pq == pytest.approx(float(theirs), abs=1e-5)
    assert 0.1 < found.pq < 0.9


@given(pairs())
def test_numbers_of_objects_mean_nothing(pair):
    table = np.array([0, 7, 3, 0, 0, 1, 0, 0, 0, 2**23], np.int64)
    plain = score_instances(*pair)
    for other in (score_instances(table[pair[0]], pair[1]), score_instances(pair[0], table[pair[1]] * 2**20)):
        # not AJI: of two partners of equal IoU it takes the one of lower number
        for name in ("f1", "f1_mean", "pq", "sq", "rq", "true_objects", "predicted_objects", "matched"):
            np.testing.assert_allclose(getattr(other, name), getattr(plain, name))


@given(pairs())
def test_scores_lie_between_zero_and_one_and_all_but_aji_are_symmetric(pair):
    forth, back = score_instances(*pair), score_instances(*pair[::-1])
    for name in ("f1", "f1_mean", "pq", "sq", "rq", "aji"):
        value = getattr(forth, name)
        assert math.isnan(value) or 0 <= value <= 1
    for name in ("f1", "f1_mean", "pq", "sq", "rq"):
        np.testing.assert_allclose(getattr(forth, name), getattr(back, name))
    if forth.matched:
        assert forth.pq == pytest.approx(forth.sq * forth.rq)


@given(pairs())
def test_equal_objects_score_one(pair):
    assume(pair[0].any())
    found = score_instances(pair[0], pair[0])
    assert [found.f1, found.f1_mean, found.pq, found.sq, found.aji] == pytest.approx([1] * 5)


def test_nothing_is_unknown_and_one_side_alone_is_zero():
    empty, dot = np.zeros((2, 4, 4), np.int32)
    dot[1, 1] = 3
    nothing = score_instances(empty, empty)
    assert all(math.isnan(getattr(nothing, name)) for name in ("f1", "f1_mean", "pq", "sq", "rq", "aji"))
    for pair in ((empty, dot), (dot, empty)):
        found = score_instances(*pair)
        assert (found.f1, found.f1_mean, found.pq, found.aji) == (0, 0, 0, 0)
        assert math.isnan(found.sq)


def test_an_object_that_serves_two_true_ones_counts_twice_in_the_jaccard_index():
    truth = np.array([[1, 1, 2, 2, 0, 0]])
    merged = np.array([[8, 8, 8, 8, 0, 4]])
    # each true object shares 2 of 4 with the merged one; the spare object adds 1
    assert aggregated_jaccard(find_overlaps(merged, truth)) == (2 + 2) / (4 + 4 + 1)
    found = score_instances(merged, truth)
    assert (found.matched, found.f1) == (0, 0)  # an IoU of exactly a half is no match


@given(SHAPES.flatmap(lambda shape: arrays(bool, shape)), st.integers(1, 4))
def test_objects_are_scikit_images_components_of_enough_pixels(foreground, min_size):
    from skimage.measure import label

    theirs = label(foreground, connectivity=1)
    sizes = np.bincount(theirs.ravel())
    kept = np.where(sizes[theirs] >= min_size, theirs, 0)
    ours = split_objects(foreground, min_size=min_size)
    assert ours.dtype == np.int32
    assert set(np.unique(ours)) == {0, *range(1, ours.max() + 1)} - ({0} if ours.all() else set())
    matching = {*zip(ours.ravel().tolist(), kept.ravel().tolist(), strict=True)}
    assert len(matching) == len({own for own, _ in matching}) == len({other for _, other in matching})


def test_large_numbers_are_sorted_to_the_same_answer(monkeypatch):
    random = np.random.default_rng(2)
    pair = random.integers(0, 9, (2, 20, 20))
    plain = score_instances(*pair)
    monkeypatch.setattr(instances, "LARGEST_TABLE", 0)
    assert score_instances(*pair) == plain
    monkeypatch.undo()
    filled = score_instances(*(pair + 1))  # no background at all
    monkeypatch.setattr(instances, "LARGEST_TABLE", 0)
    assert score_instances(*(pair + 1)) == filled


def test_means_leave_out_the_unknown_and_objects_add_up():
    dot = np.eye(3, dtype=np.int32)
    means = mean_scores([score_instances(dot, dot), score_instances(dot * 0, dot * 0), score_instances(dot * 0, dot)])
    assert (means["pq"], means["aji"], means["true_objects"], means["predicted_objects"]) == (0.5, 0.5, 2, 1)
    assert means["sq"] == 1


def test_shapes_that_differ_are_refused():
    with pytest.raises(InputError, match="one shape"):
        score_instances(np.zeros((3, 3), int), np.zeros((3, 4), int))


@pytest.mark.data
def test_real_nuclei_split_by_components_lose_only_those_that_touch(data_dir):
    import tifffile
    from skimage.measure import label

    truth = tifffile.imread(data_dir / "pathology/dsb2018_07fb37aa_label.tif")
    found = score_instances(split_objects(truth > 0), truth)
    assert found.true_objects == len(np.unique(truth)) - 1
    assert found.predicted_objects == label(truth > 0, connectivity=1).max()
    assert 0.5 < found.pq < 1
    assert score_instances(truth, truth).pq == 1
