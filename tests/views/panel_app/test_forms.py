import pytest

from vitsci_viz.params import fields_of, format_value
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.views.panel_app.forms import OptionForm
from vitsci_viz.views.session.form import describe_fields


@pytest.fixture
def changes():
    return []


@pytest.fixture
def form(changes):
    presets = {name: PatchOptions.preset(name) for name in PRESETS}
    return OptionForm(PatchOptions(), on_change=changes.append, presets=presets)


def send(form, **message):
    form.view.panel.receive({"seq": 1, **message})


def test_the_browser_is_given_every_option_as_it_is_defined(form):
    shown = form.view.panel.fixed["fields"]
    assert list(shown) == list(describe_fields(PatchOptions))
    for control, field in zip(shown, fields_of(PatchOptions), strict=True):
        assert (control["name"], control["help"], control["minimum"], control["maximum"], control["default"]) == (
            field.name, field.help, field.minimum, field.maximum, format_value(field.default)
        )  # fmt: skip


def test_an_edit_changes_the_options_once(form, changes):
    send(form, kind="edit", name="split_value", text="20")
    assert changes == [PatchOptions(split_value=20.0)]
    assert form.view.state["values"]["split_value"] == "20"


def test_a_wrong_value_stays_with_its_error_and_changes_nothing(form, changes):
    send(form, kind="edit", name="patch_size", text="7")
    assert not changes
    assert form.options == PatchOptions()
    assert form.view.state["values"]["patch_size"] == "7"
    assert "power of two" in form.view.state["errors"]["patch_size"]
    assert form.refused == form.view.state["errors"]
    send(form, kind="edit", name="patch_size", text="4")
    assert form.view.state["errors"] == {}


def test_an_option_without_effect_says_why(form):
    assert "mode is threshold" in form.view.state["reasons"]["length"]
    send(form, kind="edit", name="mode", text="length")
    assert "mode is length" in form.view.state["reasons"]["split_value"]
    assert "length" not in form.view.state["reasons"]


def test_presets_are_offered_taken_and_recognised(form, changes):
    assert form.view.panel.fixed["presets"] == list(PRESETS)
    send(form, kind="preset", name="recommended")
    assert changes == [PatchOptions.preset("recommended")]
    assert form.view.state["preset"] == "recommended"
    send(form, kind="edit", name="length", text="99")
    assert form.view.state["preset"] == ""


def test_the_next_change_waits_until_this_one_is_on_the_screen(form):
    form.view.panel.receive({"kind": "edit", "name": "split_value", "text": "20", "seq": 7})
    assert form.view.state.get("ack", 0) != 7
    form.acknowledge()
    assert form.view.state["ack"] == 7


def test_an_edit_that_changes_nothing_is_acknowledged_at_once(form, changes):
    form.view.panel.receive({"kind": "edit", "name": "patch_size", "text": "7", "seq": 3})
    assert form.view.state["ack"] == 3
    assert not changes


def test_errors_of_the_answer_stand_beside_the_field_they_name(form):
    form.fail("min_size must have one value per axis, got 3")
    assert form.view.state["errors"] == {"min_size": "min_size must have one value per axis, got 3"}
    form.fail("the image is too small")
    assert form.view.state["errors"][""] == "the image is too small"
    form.succeed()
    assert form.view.state["errors"] == {}


def test_messages_about_unknown_options_are_ignored(form, changes):
    send(form, kind="edit", name="__class__", text="x")
    send(form, kind="preset", name="nonsense")
    assert not changes
