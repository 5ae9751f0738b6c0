"""The predictor: arrays in, probabilities out, equal to the model on a batch."""

import numpy as np
import pytest
import torch

from tests.models.cases import SHAPES, batch_of, lively, random_image, random_sequence, tiny_spec
from vitsci_viz.errors import Cancelled, InputError
from vitsci_viz.models.catalogue import build_model
from vitsci_viz.models.predict import Predictor
from vitsci_viz.patching.tokens import gather
from vitsci_viz.types import PatchSequence

MEAN, STD = np.array([10.0, -5.0]), np.array([2.0, 0.5])


def predictor(ndim=2, **changes):
    spec = tiny_spec(ndim, channels=2, **changes)
    return Predictor(lively(build_model(spec, seed=0)), spec, MEAN, STD), spec


def unscaled(sequence: PatchSequence) -> PatchSequence:
    return PatchSequence(tokens=sequence.tokens * STD + MEAN, valid=sequence.valid, tree=sequence.tree)


@pytest.mark.parametrize("ndim", [2, 3])
def test_probabilities_of_tokens_are_the_softmax_of_the_model_on_normalised_tokens(ndim):
    apply, spec = predictor(ndim)
    sequence = random_sequence(spec)
    found = apply.token_probabilities(unscaled(sequence))
    with torch.no_grad():
        wanted = apply.model(batch_of(spec, sequence))[0].softmax(dim=-1).numpy()
    assert found.dtype == np.float32
    assert found.shape == (len(sequence.tokens), *spec.patch_size, spec.classes)
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, atol=1e-5)


def test_padding_has_no_probability_and_changes_none():
    apply, spec = predictor()
    short = unscaled(random_sequence(spec))
    longer = random_sequence(spec, length=len(short.tokens) + 5)
    found = apply.token_probabilities(unscaled(longer))
    assert not found[len(short.tokens) :].any()
    np.testing.assert_allclose(found[: len(short.tokens)], apply.token_probabilities(short), atol=1e-5)


@pytest.mark.parametrize("ndim", [2, 3])
def test_probabilities_of_pixels_are_the_softmax_of_the_model_on_normalised_pixels(ndim):
    apply, spec = predictor(ndim, head="unetr")
    sequence, pixels = random_sequence(spec), random_image(spec, SHAPES[ndim])
    found = apply.pixel_probabilities(pixels * STD + MEAN, unscaled(sequence))
    with torch.no_grad():
        wanted = apply.model(batch_of(spec, sequence))[0].softmax(dim=-1).numpy()
    assert found.dtype == np.float32
    assert found.shape == (*SHAPES[ndim], spec.classes)
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, atol=1e-4)


def test_whole_numbers_and_read_only_arrays_are_taken():
    apply, spec = predictor()
    image = np.random.default_rng(0).integers(0, 255, (*SHAPES[2], 2)).astype(np.uint8)
    tree = random_sequence(spec).tree
    sequence = gather(image, tree, spec.patch_size)
    for part in (sequence.tokens, sequence.valid):
        part.flags.writeable = False
    assert np.isfinite(apply.token_probabilities(sequence)).all()


def test_the_model_is_left_in_evaluation_mode_and_its_answers_repeat():
    spec = tiny_spec(channels=2, dropout=0.5)
    apply = Predictor(build_model(spec, seed=0).train(), spec, MEAN, STD)
    sequence = random_sequence(spec)
    np.testing.assert_array_equal(apply.token_probabilities(sequence), apply.token_probabilities(sequence))


@pytest.mark.parametrize("head", ["token", "unetr"])
def test_a_forward_pass_tells_of_its_parts_and_a_cancel_ends_it_between_two(head):
    apply, spec = predictor(head=head, depth=4)
    sequence, pixels = unscaled(random_sequence(spec)), random_image(spec, SHAPES[2])
    told = []

    def ask(progress):
        if head == "token":
            return apply.token_probabilities(sequence, progress=progress)
        return apply.pixel_probabilities(pixels, sequence, progress=progress)

    def stop_at_the_third(stage, done, total):
        if done == 2:
            raise Cancelled

    silent = ask(lambda *_: None)
    np.testing.assert_array_equal(ask(lambda *what: told.append(what)), silent)
    assert told == [("forward", done, len(told)) for done in range(len(told))]
    assert len(told) >= spec.depth
    with pytest.raises(Cancelled):
        ask(stop_at_the_third)
    told.clear()
    np.testing.assert_array_equal(ask(lambda *_: None), silent)
    assert told == []


def test_what_does_not_fit_the_model_is_said():
    tokens, spec = predictor()
    pixels, _ = predictor(head="unetr")
    sequence, image = random_sequence(spec), random_image(spec, SHAPES[2])
    with pytest.raises(InputError, match="predicts tokens: call token_probabilities"):
        tokens.pixel_probabilities(image)
    with pytest.raises(InputError, match="predicts pixels: call pixel_probabilities"):
        pixels.token_probabilities(sequence)
    with pytest.raises(InputError, match="give the sequence"):
        pixels.pixel_probabilities(image)
    with pytest.raises(InputError, match=r"tokens must be \(4, 4, 2\) .* got \(4, 4, 1\)"):
        tokens.token_probabilities(random_sequence(tiny_spec()))
    with pytest.raises(InputError, match=r"pixels must be \(\*shape, 2\) with 2 spatial axes .* got \(27, 38, 1\)"):
        pixels.pixel_probabilities(image[..., :1], sequence)
