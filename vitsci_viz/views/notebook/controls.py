"""One ipywidgets control per option, made from its definition alone."""

import html
import math
from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from vitsci_viz.params import OptionField, format_value, parse_text
from vitsci_viz.views.session.form import Kind, kind_of
from vitsci_viz.views.session.guidance import Span

LABEL_WIDTH = "104px"
AUTOMATIC = "automatic"
STEP = 0.001

Edit = Callable[[str, str], None]


class OptionControl:
    """The widgets of one option: what is typed or chosen, a slider where one makes sense, a line for errors.

    Parameters
    ----------
    field : OptionField
        The definition.
    on_edit : callable
        ``on_edit(name, text)`` after each change made by a person.
    """

    def __init__(self, field: OptionField, *, on_edit: Edit) -> None:
        self.field = field
        self.kind: Kind = kind_of(field)
        self._on_edit = on_edit
        self._is_quiet = False
        self._is_dragged = False
        self.input = _BUILDERS[self.kind](field)
        self.slider = widgets.FloatSlider(
            min=0.0,
            max=1.0,
            step=STEP,
            readout=False,
            description=" ",
            tooltip=explain(field),
            style={"description_width": LABEL_WIDTH},
            layout=widgets.Layout(width="100%", display="none"),
        )
        self.message = widgets.HTML(layout=widgets.Layout(display="none", margin=f"0 0 4px {LABEL_WIDTH}"))
        self.box = widgets.VBox([self.input, self.slider, self.message], layout=widgets.Layout(overflow="hidden"))
        self._span: Span | None = None
        self._placed = 0.0
        self._automatic: float | None = None
        self.input.observe(self._input_changed, "value")
        self.slider.observe(self._slider_changed, "value")

    @property
    def text(self) -> str:
        """What the control holds, as a person would type it."""
        return format_value(self.input.value) if self.kind == "flag" else str(self.input.value)

    def show(self, text: str, *, error: str = "", reason: str = "") -> None:
        """Show a value with its error, or why it has no effect; calls nobody."""
        self._is_quiet = True
        try:
            self._show_input(text)
            if not self._is_dragged:
                self._place_slider(text)
            has_effect = not reason
            self.input.disabled = self.slider.disabled = not has_effect
            self.input.tooltip = explain(self.field) if has_effect else f"{explain(self.field)} ({reason})"
            self.message.value = f'<div class="vz-error" role="alert">{html.escape(error)}</div>' if error else ""
            self.message.layout.display = None if error else "none"
        finally:
            self._is_quiet = False

    def guide(self, *, hint: str | None = None, span: Span | None = None, automatic: float | None = None) -> None:
        """Say what "automatic" came to, and give the slider its range and its place for it."""
        self._automatic = automatic
        if hint is not None and isinstance(self.input, widgets.Text):
            self.input.placeholder = hint
        if span is None or span == self._span:
            return
        self._span = span
        self.slider.layout.display = None if span.high > span.low else "none"
        self.show(self.text, reason=" " if self.input.disabled else "")

    def slide_to(self, value: float) -> None:
        """Move the slider to a value, as a person would."""
        if self._span is None:
            raise ValueError(f"{self.field.name} has no slider")
        self.slider.value = _place_of(self._span, value)

    def _show_input(self, text: str) -> None:
        value: Any = parse_text(text) is True if self.kind == "flag" else text
        if self.input.value != value:
            self.input.value = value

    def _place_slider(self, text: str) -> None:
        value = parse_text(text) if text else self._automatic
        if self._span is not None and isinstance(value, int | float):
            self._placed = self.slider.value = _place_of(self._span, float(value))

    def _input_changed(self, change: Any) -> None:
        if not self._is_quiet:
            self._on_edit(self.field.name, self.text)

    def _slider_changed(self, change: Any) -> None:
        is_echo = abs(change["new"] - self._placed) < STEP / 2  # the page rounds what Python sets, and says so
        if self._is_quiet or self._span is None or is_echo:
            return
        self._placed = change["new"]
        self._is_dragged = True
        try:
            value = self._span.value_at(_value_of(self._span, change["new"]))
            self._on_edit(self.field.name, format_value(int(value) if self._span.is_integer else value))
        finally:
            self._is_dragged = False


def explain(field: OptionField) -> str:
    """Return an option's help with its bounds."""
    return f"{field.help} [{field.bounds}]" if field.bounds else field.help


def _place_of(span: Span, value: float) -> float:
    """Return where a value sits between the ends, 0 to 1."""
    value = min(max(value, span.low), span.high)
    if span.is_log:
        return math.log(value / span.low) / math.log(span.high / span.low)
    return (value - span.low) / (span.high - span.low)


def _value_of(span: Span, place: float) -> float:
    if span.is_log:
        return span.low * (span.high / span.low) ** place
    return span.low + place * (span.high - span.low)


def _common(field: OptionField) -> dict[str, Any]:
    unit = f" ({field.unit})" if field.unit else ""
    return {
        "description": field.label + unit,
        "tooltip": explain(field),
        "style": {"description_width": LABEL_WIDTH},
        "layout": widgets.Layout(width="100%", margin="1px 0"),
    }


def _flag(field: OptionField) -> widgets.Checkbox:
    return widgets.Checkbox(value=bool(field.default), indent=True, **_common(field))


def _choice(field: OptionField) -> widgets.Dropdown:
    options = [(format_value(value) or AUTOMATIC, format_value(value)) for value in field.choices]
    return widgets.Dropdown(options=options, value=format_value(field.default), **_common(field))


def _number(field: OptionField) -> widgets.Text:
    return widgets.Text(
        value=format_value(field.default), placeholder=AUTOMATIC, continuous_update=False, **_common(field)
    )


def _combo(field: OptionField) -> widgets.Combobox:
    return widgets.Combobox(
        value=format_value(field.default),
        placeholder=AUTOMATIC,
        continuous_update=False,
        ensure_option=False,
        options=[text for value in field.suggestions if (text := format_value(value))],
        **_common(field),
    )


_BUILDERS: dict[Kind, Callable[[OptionField], Any]] = {
    "flag": _flag,
    "choice": _choice,
    "number": _number,
    "combo": _combo,
}
