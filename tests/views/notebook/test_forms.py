import pytest

from vitsci_viz.errors import OptionError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.notebook.forms import OptionForm
from vitsci_viz.views.session.guidance import Guidance, Span


@pytest.fixture
def changes():
    return []


@pytest.fixture
def form(changes):
    return OptionForm(PatchOptions(), on_change=changes.append)


def test_every_change_is_told_once(form, changes):
    form.controls["split_value"].input.value = "20"
    assert changes == [PatchOptions(split_value=20.0)]


def test_showing_options_tells_nobody(form, changes):
    form.show(PatchOptions(mode="length", length=99))
    assert changes == []
    assert form.controls["length"].text == "99"
    assert form.controls["split_value"].input.disabled


def test_an_error_without_a_field_stands_below_the_form(form):
    form.fail("the disk is full")
    assert "the disk is full" in form.general_error.value
    form.succeed()
    assert form.general_error.value == ""


def test_two_fields_that_clash_on_the_way_may_both_be_changed(form, changes):
    form.edit("thresholds", "300,200")
    assert changes == []
    form.edit("thresholds", "100,200")
    assert changes == [PatchOptions(thresholds=(100.0, 200.0))]


def test_guidance_reaches_the_fields(form):
    form.guide(Guidance(hints={"split_value": "automatic: 50"}, spans={"split_value": Span(low=1, high=9)}))
    assert form.controls["split_value"].input.placeholder == "automatic: 50"
    form.controls["split_value"].slide_to(5)
    assert form.state.options.split_value == 5


def test_advanced_options_are_folded(form):
    folded = [child for child in form.widget.children if type(child).__name__ == "Accordion"]
    advanced = {name for name, field in form.state.fields.items() if field.advanced}
    inside = folded[0].children[0].children
    assert [form.controls[name].box for name in form.controls if name in advanced] == list(inside)
    assert folded[0].selected_index is None


def test_an_unknown_field_is_refused(form):
    with pytest.raises(OptionError, match="did you mean 'blur'"):
        form.edit("blurr", "3")
