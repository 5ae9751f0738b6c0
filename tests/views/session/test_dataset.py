import pytest

from tests.views.session.runs import write_data
from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.session.data_pictures import data_pictures
from vitsci_viz.views.session.dataset import DataSet, open_data


@pytest.fixture
def data(tmp_path) -> DataSet:
    return open_data("discs", str(write_data(tmp_path / "discs")))


def test_the_data_are_counted_as_training_will_split_them(data, tmp_path):
    facts = data.facts(TrainOptions())
    assert (facts.source, facts.train, facts.val, facts.images, facts.groups) == ("discs", 4, 1, 5, 0)
    assert (facts.shape, facts.channels, facts.classes) == ((64, 64), 3, ("background", "foreground"))
    grouped = open_data("g", str(write_data(tmp_path / "grouped", count=6, groups=3))).facts(TrainOptions())
    assert (grouped.groups, grouped.train, grouped.val) == (3, 4, 2)


def test_classes_can_be_named_and_wrong_ones_are_refused(data):
    named = TrainOptions(classes="0:ground,1:disc")
    assert data.facts(named).classes == ("ground", "disc")
    with pytest.raises(InputError, match="must hold the values of the classes"):
        data.facts(TrainOptions(classes="0:ground,2:disc"))


def test_what_cannot_be_split_is_said(tmp_path):
    single = open_data("one", str(write_data(tmp_path / "one", count=1)))
    with pytest.raises(InputError, match="val_share to 0"):
        single.facts(TrainOptions())
    assert single.facts(TrainOptions(val_share=0)).val == 0
    with pytest.raises(MissingFileError):
        open_data("none", str(tmp_path / "none"))


def test_sequences_are_as_long_as_the_trees_that_are_cut(data):
    options = TrainOptions(mode="threshold", split_value=40.0)
    found = data.sequences(options)
    images = [data.session(index, None).image for index in (0, 2, 4)]
    trees = [build_tree(image, options.part(PatchOptions)) for image in images]
    assert found.tokens == pytest.approx(sum(map(len, trees)) / 3)
    assert (found.examples, found.uniform_tokens, found.sides, found.shape) == (3, 256, (8, 8), (64, 64))


def test_a_crop_is_what_is_cut(data):
    found = data.sequences(TrainOptions(mode="uniform", crop=32))
    assert (found.shape, found.tokens, found.uniform_tokens) == ((32, 32), 64, 64)


def test_pictures_show_image_mask_and_patches_of_the_same_place(data):
    pictures = data_pictures(data, TrainOptions(length=40))
    assert [picture.name for picture in pictures] == ["disc0", "disc1", "disc3", "disc4"]
    for picture in pictures:
        assert picture.image.shape == picture.mask.shape == picture.patches.shape == (320, 320, 3)
        assert picture.tokens <= 40
        changed = (picture.mask != picture.image).any(axis=-1)
        assert 0.1 < changed.mean() < 0.6
        assert (picture.patches != picture.image).any()
