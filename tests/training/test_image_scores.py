"""Scores of whole images and what they come to over many."""

import json
import math

import numpy as np
import pytest

from tests.training.nuclei import touching_discs
from vitsci_viz.training.image_scores import by_class, score_image, summarise
from vitsci_viz.training.instances import score_instances, split_objects
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.surface import surface_distances

NAMES = ("background", "gland", "nucleus")


def _labels(**pixels):
    """A row of eight pixels, so many of each class from the left."""
    row = np.zeros((1, 8), np.uint8)
    row[0, : pixels.get("gland", 0)] = 1
    row[0, 8 - pixels.get("nucleus", 0) :] = 2
    return row


def test_scores_of_an_image_are_those_of_its_parts():
    truth = (touching_discs(20) > 0).astype(np.uint8)
    predicted = np.roll(truth, 3, axis=0)
    found = score_image(predicted, truth, 2, spacing=(0.5, 0.5), tolerance=1.0)
    borders = surface_distances(predicted, truth, spacing=(0.5, 0.5))[1]
    assert found.hd95[1] == borders.hausdorff()
    assert found.nsd[1] == borders.surface_dice(1.0)
    assert found.dice[1] == pytest.approx(2 * (predicted & truth).sum() / (predicted.sum() + truth.sum()))
    assert np.isnan(found.hd95[0])
    assert found.instances is None


def test_a_class_missed_lies_the_diagonal_away_and_one_in_neither_is_unknown():
    found = score_image(_labels(gland=3), _labels(), 3, spacing=(3.0, 0.5))
    assert found.hd95[1] == math.hypot(1 * 3.0, 8 * 0.5)
    assert found.nsd[1] == found.dice[1] == 0
    assert np.isnan([found.hd95[2], found.nsd[2], found.dice[2]]).all()
    assert found.mean("dice") == 0


def test_objects_are_scored_where_pixels_count():
    objects = touching_discs(30, seed=2)
    truth = (objects > 0).astype(np.uint8)
    truth[:60] = IGNORED
    predicted = np.roll(objects > 0, 1, axis=1).astype(np.uint8)
    found = score_image(predicted, truth, 2, objects=objects, min_object=15)
    inside = truth != IGNORED
    split = split_objects((predicted > 0) & inside, min_size=15)
    assert found.instances == score_instances(split, objects * inside)


def test_the_ceiling_is_what_the_true_foreground_scores():
    objects = touching_discs(60, seed=3)
    truth = (objects > 0).astype(np.uint8)
    found = score_image(truth, truth, 2, objects=objects)
    assert found.instances == found.ceiling
    assert 0 < found.ceiling.pq < 1
    apart = score_image(truth, truth, 2, objects=split_objects(truth))
    assert apart.ceiling.pq == apart.instances.aji == 1


def _three():
    pairs = [
        (_labels(gland=2, nucleus=2), _labels(gland=2, nucleus=2)),
        (_labels(gland=2), _labels(gland=1)),
        (_labels(), _labels()),
    ]
    return [score_image(*pair, 3) for pair in pairs]


def test_the_mean_dice_is_per_image_without_background_then_mean():
    found = summarise(_three(), "abc", NAMES, resamples=100, seed=0)
    assert found["mean_dice"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["dice"]["gland"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["dice"]["nucleus"] == 1
    assert found["dice"]["background"] == pytest.approx((1 + 12 / 13 + 1) / 3)
    assert set(found["hd95"]) == set(found["nsd"]) == {"gland", "nucleus"}
    assert np.sum(found["confusion"]) == 24


def test_intervals_are_over_groups():
    scores = _three()
    low, high = summarise(scores, "abc", NAMES, resamples=200, seed=0)["interval"]
    assert (low, high) == pytest.approx((2 / 3, 1))
    one = summarise(scores, "aaa", NAMES, resamples=200, seed=0)
    assert one["interval"] == [None, None]
    assert one["intervals"]["gland"] == [None, None]


def test_a_summary_is_plain_and_has_no_nan():
    scores = [score_image(_labels(), _labels(), 3, objects=np.zeros((1, 8), np.uint8))]
    found = summarise(scores, "a", NAMES, resamples=100, seed=0)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["mean_dice"] is None
    assert found["instances"]["pq"] is None
    assert found["instances"]["true_objects"] == 0


def test_distances_are_not_those_of_the_background():
    values = np.array([1.0, 0.5, np.nan])
    assert by_class(NAMES, values, "dice") == {"background": 1.0, "gland": 0.5, "nucleus": None}
    assert by_class(NAMES, values, "nsd") == {"gland": 0.5, "nucleus": None}
