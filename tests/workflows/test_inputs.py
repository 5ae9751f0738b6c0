"""Image and mask of a recipe are cut alike."""

import numpy as np
import pytest

from vitsci_viz.errors import Cancelled, InputError, MissingFileError
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.types import Image
from vitsci_viz.workflows.inputs import hold, open_inputs, take_part


def _pair(picture, labels):
    levels = (picture, np.ascontiguousarray(picture[::2, ::2]))
    return Image(levels=levels, axes="yxc", name="photo"), Image(levels=(labels,), axes="yx", name="labels")


def test_a_sample_brings_its_mask():
    image, mask = open_inputs("sample:ihc")
    assert image.shape == (512, 512)
    assert mask is None
    with pytest.raises(InputError, match="did you mean 'ihc'"):
        open_inputs("sample:ich")


def test_making_a_sample_tells_how_far_it_is_and_can_be_stopped(tmp_path, monkeypatch):
    monkeypatch.setenv("VITSCI_VIZ_CACHE", str(tmp_path))

    def stop(stage, done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        open_inputs("sample:virtual_slide", progress=stop)
    assert not list(tmp_path.rglob("*.tif"))


def test_a_mask_is_cut_to_the_region(picture, labels):
    image, mask = take_part(*_pair(picture, labels), level=0, roi="10:60,:100")
    assert mask is not None
    assert image.shape == mask.shape == (50, 100)
    np.testing.assert_array_equal(np.asarray(mask), labels[10:60, :100])


def test_a_mask_of_the_finest_level_is_sampled_for_a_coarser_one(picture, labels):
    image, mask = take_part(*_pair(picture, labels), level=1, roi=None)
    assert mask is not None
    assert mask.shape == image.shape == (75, 102)
    assert set(np.unique(np.asarray(mask))) <= {0, 1}
    assert abs(np.asarray(mask).mean() - labels.mean()) < 0.02


def test_a_mask_of_another_shape_is_refused(picture, labels):
    image, mask = _pair(picture, labels[:-1])
    with pytest.raises(InputError, match="labels has"):
        take_part(image, mask, level=0, roi=None)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.png does not exist"):
        open_inputs(str(tmp_path / "none.png"))


def test_an_image_is_kept_in_memory_only_within_the_bound(picture, labels):
    image, _ = take_part(*_pair(picture, labels), level=0, roi="0:150,0:203")
    assert isinstance(hold(image, ExecutionOptions()).data, np.ndarray)
    assert hold(image, ExecutionOptions(memory=picture.nbytes)) is image
