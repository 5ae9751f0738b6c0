"""Command line, browser and notebook show the same options: each surface is read back from what it shows."""

import re

import pytest

from vitsci_viz.cli.app import main
from vitsci_viz.errors import OptionError
from vitsci_viz.params import OptionField, fields_of, format_value
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.views.notebook.forms import OptionForm as NotebookForm
from vitsci_viz.views.panel_app.forms import OptionForm as PanelForm

FIELDS = fields_of(PatchOptions)
ONLY_IN_A_RUN = {"roi", "level"}
"""What a run adds: which part of the file is cut."""


def defined() -> list[dict[str, str]]:
    """Return the definition of every option in words."""
    return [
        {
            "name": field.name, "help": field.help, "unit": field.unit or "", "bounds": field.bounds,
            "default": format_value(field.default), "choices": choices_of(field),
        }
        for field in FIELDS
    ]  # fmt: skip


def choices_of(field: OptionField) -> str:
    return ", ".join(format_value(value) for value in field.choices if value is not None)


def command_line(capsys) -> list[dict[str, str]]:
    """Read the options back from ``vitsci-viz patch --help``."""
    assert main(["patch", "--help"]) == 0
    rows = [" ".join(line.strip("│ ").split()) for line in capsys.readouterr().out.splitlines() if "│ --" in line]
    wanted = {field.name for field in FIELDS}
    parsed = [parsed_flag(row) for row in rows]
    return [row for row in parsed if row["name"] in wanted]


def parsed_flag(row: str) -> dict[str, str]:
    flag, _, rest = row.partition(" ")
    notes = dict.fromkeys(("unit", "bounds", "default", "choices"), "")
    for note in re.findall(r"\[([^\]]+)\]", rest):
        name, separator, value = note.partition(": ")
        notes.update({name: value} if separator and name in notes else {"bounds": note})
    text = re.sub(r"^(?:--no-\S+ |[\w|,.]*[A-Z|][\w|,.]* )", "", rest.partition(" [")[0])
    return {"name": flag.removeprefix("--").replace("-", "_"), "help": text, **notes}


def browser() -> list[dict[str, str]]:
    """Read the options back from what the page of the dashboard is given."""
    shown = PanelForm(PatchOptions(), on_change=lambda options: None).view.panel.fixed["fields"]
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


def notebook() -> list[dict[str, str]]:
    """Read the options back from the widgets."""
    form = NotebookForm(PatchOptions(), on_change=lambda options: None)
    rows = []
    for name, control in form.controls.items():
        label, _, unit = control.input.description.rstrip(")").partition(" (")
        tooltip = re.sub(r" \(has no effect [^)]+\)$", "", control.input.tooltip)
        bounds = re.search(r" \[([^\]]+)\]$", tooltip)
        values = [value for _, value in control.input.options if value] if control.kind == "choice" else []
        assert label == next(field.label for field in FIELDS if field.name == name)
        rows.append(
            {
                "name": name, "help": tooltip[: bounds.start()] if bounds else tooltip, "unit": unit,
                "bounds": bounds.group(1) if bounds else "", "default": control.text, "choices": ", ".join(values),
            }
        )  # fmt: skip
    return rows


def test_the_command_line_shows_every_option_as_it_is_defined(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    assert command_line(capsys) == defined()


def test_the_browser_shows_every_option_as_it_is_defined():
    assert browser() == defined()


def test_the_notebook_shows_every_option_as_it_is_defined():
    assert notebook() == defined()


BEYOND = [
    (field.name, format_value(type(bound)(bound + step)))
    for field in FIELDS
    for bound, step in ((field.minimum, -1), (field.maximum, 1))
    if bound is not None
]


@pytest.mark.parametrize(("name", "text"), [*BEYOND, ("mode", "magic"), ("patch_size", "7"), ("blur", "4")])
def test_every_surface_refuses_the_same_values_in_the_same_words(name, text, capsys, tmp_path):
    with pytest.raises(OptionError) as refused:
        PatchOptions(**{name: text if name == "mode" else int(text)})
    message = str(refused.value)

    assert main(["patch", str(tmp_path / "image.png"), f"--{name.replace('_', '-')}", text]) == 2
    assert message in " ".join(capsys.readouterr().err.split())

    in_notebook = NotebookForm(PatchOptions(), on_change=lambda options: None)
    if in_notebook.controls[name].kind != "choice":
        in_notebook.edit(name, text)
        assert in_notebook.state.errors == {name: message}

    in_browser = PanelForm(PatchOptions(), on_change=lambda options: None)
    in_browser.view.panel.receive({"seq": 1, "kind": "edit", "name": name, "text": text})
    assert in_browser.view.state["errors"] == {name: message}
