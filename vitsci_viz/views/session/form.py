"""What a form knows before any widget: which control fits an option, drafts, errors, what has no effect."""

import re
from collections.abc import Mapping
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin

from vitsci_viz.errors import OptionError
from vitsci_viz.params import OptionField, Options, fields_of, format_value, parse_text

Kind = Literal["flag", "choice", "number", "combo"]
Chosen = TypeVar("Chosen", bound=Options)


def kind_of(field: OptionField) -> Kind:
    """Choose the control of an option by its type.

    >>> from vitsci_viz.patching.options import PatchOptions
    >>> {field.name: kind_of(field) for field in fields_of(PatchOptions)}["balance"]
    'flag'
    """
    if field.annotation is bool:
        return "flag"
    if field.choices:
        return "choice"
    parts = set(get_args(field.annotation)) if get_origin(field.annotation) else {field.annotation}
    return "number" if parts <= {int, float, type(None)} and not field.suggestions else "combo"


def reason_against(field: OptionField, options: Options) -> str | None:
    """Say why an option has no effect beside the others, or None where it has one.

    >>> from vitsci_viz.patching.options import PatchOptions
    >>> length = next(field for field in fields_of(PatchOptions) if field.name == "length")
    >>> reason_against(length, PatchOptions())
    'has no effect while mode is threshold; it needs length'
    """
    for other, values in field.applies.items():
        # an option may stand in a class that holds the other one fixed in another way
        if other in type(options).model_fields and getattr(options, other) not in values:
            wanted = " or ".join(format_value(value) for value in values if value is not None)
            return f"has no effect while {other} is {format_value(getattr(options, other))}; it needs {wanted}"
    return None


def texts_of(options: Options) -> dict[str, str]:
    """Write every option as a person would type it."""
    return {name: format_value(getattr(options, name)) for name in type(options).model_fields}


class FormState(Generic[Chosen]):
    """The last valid options beside what is being typed: a wrong value stays a draft with its error.

    Parameters
    ----------
    options : Options
        What is shown first.
    """

    def __init__(self, options: Chosen) -> None:
        self.options = options
        self.fields = {field.name: field for field in fields_of(type(options))}
        self.errors: dict[str, str] = {}
        self._drafts: dict[str, str] = {}

    @property
    def texts(self) -> dict[str, str]:
        """What every field shows: the valid value, or the draft."""
        return {**texts_of(self.options), **self._drafts}

    @property
    def reasons(self) -> dict[str, str]:
        """Why a field has no effect now, by name; those that have one are left out."""
        found = {name: reason_against(field, self.options) for name, field in self.fields.items()}
        return {name: reason for name, reason in found.items() if reason is not None}

    def edit(self, name: str, text: str) -> Chosen | None:
        """Take one field as typed.

        A wrong value is kept as a draft with its error beside it, and tried again together with the next field: two
        fields that clash only on the way may both be changed.

        Returns
        -------
        Options or None
            The new options; None where the value is refused.
        """
        message = ""
        for attempt in ({**self._drafts, name: text}, {name: text}):
            try:
                options = self.options.replace(**{key: self._parse(key, value) for key, value in attempt.items()})
            except OptionError as error:
                message = str(error)
                continue
            self.options = options
            self._drafts = {key: value for key, value in self._drafts.items() if key not in attempt}
            self.errors = {key: value for key, value in self.errors.items() if key in self._drafts}
            return options
        self._drafts[name], self.errors[name] = text, message
        return None

    def take(self, options: Chosen) -> None:
        """Replace all options, as a preset or a loaded recipe does; drafts and errors go."""
        self.options, self._drafts, self.errors = options, {}, {}

    def fail(self, message: str) -> None:
        """Put an error found by whoever used the options beside the field that it names (else under "")."""
        name = re.split(r"\W", message, maxsplit=1)[0]
        self.errors[name if name in self.fields else ""] = message

    def succeed(self) -> None:
        """Take back errors of earlier settings; those of drafts stay."""
        self.errors = {name: text for name, text in self.errors.items() if name in self._drafts}

    def _parse(self, name: str, text: str) -> Any:
        value = parse_text(text)
        return self.fields[name].default if value is None and self.fields[name].default is not None else value


def describe_fields(options: type[Options]) -> tuple[Mapping[str, Any], ...]:
    """Return what every surface must show alike, one mapping per option in order: the parity test compares it."""
    return tuple(
        {
            "name": field.name,
            "label": field.label,
            "help": field.help,
            "unit": field.unit or "",
            "kind": kind_of(field),
            "group": field.group,
            "advanced": field.advanced,
            "default": format_value(field.default),
            "minimum": field.minimum,
            "maximum": field.maximum,
            "choices": [format_value(value) for value in field.choices],
            "suggestions": [format_value(value) for value in field.suggestions],
        }
        for field in fields_of(options)
    )
