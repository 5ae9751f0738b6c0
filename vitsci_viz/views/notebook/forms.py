"""A form of ipywidgets made from the definition of its options."""

import html
from collections.abc import Callable, Mapping
from typing import Generic

import ipywidgets as widgets

from vitsci_viz.errors import OptionError
from vitsci_viz.params import nearest
from vitsci_viz.views.notebook.controls import OptionControl
from vitsci_viz.views.session.form import Chosen, FormState
from vitsci_viz.views.session.guidance import Guidance

CUSTOM = "custom"


class OptionForm(Generic[Chosen]):
    """Controls of every option, in the order of definition; wrong values stay with their error beside them.

    Widgets hold no truth: `state` does, and every change is drawn from it.

    Parameters
    ----------
    options : Options
        What is shown first.
    on_change : callable
        Called with the new options after each valid change made by a person.
    presets : mapping of str to Options, optional
        Named settings, offered above the fields.
    """

    def __init__(
        self, options: Chosen, *, on_change: Callable[[Chosen], None], presets: Mapping[str, Chosen] | None = None
    ) -> None:
        self.state = FormState(options)
        self._on_change = on_change
        self._presets = dict(presets or {})
        self.controls = {name: OptionControl(field, on_edit=self.edit) for name, field in self.state.fields.items()}
        self.preset = widgets.Dropdown(
            options=[CUSTOM, *self._presets],
            description="Preset",
            tooltip="A named setting: published ones and ours.",
            style={"description_width": "104px"},
            layout=widgets.Layout(width="100%"),
        )
        self.preset.observe(self._preset_chosen, "value")
        self.general_error = widgets.HTML()
        self.widget = widgets.VBox([*([self.preset] if self._presets else []), *self._groups(), self.general_error])
        self._draw()

    def edit(self, name: str, text: str) -> None:
        """Take one field as typed; a wrong value stays with its error beside it."""
        if name not in self.controls:
            raise OptionError(f"unknown option '{name}': {nearest(name, self.controls)}")
        options = self.state.edit(name, text)
        self._draw()
        if options is not None:
            self._on_change(options)

    def show(self, options: Chosen) -> None:
        """Move the widgets to other options; calls nobody."""
        self.state.take(options)
        self._draw()

    def fail(self, message: str) -> None:
        """Show an error found by whoever used the options, beside the field that it names."""
        self.state.fail(message)
        self._draw()

    def succeed(self) -> None:
        """Take back errors of earlier settings."""
        if self.state.errors:
            self.state.succeed()
            self._draw()

    def guide(self, found: Guidance) -> None:
        """Show what "automatic" came to and give sliders their ranges."""
        for name, control in self.controls.items():
            control.guide(hint=found.hints.get(name), span=found.spans.get(name), automatic=found.automatic.get(name))
        self._draw()

    def _draw(self) -> None:
        texts, errors, reasons = self.state.texts, self.state.errors, self.state.reasons
        for name, control in self.controls.items():
            control.show(texts[name], error=errors.get(name, ""), reason=reasons.get(name, ""))
        general = html.escape(errors.get("", ""))
        self.general_error.value = f'<div class="vz-error" role="alert">{general}</div>' if general else ""
        matching = (name for name, options in self._presets.items() if options == self.state.options)
        self.preset.unobserve(self._preset_chosen, "value")
        self.preset.value = next(matching, CUSTOM)
        self.preset.observe(self._preset_chosen, "value")

    def _preset_chosen(self, change: Mapping[str, str]) -> None:
        if change["new"] != CUSTOM:
            self.show(self._presets[change["new"]])
            self._on_change(self.state.options)

    def _groups(self) -> list[widgets.Widget]:
        """Return a heading and the controls of every group, then the advanced ones folded."""
        basic: dict[str, list[widgets.Widget]] = {}
        advanced: list[widgets.Widget] = []
        for name, control in self.controls.items():
            field = self.state.fields[name]
            (advanced if field.advanced else basic.setdefault(field.group, [])).append(control.box)
        rows: list[widgets.Widget] = []
        for heading, boxes in basic.items():
            rows += [widgets.HTML(f'<div class="vz-heading">{html.escape(heading)}</div>'), *boxes]
        if advanced:
            folded = widgets.Accordion([widgets.VBox(advanced)], titles=("Advanced",), selected_index=None)
            folded.add_class("vz-advanced")
            rows.append(folded)
        return rows
