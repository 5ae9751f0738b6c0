"""Validation is what prediction would do: every tree of every image, scored pixel by pixel."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from tests.training.discs import Discs
from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.models.predict import Predictor
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.training.examples import Example
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.validate import ImageScore, image_probabilities, images_of, score_image, validate
from vitsci_viz.types import PatchSequence

pytestmark = pytest.mark.usefixtures("one_thread")


def example_with(labels: list[list[int]]) -> Example:
    from vitsci_viz.training.trees import one_leaf

    truth = np.array(labels, np.uint8)
    tokens = np.zeros((1, 2, 2, 1), np.float32)
    return Example(name="a", group="", tree=one_leaf(truth.shape, (2, 2)), tokens=tokens, labels=truth)


def probabilities_of(labels: list[list[int]]) -> np.ndarray:
    return np.eye(3, dtype=np.float32)[np.array(labels)]


def test_dice_counts_pixels_and_leaves_ignored_ones_out() -> None:
    score = score_image(example_with([[0, 1], [1, IGNORED]]), probabilities_of([[0, 1], [0, 2]]))
    np.testing.assert_allclose(score.dice, [2 / 3, 2 / 3, np.nan])
    assert score.mean_dice == pytest.approx(2 / 3)


def test_an_image_without_foreground_says_nothing_unless_some_is_predicted() -> None:
    assert np.isnan(score_image(example_with([[0, 0]]), probabilities_of([[0, 0]])).mean_dice)
    assert score_image(example_with([[0, 0]]), probabilities_of([[0, 1]])).mean_dice == 0


def test_an_image_without_a_mask_is_refused() -> None:
    from dataclasses import replace

    with pytest.raises(InputError, match="a came without"):
        score_image(replace(example_with([[0]]), labels=None), probabilities_of([[0]]))


def test_a_forest_is_the_sum_of_its_trees(discs: Callable[..., Discs]) -> None:
    case = discs(forest=3, detail="edges")
    model = case.model()
    examples = [case.val.example(index) for index in images_of(case.val)[1]]
    assert len({len(example.tree) for example in examples} | {example.name for example in examples}) >= 2
    predictor = Predictor(model, case.spec, case.normalisation.mean, case.normalisation.std)
    expected = 0
    for example in examples:
        sequence = PatchSequence(tokens=example.tokens, valid=np.ones(len(example.tree), bool), tree=example.tree)
        tokens = predictor.token_probabilities(sequence)
        expected = expected + scatter(PatchSequence(tokens=tokens, valid=sequence.valid, tree=example.tree))
    found = image_probabilities(model, examples, case.normalisation, spec=case.spec)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_probabilities_are_those_of_the_predictor_for_pixel_models_too(discs: Callable[..., Discs]) -> None:
    case = discs(head="unetr")
    model, example = case.model(), case.val.example(0)
    found = image_probabilities(model, [example], case.normalisation, spec=case.spec)
    assert found.shape == (*example.tree.shape, 2)
    np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)


def test_the_model_is_left_in_the_mode_it_was_in(discs: Callable[..., Discs]) -> None:
    case = discs(dropout=0.5)
    for is_training in (True, False):
        model = case.model().train(is_training)
        scores = [validate(model, case.val, case.normalisation, spec=case.spec).dice for _ in range(2)]
        assert model.training is is_training
        np.testing.assert_array_equal(*scores)


def test_every_image_is_scored_and_kept_and_can_be_stopped_at(discs: Callable[..., Discs]) -> None:
    case = discs()
    kept: list[tuple[int, ImageScore]] = []
    found = validate(
        case.model(), case.val, case.normalisation, spec=case.spec, keep=lambda *each: kept.append(each)
    )  # fmt: skip
    assert found.names == tuple(record.name for record in case.val.records)
    assert [number for number, _ in kept] == [0, 1]
    np.testing.assert_array_equal(found.dice, [score.dice for _, score in kept])
    assert [row["name"] for row in found.rows()] == list(found.names)

    def stop(done: int, total: int) -> None:
        if done == 1:
            raise Cancelled

    with pytest.raises(Cancelled):
        validate(case.model(), case.val, case.normalisation, spec=case.spec, progress=stop)


def test_half_precision_changes_little(discs: Callable[..., Discs]) -> None:
    case = discs()
    model, examples = case.model(), [case.val.example(0)]
    exact, rough = (
        image_probabilities(model, examples, case.normalisation, spec=case.spec, precision=precision)
        for precision in (torch.float32, torch.bfloat16)
    )
    assert (exact != rough).any()
    np.testing.assert_allclose(rough, exact, atol=0.02)
