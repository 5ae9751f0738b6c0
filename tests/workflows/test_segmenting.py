"""A model that is called on an image says what its parts say when they are called one by one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr

from tests.workflows.runs import CLASSES, picture, write_run
from vitsci_viz.errors import Cancelled, InputError, MissingFileError, OptionError
from vitsci_viz.io import read_image
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching import cutting
from vitsci_viz.patching.painting import merged_cells
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.training import crops
from vitsci_viz.training.spacing import at_spacing
from vitsci_viz.types import Image, PatchSequence
from vitsci_viz.workflows import sequences
from vitsci_viz.workflows.segment_options import PredictOptions
from vitsci_viz.workflows.segmenting import SegmentationModelHandle, open_model
from vitsci_viz.workflows.tile_layout import even_tiles


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def opened(folder: Path, **options: Any) -> SegmentationModelHandle:
    return open_model(write_run(folder / "run", **options), device="cpu")


def by_hand(model: SegmentationModelHandle, image: np.ndarray, trees: Any) -> np.ndarray:
    """Gather, ask and scatter with the public pieces; the mean over the trees."""
    maps = []
    for tree in trees:
        sequence = gather(image, tree, model.spec.patch_size)
        found = model.predictor.token_probabilities(sequence)
        whole = PatchSequence(tokens=merged_cells(tree, found), valid=sequence.valid, tree=tree)
        maps.append(scatter(whole).reshape(*tree.shape, -1))
    return np.mean(maps, axis=0)


def test_another_bit_depth_than_in_training_is_said(tmp_path: Path) -> None:
    model, image = opened(tmp_path), picture()
    assert not model.predict(image).notes
    (note,) = model.predict(image.astype(np.uint16) * 257).notes
    assert "far from those in training" in note
    assert "same bit depth" in note
    blank = np.full_like(image, round(float(model.predictor.mean.mean())))
    assert not model.predict(blank).notes, "an image without contrast is no mistake"


@pytest.mark.parametrize("forest", [1, 3])
def test_labels_are_those_of_the_scattered_tokens(tmp_path: Path, forest: int) -> None:
    model, image = opened(tmp_path, forest=forest, detail="edges"), picture()
    prediction = model.predict(image)
    assert len(prediction.trees) == forest
    assert prediction.tokens == sum(map(len, prediction.trees))
    expected = by_hand(model, image, prediction.trees)
    np.testing.assert_array_equal(np.asarray(prediction.labels), expected.argmax(axis=-1))
    np.testing.assert_allclose(np.asarray(prediction.probabilities), expected, atol=1e-3)
    assert len(np.unique(expected.argmax(axis=-1))) == 3, "the untrained model uses every class, so errors would show"
    assert prediction.segmentation.classes == CLASSES == model.classes


def test_a_prediction_is_what_validation_saw(tmp_path: Path) -> None:
    from tests.training.cases import write_set
    from vitsci_viz.training.labels import find_labels
    from vitsci_viz.training.normalisation import Normalisation
    from vitsci_viz.training.options import DataOptions
    from vitsci_viz.training.source import ExampleSource
    from vitsci_viz.training.whole_images import image_labels

    records = write_set(tmp_path / "data")
    model = opened(tmp_path, side=32, forest=2, detail="edges")
    data = DataOptions()
    source = ExampleSource(records, model.patch, data, find_labels(records, data), cache=tmp_path / "cache")
    normalisation = Normalisation(mean=model.predictor.mean, std=model.predictor.std)
    examples = [source.example(index) for index in range(2)]
    seen = image_labels(model.predictor.model, examples, normalisation, spec=model.spec)
    prediction = model.predict(records[0].image)
    np.testing.assert_array_equal(np.asarray(prediction.labels), seen)


def test_a_volume_is_labelled_by_the_same_code(tmp_path: Path) -> None:
    model = opened(tmp_path, ndim=3, channels=1, side=32)
    volume = picture((20, 33, 28))
    prediction = model.predict(volume)
    assert prediction.labels.shape == volume.shape
    expected = by_hand(model, volume, prediction.trees)
    np.testing.assert_array_equal(np.asarray(prediction.labels), expected.argmax(axis=-1))


def test_tiles_are_sequences_of_their_own_whose_halo_is_thrown_away(tmp_path: Path) -> None:
    model, image = opened(tmp_path), picture((90, 117))
    prediction = model.predict(image, options=PredictOptions(tile=64, halo=8))
    labels = np.asarray(prediction.labels)
    for tile in even_tiles((90, 117), (64, 64), 8):
        own = np.asarray(model.predict(image[tile.window]).labels)[tile.crop()]
        np.testing.assert_array_equal(labels[tile.core], own)
    (tree,) = prediction.trees
    assert tree.shape == image.shape[:2]
    assert len(tree) < prediction.tokens, "leaves of halos are not shown"


@pytest.mark.parametrize("options", [{"head": "unetr"}, {"architecture": "monai_unet"}])
def test_models_of_pixels_take_small_images_whole(tmp_path: Path, options: dict[str, Any]) -> None:
    model, image = opened(tmp_path, **options), picture((50, 60))
    prediction = model.predict(image)
    sequence = None if not prediction.trees else gather(image, prediction.trees[0], model.spec.patch_size)
    expected = model.predictor.pixel_probabilities(image, sequence)
    np.testing.assert_array_equal(np.asarray(prediction.labels), expected.argmax(axis=-1))
    np.testing.assert_allclose(np.asarray(prediction.probabilities), expected, atol=1e-3)


def test_models_of_pixels_take_large_images_in_tiles_that_blend(tmp_path: Path) -> None:
    model, image = opened(tmp_path, architecture="monai_unet"), picture((100, 130))
    windows: list[tuple[int, ...]] = []
    ask = model.predictor.pixel_probabilities
    model.predictor.pixel_probabilities = (
        lambda pixels, sequence, **how: (  # type: ignore[method-assign]
            windows.append(pixels.shape[:2]) or ask(pixels, sequence, **how)
        )
    )
    prediction = model.predict(image)
    assert len(windows) > 4
    assert max(max(shape) for shape in windows) <= 64, "no window is larger than what was trained on"
    total = np.asarray(prediction.probabilities).astype(np.float32).sum(axis=-1)
    np.testing.assert_allclose(total, 1, atol=2e-3)


def test_another_pixel_size_is_resampled_and_back_and_said(tmp_path: Path) -> None:
    model = opened(tmp_path, spacing_um=(0.5, 0.5))
    image = read_image(picture((120, 150)), spacing=0.25, unit="um")
    prediction = model.predict(image)
    small = model.predict(at_spacing(image, (0.5, 0.5)))
    labels, expected = np.asarray(prediction.labels), np.asarray(small.labels)
    assert labels.shape == (120, 150)
    np.testing.assert_array_equal(labels, expected.repeat(2, axis=0).repeat(2, axis=1))
    assert np.asarray(prediction.probabilities).shape == (120, 150, 3)
    assert "resampled" in prediction.notes[0]
    assert small.notes == ()
    (tree,), (own,) = prediction.trees, small.trees
    np.testing.assert_array_equal(tree.origin, own.origin * 2)
    assert prediction.segmentation.spacing == (0.25, 0.25)


def test_images_too_large_to_be_resampled_in_memory_are_resampled_as_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(tmp_path, spacing_um=(0.4, 0.4))
    image = read_image(picture((120, 150)), spacing=0.25, unit="um")
    expected = np.asarray(model.predict(image).labels)
    monkeypatch.setattr("vitsci_viz.training.spacing.MOST_PIXELS", 100)
    found = np.asarray(model.predict(image, execution=ExecutionOptions(memory="4KiB")).labels)
    np.testing.assert_array_equal(found, expected)


def test_an_image_of_unknown_pixel_size_is_taken_as_trained_and_said(tmp_path: Path) -> None:
    prediction = opened(tmp_path, spacing_um=(0.5, 0.5)).predict(picture())
    assert "unknown" in prediction.notes[0]
    assert prediction.segmentation.spacing is None


def test_where_the_pixels_lie_and_how_many_are_held_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, image = opened(tmp_path), picture((130, 170))
    expected = np.asarray(model.predict(image).labels)
    array = zarr.create_array(tmp_path / "a.zarr", shape=image.shape, chunks=(50, 60, 3), dtype=image.dtype)
    array[...] = image
    monkeypatch.setattr(cutting, "WHOLE_BYTES", 1000)
    for threads in (1, 2):
        prediction = model.predict(tmp_path / "a.zarr", execution=ExecutionOptions(memory="16KiB", threads=threads))
        np.testing.assert_array_equal(np.asarray(prediction.labels), expected)


def test_the_budget_grows_with_the_area_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = opened(tmp_path, length=40)
    assert model.predict(picture((64, 64))).tokens <= 40
    large = model.predict(picture((128, 192)))
    assert 200 < large.tokens <= 40 * 6
    assert large.notes == ()
    monkeypatch.setattr(crops, "MOST_TOKENS", 100)
    bounded = model.predict(picture((128, 192)))
    assert bounded.tokens <= 100
    assert "set length for more" in bounded.notes[0]
    asked = model.predict(picture((128, 192)), options=PredictOptions(length=300))
    assert 280 < asked.tokens <= 300


def test_no_leaf_is_dropped_in_prediction(tmp_path: Path) -> None:
    model = opened(tmp_path, mode="threshold", split_value=2.0, length=10, overflow="drop_random")
    (tree,) = model.predict(picture()).trees
    assert len(tree) > 10
    assert int(np.prod(tree.size, axis=1).sum()) >= 90 * 117


def test_glass_costs_no_tokens_and_is_background(tmp_path: Path) -> None:
    slide = np.full((256, 256, 3), 245, np.uint8)
    slide[64:160, 96:192] = picture((96, 96)) // 4 + np.array([140, 40, 120], np.uint8)
    model = opened(tmp_path, tissue="auto", mode="uniform", min_size=8)
    prediction = model.predict(slide)
    assert 144 <= prediction.tokens < 300, "of 1,024"
    labels = np.asarray(prediction.labels)
    assert not labels[:32].any()
    assert labels[64:160, 96:192].any()


def test_sequences_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "LONGEST", 20)
    with pytest.raises(OptionError, match="at most 20 tokens"):
        opened(tmp_path, mode="uniform").predict(picture())


@pytest.mark.parametrize(
    ("image", "message"),
    [(picture((40, 50), 1)[..., 0], "3 channels"), (picture((20, 30, 30)), "trained on pictures")],
)
def test_images_of_another_kind_are_refused(tmp_path: Path, image: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        opened(tmp_path).predict(image)


def test_tiles_too_large_for_a_model_of_one_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="at most 64"):
        opened(tmp_path, architecture="monai_unetr").predict(picture(), options=PredictOptions(tile=64, halo=8))


def test_a_run_without_checkpoints_and_a_folder_without_run_are_refused(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run")
    with pytest.raises(MissingFileError, match="has not come to its first one"):
        open_model(run, checkpoint="last")
    with pytest.raises(InputError, match="holds no run"):
        open_model(tmp_path)
    with pytest.raises(MissingFileError):
        open_model(tmp_path / "nowhere")


def test_too_little_memory_says_what_to_lower(tmp_path: Path) -> None:
    model = opened(tmp_path)

    def fail(sequence: Any, **_: Any) -> Any:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    model.predictor.token_probabilities = fail  # type: ignore[method-assign]
    with pytest.raises(InputError, match="set length to a smaller budget"):
        model.predict(picture())


@pytest.mark.parametrize("head", ["token", "unetr"])
def test_a_prediction_can_be_cancelled_in_the_middle_of_a_forward_pass(tmp_path: Path, head: str) -> None:
    model = opened(tmp_path, head=head, depth=3)

    def cancel(stage: str, done: int, total: int) -> None:
        if stage == "forward" and done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        model.predict(picture(), progress=cancel)


def test_nothing_is_painted_before_it_is_sliced(tmp_path: Path) -> None:
    whole = Image(levels=(picture((200, 200)),), axes="yxc")
    prediction = opened(tmp_path).predict(whole)
    assert not isinstance(prediction.labels, np.ndarray)
    assert prediction.labels[10:12, 5:9].shape == (2, 4)
