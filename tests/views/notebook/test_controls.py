import pytest

from vitsci_viz.params import fields_of
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.notebook.controls import OptionControl
from vitsci_viz.views.session.guidance import Span

FIELDS = {field.name: field for field in fields_of(PatchOptions)}


@pytest.fixture
def edits():
    return []


def control(name, edits):
    return OptionControl(FIELDS[name], on_edit=lambda *edit: edits.append(edit))


def test_showing_a_value_calls_nobody(edits):
    shown = control("split_value", edits)
    shown.guide(span=Span(low=1, high=1000, is_log=True))
    shown.show("20")
    shown.show("30", error="no")
    assert edits == []
    assert shown.text == "30"


def test_typing_and_choosing_tell_the_form(edits):
    control("split_value", edits).input.value = "12"
    control("mode", edits).input.value = "length"
    control("balance", edits).input.value = True
    assert edits == [("split_value", "12"), ("mode", "length"), ("balance", "true")]


def test_a_slider_gives_values_of_its_span(edits):
    shown = control("length", edits)
    shown.guide(span=Span(low=1, high=4096, is_log=True, is_integer=True))
    shown.slider.value = 0.5
    shown.slider.value = 1.0
    assert edits == [("length", "64"), ("length", "4096")]


def test_the_echo_of_a_placed_slider_is_no_edit(edits):
    shown = control("split_value", edits)
    shown.guide(span=Span(low=1, high=1000, is_log=True))
    shown.show("37")
    shown.slider.value = round(shown.slider.value, 3)
    assert edits == []


def test_a_slider_appears_only_where_there_is_something_to_slide(edits):
    shown = control("split_value", edits)
    assert shown.slider.layout.display == "none"
    with pytest.raises(ValueError, match="no slider"):
        shown.slide_to(3)
    shown.guide(span=Span(low=2, high=2))
    assert shown.slider.layout.display == "none"
    shown.guide(span=Span(low=2, high=9))
    assert shown.slider.layout.display is None


def test_the_slider_of_an_empty_field_stands_where_automatic_came_to(edits):
    shown = control("split_value", edits)
    shown.guide(span=Span(low=1, high=10_000, is_log=True), automatic=100.0)
    shown.show("")
    assert shown.slider.value == pytest.approx(0.5)
    assert edits == []
    shown.show("10")
    assert shown.slider.value == pytest.approx(0.25)


def test_an_option_without_effect_is_disabled_and_says_why(edits):
    shown = control("length", edits)
    shown.show("1024", reason="has no effect while mode is threshold; it needs length")
    assert shown.input.disabled
    assert shown.slider.disabled
    assert "while mode is threshold" in shown.input.tooltip
    shown.show("1024")
    assert not shown.input.disabled


def test_errors_are_escaped(edits):
    shown = control("blur", edits)
    shown.show("<b>", error="must be odd, got '<b>'")
    assert "<b>" not in shown.message.value
    assert "&lt;b&gt;" in shown.message.value
