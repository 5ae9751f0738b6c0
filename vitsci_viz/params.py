"""One definition per option: command line, recipe and every form are made from it."""

import copy
import difflib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, cast

import yaml
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, ByteSize, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from vitsci_viz.errors import OptionError


class Options(BaseModel):
    """Base of every options class: frozen, typed, unknown names refused with the nearest known one.

    A class made from several others says in `group_order` in which order every surface shows their groups.
    """

    group_order: ClassVar[tuple[str, ...]] = ()
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise OptionError(describe_validation(error, type(self))) from None

    def replace(self, **changes: Any) -> typing.Self:
        """Return a copy with some options changed, validated anew."""
        return type(self)(**{**{name: getattr(self, name) for name in type(self).model_fields}, **changes})

    def to_mapping(self) -> dict[str, Any]:
        """Return plain values (what a YAML recipe or a job payload holds); None is left out."""
        return self.model_dump(mode="json", exclude_none=True)


def option(
    default: Any,
    description: str,
    *,
    ge: float | None = None,
    le: float | None = None,
    unit: str | None = None,
    group: str = "",
    advanced: bool = False,
    suggestions: tuple[Any, ...] = (),
    applies: Mapping[str, tuple[Any, ...]] | None = None,
    flag: str = "",
) -> Any:
    """Define an option: default, help, bounds and what a form needs to know to show it.

    Parameters
    ----------
    default
        The value when nothing is given.
    description : str
        One sentence, shown by every surface.
    ge, le : float, optional
        Inclusive bounds.
    unit : str, optional
        Unit of the value, shown behind it.
    group : str
        Heading under which forms show it.
    advanced : bool
        Folded away at first.
    suggestions : tuple
        Values that a form offers where the type allows several kinds.
    applies : mapping of str to tuple, optional
        ``{other: values}``: the option has an effect only while `other` has one of these values.
    flag : str
        Name on the command line where it differs from the option's, such as a word that Python keeps for itself.
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "group": group,
        "advanced": advanced,
        "suggestions": list(suggestions),
        "applies": {name: list(values) for name, values in (applies or {}).items()},
        "flag": flag,
    }
    return Field(default=default, description=description, ge=ge, le=le, json_schema_extra=extra)


def option_of(options: type[Options], name: str, **changes: Any) -> Any:
    """Return the definition of another class's option, so that help, bounds and choices stay the only ones.

    Parameters
    ----------
    options : type of Options
        Where it is defined.
    name : str
        Which option.
    **changes
        ``default=`` gives it another default here, ``group=`` another heading.
    """
    field: Any = copy.copy(options.model_fields[name])
    if "group" in changes:
        field.json_schema_extra = {**field.json_schema_extra, "group": changes.pop("group")}
    for attribute, value in changes.items():
        setattr(field, attribute, value)
    return field


@dataclass(frozen=True, kw_only=True)
class OptionField:
    """What a surface needs to show one option; read from its definition by `fields_of`."""

    name: str
    annotation: Any
    default: Any
    help: str
    unit: str | None
    minimum: float | None
    maximum: float | None
    choices: tuple[Any, ...]
    suggestions: tuple[Any, ...]
    group: str
    advanced: bool
    applies: Mapping[str, tuple[Any, ...]]
    flag: str = ""

    @property
    def label(self) -> str:
        """The name in words."""
        return self.name.replace("_", " ").capitalize()

    @property
    def bounds(self) -> str:
        """The bounds as every surface says them, such as ``0 to 32`` or ``>= 1``; empty where there are none."""
        low, high = (None if bound is None else with_separators(bound) for bound in (self.minimum, self.maximum))
        if low is not None and high is not None:
            return f"{low} to {high}"
        return f">= {low}" if low is not None else f"<= {high}" if high is not None else ""


def fields_of(options: type[Options]) -> tuple[OptionField, ...]:
    """Describe every option of a class, in the order of its groups and of definition."""
    order = {group: place for place, group in enumerate(options.group_order)}
    fields = (_field(name, info) for name, info in options.model_fields.items())
    return tuple(sorted(fields, key=lambda field: order.get(field.group, len(order))))


def _field(name: str, info: FieldInfo) -> OptionField:
    extra = cast("dict[str, Any]", info.json_schema_extra or {})
    return OptionField(
        name=name,
        annotation=info.annotation,
        default=info.get_default(),
        help=info.description or "",
        unit=extra.get("unit"),
        minimum=_bound(info, Ge, Gt),
        maximum=_bound(info, Le, Lt),
        choices=_choices(info.annotation),
        suggestions=tuple(extra.get("suggestions", ())),
        group=extra.get("group", ""),
        advanced=extra.get("advanced", False),
        applies={key: tuple(values) for key, values in extra.get("applies", {}).items()},
        flag=extra.get("flag") or name,
    )


def _bound(info: FieldInfo, *kinds: type) -> float | None:
    for item in info.metadata:
        if isinstance(item, kinds):
            return next(cast("float", getattr(item, name)) for name in ("ge", "gt", "le", "lt") if hasattr(item, name))
    return None


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Return the values of a pure ``Literal`` (None allowed beside it); empty for any other type."""
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        parts = typing.get_args(annotation)
        literal = [part for part in parts if typing.get_origin(part) is Literal]
        if literal and len(literal) + (type(None) in parts) == len(parts):
            values = tuple(value for part in literal for value in typing.get_args(part))
            return (None, *values) if type(None) in parts else values
    return ()


