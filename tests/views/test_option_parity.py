"""Command line, browser and notebook show the same options: each surface is read back from what it shows."""

import re

import pytest

from vitsci_viz.cli.app import main
from vitsci_viz.errors import OptionError
from vitsci_viz.params import OptionField, Options, fields_of, format_value, parse_text
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.notebook.forms import OptionForm as NotebookForm
from vitsci_viz.views.panel_app.forms import OptionForm as PanelForm

SURFACES: dict[str, type[Options]] = {"patch": PatchOptions, "train": TrainOptions}
"""What forms show, by the sub-command that takes the same options (and some that only a run has)."""


def defined(options: type[Options]) -> list[dict[str, str]]:
    """Return the definition of every option in words."""
    return [
        {
            "name": field.name, "help": field.help, "unit": field.unit or "", "bounds": field.bounds,
            "default": format_value(field.default), "choices": choices_of(field),
        }
        for field in fields_of(options)
    ]  # fmt: skip


def choices_of(field: OptionField) -> str:
    return ", ".join(format_value(value) for value in field.choices if value is not None)


def command_line(command: str, capsys) -> list[dict[str, str]]:
    """Read the options back from ``vitsci-viz COMMAND --help``."""
    assert main([command, "--help"]) == 0
    rows = [" ".join(line.strip("│ ").split()) for line in capsys.readouterr().out.splitlines() if "│ --" in line]
    wanted = {field.name for field in fields_of(SURFACES[command])}
    parsed = [parsed_flag(row) for row in rows]
    return [row for row in parsed if row["name"] in wanted]


def parsed_flag(row: str) -> dict[str, str]:
    flag, _, rest = row.partition(" ")
    notes = dict.fromkeys(("unit", "bounds", "default", "choices"), "")
    for note in re.findall(r"\[([^\]]+)\]", rest):
        name, separator, value = note.partition(": ")
        notes.update({name: value} if separator and name in notes else {"bounds": note})
    text = re.sub(r"^(?:--no-\S+ |[\w|,.:]*[A-Z|][\w|,.:]* )", "", rest.partition(" [")[0])
    return {"name": flag.removeprefix("--").replace("-", "_"), "help": text, **notes}


def browser(options: type[Options]) -> list[dict[str, str]]:
    """Read the options back from what the page of the dashboard is given."""
    shown = PanelForm(options(), on_change=lambda options: None).view.panel.fixed["fields"]
    return [
        {
            "name": control["name"], "help": control["help"], "unit": control["unit"],
            "bounds": bounds_of(control["minimum"], control["maximum"]), "default": control["default"],
            "choices": ", ".join(value for value in control["choices"] if value),
        }
        for control in shown
    ]  # fmt: skip


def bounds_of(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    return f">= {low:,}" if high is None else f"<= {high:,}" if low is None else f"{low:,} to {high:,}"


def notebook(options: type[Options]) -> list[dict[str, str]]:
    """Read the options back from the widgets."""
    form = NotebookForm(options(), on_change=lambda options: None)
    rows = []
    for name, control in form.controls.items():
        label, _, unit = control.input.description.rstrip(")").partition(" (")
        tooltip = re.sub(r" \(has no effect [^)]+\)$", "", control.input.tooltip)
        bounds = re.search(r" \[([^\]]+)\]$", tooltip)
        values = [value for _, value in control.input.options if value] if control.kind == "choice" else []
        assert label == form.state.fields[name].label
        rows.append(
            {
                "name": name, "help": tooltip[: bounds.start()] if bounds else tooltip, "unit": unit,
                "bounds": bounds.group(1) if bounds else "", "default": control.text, "choices": ", ".join(values),
            }
        )  # fmt: skip
    return rows


@pytest.mark.parametrize("command", SURFACES)
def test_the_command_line_shows_every_option_as_it_is_defined(command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    assert command_line(command, capsys) == defined(SURFACES[command])


@pytest.mark.parametrize("options", SURFACES.values())
def test_the_browser_shows_every_option_as_it_is_defined(options):
    assert browser(options) == defined(options)


@pytest.mark.parametrize("options", SURFACES.values())
def test_the_notebook_shows_every_option_as_it_is_defined(options):
    assert notebook(options) == defined(options)


def beyond(command: str) -> list[tuple[str, str, str]]:
    return [
        (command, field.name, format_value(type(bound)(bound + step)))
        for field in fields_of(SURFACES[command])
        for bound, step in ((field.minimum, -1), (field.maximum, 1))
        if bound is not None
    ]


WRONG = [
    ("patch", "mode", "magic"), ("patch", "patch_size", "7"), ("patch", "blur", "4"), ("train", "head", "magic"),
    ("train", "classes", "ground"), ("train", "class_weights", "0,0"), ("train", "heads", "7"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "name", "text"), [*beyond("patch"), *beyond("train"), *WRONG])
def test_every_surface_refuses_the_same_values_in_the_same_words(command, name, text, capsys, tmp_path):
    options = SURFACES[command]
    with pytest.raises(OptionError) as refused:
        options(**{name: parse_text(text)})
    message = str(refused.value)

    places = [str(tmp_path / "image.png")] if command == "patch" else [str(tmp_path), "--out", str(tmp_path / "run")]
    assert main([command, *places, f"--{name.replace('_', '-')}", text]) == 2
    assert message in " ".join(capsys.readouterr().err.split())

    in_notebook = NotebookForm(options(), on_change=lambda options: None)
    if in_notebook.controls[name].kind != "choice":
        in_notebook.edit(name, text)
        assert in_notebook.state.errors == {name: message}

    in_browser = PanelForm(options(), on_change=lambda options: None)
    in_browser.view.panel.receive({"seq": 1, "kind": "edit", "name": name, "text": text})
    assert in_browser.view.state["errors"] == {name: message}
