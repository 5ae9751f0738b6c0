import pytest

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.session.form import FormState


@pytest.fixture
def form():
    return FormState(PatchOptions())


def test_a_valid_edit_becomes_the_options(form):
    assert form.edit("split_value", "20") == PatchOptions(split_value=20.0) == form.options


def test_a_wrong_value_stays_as_typed_and_changes_nothing(form):
    assert form.edit("patch_size", "7") is None
    assert form.options == PatchOptions()
    assert form.texts["patch_size"] == "7"
    assert "power of two" in form.errors["patch_size"]


def test_another_field_may_be_edited_while_one_is_wrong(form):
    form.edit("patch_size", "7")
    assert form.edit("balance", "true") == PatchOptions(balance=True)
    assert set(form.errors) == {"patch_size"}
    assert form.edit("patch_size", "16") == PatchOptions(balance=True, patch_size=16)
    assert form.errors == {}


def test_an_empty_field_means_its_default(form):
    form.edit("length", "99")
    assert form.edit("length", "") == PatchOptions()


@pytest.mark.parametrize(
    ("message", "field"),
    [("blur: must be odd", "blur"), ("min_size='cubic' needs a spacing", "min_size"), ("the disk is full", "")],
)
def test_errors_of_others_find_their_field(form, message, field):
    form.fail(message)
    assert form.errors == {field: message}
    form.succeed()
    assert form.errors == {}


def test_success_keeps_the_errors_of_drafts(form):
    form.edit("patch_size", "7")
    form.fail("the disk is full")
    form.succeed()
    assert set(form.errors) == {"patch_size"}


def test_taking_options_drops_drafts_and_errors(form):
    form.edit("patch_size", "7")
    form.take(PatchOptions(length=5))
    assert form.errors == {}
    assert form.texts["patch_size"] == "8"


def test_options_without_effect_are_explained(form):
    assert set(form.reasons) == {"length"}
    form.edit("mode", "length")
    assert set(form.reasons) == {"split_value"}