def parse_text(text: str) -> Any:
    """Read a value as typed by a person: ``8``, ``1,8,8``, ``auto``, ``true``; empty means None.

    >>> parse_text("1,8,8"), parse_text("auto"), parse_text(""), parse_text("2.5"), parse_text("1:30")
    ((1, 8, 8), 'auto', None, 2.5, '1:30')
    """
    text = text.strip()
    if not text:
        return None
    if "," in text:
        return tuple(parse_text(part) for part in text.strip("()[]").split(","))
    if ":" in text:
        return text  # YAML would read 1:30 as ninety, to the base of sixty
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        return text
    return value if isinstance(value, int | float | bool | str | None) else text


def format_value(value: Any) -> str:
    """Write a value as `parse_text` reads it.

    >>> format_value((1, 8, 8)), format_value(None), format_value("auto"), format_value(3.0), format_value(1234567.5)
    ('1,8,8', '', 'auto', '3', '1234567.5')
    >>> format_value({0: "background", 1: "nucleus"})
    '0:background,1:nucleus'
    """
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ",".join(format_value(part) for part in cast("list[Any]", value))
    if isinstance(value, dict):
        return ",".join(f"{key}:{name}" for key, name in cast("dict[Any, Any]", value).items())
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and float(short := f"{value:g}") == value:
        return short
    return str(value)


def with_separators(value: float) -> str:
    """Write a number with thousands separators, whole ones without a fraction.

    >>> with_separators(16777216), with_separators(0.0), with_separators(0.25)
    ('16,777,216', '0', '0.25')
    """
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def nearest(name: str, known: typing.Iterable[str]) -> str:
    """Say which known name an unknown one is nearest to, or list them all."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean '{close[0]}'?" if close else f"known: {', '.join(known)}"


def describe_validation(error: ValidationError, model: type[BaseModel]) -> str:
    """Put a validation error in one line: what must hold, what came, what to do."""
    lines: dict[str, str] = {}
    wishes: dict[str, list[str]] = {}
    for item in error.errors(include_url=False):
        name = str(item["loc"][0]) if item["loc"] else ""
        if item["type"] == "extra_forbidden":
            lines[name] = f"unknown option '{name}': {nearest(name, model.model_fields)}"
        elif item["type"] == "value_error":
            message = str(item["ctx"]["error"]) if "ctx" in item else item["msg"]
            lines[name] = message if not name or message.startswith(name) else f"{name}: {message}"
        else:
            given = format_value(item["input"]) if name in model.model_fields else item["input"]
            wishes.setdefault(name, []).append(_wish(item))
            lines[name] = f"{name} must be {' or '.join(dict.fromkeys(wishes[name]))}, got {given!r}"
    return "; ".join(lines.values())


_WISHES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "several values with commas between",
    "string": "text",
    "byte": "a size such as 3GiB",
    "missing": "a longer list",
    "too": "a shorter list",
}


def _wish(item: typing.Any) -> str:
    """Say what pydantic would have taken, in the words of a form."""
    kind, context = item["type"], item.get("ctx", {})
    if kind == "greater_than_equal":
        return f"at least {with_separators(context['ge'])}"
    if kind == "less_than_equal":
        return f"at most {with_separators(context['le'])}"
    return _WISHES.get(kind.partition("_")[0], str(item["msg"]).removeprefix("Input should be "))


class ExecutionOptions(Options):
    """How a run uses the machine; never changes the answer."""

    threads: int = option(0, "Worker threads; 0 takes every core.", ge=0, le=1024, group="Execution", advanced=True)
    memory: ByteSize | None = option(
        None,
        "Memory a run may plan for its pixels, such as 3GiB; less means smaller pieces; empty means no bound.",
        group="Execution",
        advanced=True,
    )
