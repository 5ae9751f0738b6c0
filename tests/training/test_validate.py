"""Validation is what prediction would do: every tree of every image, scored pixel by pixel."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.training.discs import Discs
from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.models.batch import Batch, Space
from vitsci_viz.models.predict import Predictor
from vitsci_viz.models.segmentation import SegmentationModel
from vitsci_viz.patching.tokens import scatter
from vitsci_viz.training.examples import Example
from vitsci_viz.training.labels import IGNORED
from vitsci_viz.training.trees import one_leaf
from vitsci_viz.training.validate import ImageScore, images_of, score_image, validate
from vitsci_viz.training.whole_images import image_labels, windows
from vitsci_viz.types import PatchSequence

pytestmark = pytest.mark.usefixtures("one_thread")


def example_with(labels: list[list[int]]) -> Example:
    truth = np.array(labels, np.uint8)
    tokens = np.zeros((1, 2, 2, 1), np.float32)
    return Example(name="a", group="", tree=one_leaf(truth.shape, (2, 2)), tokens=tokens, labels=truth)


def scored(truth: list[list[int]], predicted: list[list[int]]) -> ImageScore:
    return score_image(example_with(truth), np.array(predicted, np.uint8), 3)


def test_dice_counts_pixels_and_leaves_ignored_ones_out() -> None:
    score = scored([[0, 1], [1, IGNORED]], [[0, 1], [0, 2]])
    np.testing.assert_allclose(score.dice, [2 / 3, 2 / 3, np.nan])
    assert score.mean_dice == pytest.approx(2 / 3)


def test_an_image_without_foreground_says_nothing_unless_some_is_predicted() -> None:
    assert np.isnan(scored([[0, 0]], [[0, 0]]).mean_dice)
    assert scored([[0, 0]], [[0, 1]]).mean_dice == 0


def test_an_image_without_a_mask_is_refused() -> None:
    with pytest.raises(InputError, match="a came without"):
        score_image(replace(example_with([[0]]), labels=None), np.zeros((1, 1), np.uint8), 2)


def likeliest(case: Discs, model: SegmentationModel, examples: list[Example]) -> np.ndarray:
    """Return labels by the predictor alone: probabilities of every tree at every pixel, then their sum."""
    predictor = Predictor(model, case.spec, case.normalisation.mean, case.normalisation.std)
    total = 0
    for example in examples:
        sequence = PatchSequence(tokens=example.tokens, valid=np.ones(len(example.tree), bool), tree=example.tree)
        total = total + scatter(replace(sequence, tokens=predictor.token_probabilities(sequence)))
    return np.asarray(total).argmax(axis=-1)


@pytest.mark.parametrize("trees", [1, 3])
def test_labels_are_the_likeliest_classes_over_all_trees(trees: int, discs: Callable[..., Discs]) -> None:
    case = discs(forest=trees, detail="edges", epochs=4)
    model, _ = case.fit()
    for indices in images_of(case.val):
        examples = [case.val.example(index) for index in indices]
        assert {example.name for example in examples} == {case.val.record(indices[0]).name}
        found = image_labels(model, examples, case.normalisation, spec=case.spec)
        np.testing.assert_array_equal(found, likeliest(case, model, examples))
        assert 0 < found.mean() < 1


def test_decoders_label_every_pixel(discs: Callable[..., Discs]) -> None:
    case = discs(head="unetr")
    model, example = case.model(), case.val.example(0)
    sequence = PatchSequence(tokens=example.tokens, valid=np.ones(len(example.tree), bool), tree=example.tree)
    predictor = Predictor(model, case.spec, case.normalisation.mean, case.normalisation.std)
    expected = predictor.pixel_probabilities(np.asarray(example.pixels), sequence).argmax(axis=-1)
    np.testing.assert_array_equal(image_labels(model, [example], case.normalisation, spec=case.spec), expected)


class Bright(SegmentationModel):
    """A model of pixels that sees one pixel at a time, and no more than a tile of them."""

    space: ClassVar[Space] = "pixels"
    needs: ClassVar[frozenset[str]] = frozenset({"pixels"})

    def forward(self, batch: Batch) -> torch.Tensor:
        assert batch.pixels is not None
        assert max(batch.pixels.shape[2:]) <= 16
        bright = batch.pixels[:, 0].reshape(len(batch.pixels), -1)
        return torch.stack([-bright, bright], dim=-1)


def test_models_of_pixels_see_large_images_in_tiles(discs: Callable[..., Discs]) -> None:
    case = discs(architecture="monai_unet", crop=16)
    example = case.val.example(0)
    found = image_labels(
        Bright(), [example], case.normalisation, spec=case.spec.replace(image_size=(16, 12)), precision=torch.float32
    )
    np.testing.assert_array_equal(found, np.asarray(example.pixels)[..., 0] > case.normalisation.mean[0])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.integers(1, 12))
def test_tiles_cover_every_pixel_and_have_one_size(rows: int, columns: int, high: int, wide: int) -> None:
    seen = np.zeros((rows, columns), int)
    for window in windows((rows, columns), (high, wide)):
        assert seen[window].shape == (min(rows, high), min(columns, wide))
        seen[window] += 1
    assert seen.min() >= 1


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


def test_half_precision_changes_few_pixels(discs: Callable[..., Discs]) -> None:
    case = discs(epochs=8)
    model, _ = case.fit()
    exact, rough = (
        image_labels(model, [case.val.example(0)], case.normalisation, spec=case.spec, precision=precision)
        for precision in (torch.float32, torch.bfloat16)
    )
    assert (exact != rough).mean() < 0.02
