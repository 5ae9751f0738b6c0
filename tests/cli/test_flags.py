"""Flags are the options: same names, order, defaults, bounds and help; none is written twice."""

import inspect
import typing

import pytest

from vitsci_viz.cli.commands import with_preset, workflow_command
from vitsci_viz.cli.flags import describe, flag_name, given, metavar, workflow_signature
from vitsci_viz.cli.options import ServeOptions
from vitsci_viz.params import ExecutionOptions, fields_of, format_value
from vitsci_viz.patching.options import PRESETS, PatchOptions
from vitsci_viz.views.panel_app.server import serve
from vitsci_viz.workflows.entries import CATALOGUE


def _parameter(annotation):
    return typing.get_args(annotation)[1]


@pytest.mark.parametrize("name", CATALOGUE)
@pytest.mark.parametrize("kind", ["option", "execution"])
def test_every_option_has_one_flag_with_its_help_and_no_flag_is_left_over(name, kind):
    options = ExecutionOptions if kind == "execution" else CATALOGUE[name].load_options()
    parameters = workflow_signature(CATALOGUE[name]).parameters.values()
    flags = {p.name.removeprefix(f"{kind}_"): p for p in parameters if p.name.startswith(f"{kind}_")}
    fields = {field.name: field for field in fields_of(options)}
    assert flags.keys() == fields.keys()
    for key, field in fields.items():
        parameter = _parameter(flags[key].annotation)
        assert parameter.name == (flag_name(field.flag or key),)
        assert parameter.help == describe(field)
        assert flags[key].default is None


@pytest.mark.parametrize("name", CATALOGUE)
def test_help_shows_default_bounds_choices_and_unit(name):
    for field in fields_of(CATALOGUE[name].load_options()):
        text = describe(field)
        assert text.startswith(field.help)
        if field.default not in (None, ()):
            assert f"[default: {format_value(field.default)}]" in text
        for bound in (field.minimum, field.maximum):
            assert bound is None or f"{bound:,}" in text
        for choice in field.choices:
            assert choice is None or str(choice) in text
        assert not field.unit or f"[unit: {field.unit}]" in text


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_file_has_a_flag_or_is_the_argument(name):
    entry = CATALOGUE[name]
    names = workflow_signature(entry).parameters.keys()
    assert {f"input_{slot.name}" for slot in entry.inputs} <= names
    assert {f"output_{slot.name}" for slot in entry.outputs} <= names


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_workflow_has_the_contract_s_flags(name):
    signature = inspect.signature(workflow_command(name))
    flags = {flag for p in signature.parameters.values() for flag in _parameter(p.annotation).name}
    assert {"--recipe", "--json", "--force", "--threads", "--memory"} <= flags


def test_the_dashboard_s_flags_are_those_that_it_takes():
    parameters = inspect.signature(serve).parameters
    for field in fields_of(ServeOptions):
        assert parameters[field.name].default == field.default
    assert parameters.keys() - {field.name for field in fields_of(ServeOptions)} == {"block"}


@pytest.mark.parametrize(
    ("option", "word"),
    [
        ("mode", "CHOICE"), ("split_value", "FLOAT"), ("length", "INT"), ("patch_size", "INT,..."),
        ("min_size", "cubic|INT,..."), ("thresholds", "auto|FLOAT,FLOAT"), ("blur", "auto|INT"),
        ("channel", "luminance|max|INT"),
    ],
)  # fmt: skip
def test_what_a_flag_takes_is_said_in_one_word(option, word):
    fields = {field.name: field for field in fields_of(PatchOptions)}
    assert metavar(fields[option]) == word


def test_only_what_was_given_is_handed_on():
    assert given({"option_a": 1, "option_b": None, "run_c": 2}, "option") == {"a": 1}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_a_setting_that_flags_change(preset):
    assert PatchOptions(**with_preset({}, preset)) == PatchOptions.preset(preset)
    assert PatchOptions(**with_preset({"patch_size": 2}, preset)) == PatchOptions.preset(preset, patch_size=2)
    assert PatchOptions(**with_preset({"length": 9}, preset)).mode == "length"
    assert PatchOptions(**with_preset({"split_value": 9.0}, preset)).mode == "threshold"
