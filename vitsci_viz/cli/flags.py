"""Command-line flags, made from the definitions of options and of files: none is written twice."""

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from cyclopts import Group, Parameter, Token
from pydantic import ByteSize

from vitsci_viz.params import ExecutionOptions, OptionField, Options, fields_of, format_value, parse_text
from vitsci_viz.workflows.entries import Slot, WorkflowEntry

INPUTS = Group("Inputs", sort_key=0)
OUTPUTS = Group("Outputs", sort_key=1)
RUN = Group("Run", sort_key=90)


def workflow_signature(entry: WorkflowEntry) -> inspect.Signature:
    """Return the arguments of a workflow's sub-command.

    Parameters
    ----------
    entry : WorkflowEntry
        The workflow.

    Returns
    -------
    inspect.Signature
        Names begin with ``input_``, ``output_``, ``option_``, ``execution_`` or ``run_``; what was not given is
        None.
    """
    options = entry.load_options()
    parameters = [
        *_input_flags(entry),
        *(_slot_flag("output", slot, OUTPUTS) for slot in entry.outputs),
        *options_flags("option", options, argument=entry.argument),
        *options_flags("execution", ExecutionOptions),
        *_run_flags(entry, has_presets=hasattr(options, "preset")),
    ]
    return inspect.Signature(sorted(parameters, key=lambda parameter: parameter.kind))


def options_flags(prefix: str, options: type[Options], *, argument: str = "") -> Iterator[inspect.Parameter]:
    """Yield a flag per option, grouped as forms group them; `argument` is understood without its flag as well."""
    groups: dict[str, Group] = {}
    first = 80 if options is ExecutionOptions else 10
    for field in fields_of(options):
        heading = field.group or "Options"
        groups.setdefault(heading, Group(heading, sort_key=first + len(groups)))
        flag = _option_flag(f"{prefix}_{field.name}", field, groups[heading])
        yield flag.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD) if field.name == argument else flag


def flag_name(name: str) -> str:
    """Write an option's name as a flag.

    >>> flag_name("split_value")
    '--split-value'
    """
    return "--" + name.replace("_", "-")


def given(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Return the values that were given under a prefix, without the prefix."""
    return {
        name.removeprefix(f"{prefix}_"): value
        for name, value in values.items()
        if name.startswith(f"{prefix}_") and value is not None
    }


def as_function(signature: inspect.Signature, run: Callable[[dict[str, Any]], Any], summary: str) -> Callable[..., Any]:
    """Return a function with this signature that hands its arguments on as one dict."""

    def command(*arguments: Any, **named: Any) -> Any:
        bound = signature.bind(*arguments, **named)
        return run(dict(bound.arguments))

    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    command.__doc__ = summary
    return command


def text_flag(
    name: str, help: str, *, flag: str, group: Group, is_positional: bool = False, metavar: str = "PATH"
) -> inspect.Parameter:
    """Return a flag (or a positional argument) that takes text as it stands."""
    parameter = Parameter(
        name=flag,
        help=help,
        group=group,
        metavar=metavar,
        converter=_as_typed,
        n_tokens=1,
        negative=(),
        show_default=False,
    )
    kind = inspect.Parameter.POSITIONAL_ONLY if is_positional else inspect.Parameter.KEYWORD_ONLY
    if is_positional:
        return inspect.Parameter(name, kind, annotation=Annotated[str, parameter])
    return inspect.Parameter(name, kind, default=None, annotation=Annotated[str | None, parameter])


def switch_flag(name: str, help: str, *, group: Group, flag: str = "") -> inspect.Parameter:
    """Return a flag that is there or not."""
    parameter = Parameter(name=flag or flag_name(name), help=help, group=group, negative=(), show_default=False)
    annotation = Annotated[bool | None, parameter]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def resume_flag(help: str) -> inspect.Parameter:
    """Return the flag that goes on with an interrupted run."""
    return switch_flag("run_resume", help, flag="--resume", group=RUN)


def _slot_flag(kind: str, slot: Slot, group: Group, *, is_positional: bool = False) -> inspect.Parameter:
    flag = slot.name.upper() if is_positional else flag_name(slot.flag or slot.name)
    help = slot.help + (" [required]" if slot.required and not is_positional else "")
    return text_flag(f"{kind}_{slot.name}", help, flag=flag, group=group, is_positional=is_positional)


def _input_flags(entry: WorkflowEntry) -> Iterator[inspect.Parameter]:
    """Yield the required inputs as arguments and the others as flags; one that may be a recipe is both."""
    for number, slot in enumerate(entry.inputs):
        if number == 0 and entry.takes_recipe:
            help = f"{slot.help} Or a recipe (.yaml), over which the flags are laid."
            flag = text_flag(f"input_{slot.name}", help, flag=flag_name(slot.flag or slot.name), group=INPUTS)
            yield flag.replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
        else:
            yield _slot_flag("input", slot, INPUTS, is_positional=slot.required)


def _run_flags(entry: WorkflowEntry, *, has_presets: bool) -> Iterator[inspect.Parameter]:
    if has_presets:
        from vitsci_viz.patching.options import PRESETS

        names = ", ".join(PRESETS)
        yield text_flag(
            "run_preset",
            f"Begin with a named setting; other flags change it. [choices: {names}]",
            flag="--preset",
            group=RUN,
            metavar="NAME",
        )
    yield text_flag("run_recipe_path", "Write what was run as a recipe (.yaml).", flag="--recipe", group=RUN)
    yield switch_flag("run_json", "Print JSON and nothing else on stdout.", flag="--json", group=RUN)
    if entry.has_rows:
        yield switch_flag("run_csv", "Print CSV and nothing else on stdout.", flag="--csv", group=RUN)
    if entry.can_resume:
        yield resume_flag(entry.resume_help)
    yield switch_flag("run_force", "Replace existing outputs.", flag="--force", group=RUN)


def _option_flag(name: str, field: OptionField, group: Group) -> inspect.Parameter:
    is_switch = field.annotation is bool
    takes_text = any(part is str or typing.get_origin(part) is dict for part in _parts(field.annotation))
    kind: dict[str, Any] = {"negative": flag_name(f"no_{field.flag}")}
    if not is_switch:
        kind = {
            "metavar": metavar(field),
            "converter": _as_typed if takes_text else _as_list if _is_list(field.annotation) else _as_parsed,
            "n_tokens": 1,
            "allow_leading_hyphen": True,
            "negative": (),
        }
    parameter = Parameter(
        name=flag_name(field.flag),
        help=describe(field),
        group=group,
        show_default=False,
        show_choices=False,
        **kind,
    )
    annotation = Annotated[bool | None if is_switch else Any, parameter]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def describe(field: OptionField) -> str:
    """Return an option's help with its choices, bounds, unit and default."""
    notes = []
    choices = [format_value(choice) for choice in field.choices if choice is not None]
    if choices:
        notes.append(f"choices: {', '.join(choices)}")
    if field.bounds:
        notes.append(field.bounds)
    if field.unit:
        notes.append(f"unit: {field.unit}")
    if field.default is not None and field.default != ():
        notes.append(f"default: {format_value(field.default)}")
    return " ".join([field.help, *(f"[{note}]" for note in notes)])


def metavar(field: OptionField) -> str:
    """Say in one word what a flag takes: ``CHOICE``, ``FLOAT``, ``auto|INT``, ``cubic|INT,...``."""
    if field.choices:
        return "CHOICE"
    parts = [part for part in _parts(field.annotation) if part is not type(None)]
    words = [str(value) for part in parts if typing.get_origin(part) is Literal for value in typing.get_args(part)]
    lists = [_list_word(part) for part in parts if typing.get_origin(part) is tuple]
    lists += [_pairs_word(part) for part in parts if typing.get_origin(part) is dict]
    plain = [_plain_word(part) for part in parts if typing.get_origin(part) is None]
    return "|".join(words + (lists or plain[:1]))


def _list_word(annotation: Any) -> str:
    item, *more = typing.get_args(annotation)
    word = _plain_word(item)
    return f"{word},..." if more == [Ellipsis] else ",".join([word] * (1 + len(more)))


def _pairs_word(annotation: Any) -> str:
    return ":".join(map(_plain_word, typing.get_args(annotation))) + ",..."


def _plain_word(annotation: Any) -> str:
    if typing.get_origin(annotation) is Literal:
        return "CHOICE"
    return {int: "INT", float: "FLOAT", ByteSize: "SIZE"}.get(annotation, "TEXT")


def _parts(annotation: Any) -> tuple[Any, ...]:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return typing.get_args(annotation)
    return (annotation,)


def _as_typed(type_: Any, tokens: Sequence[Token]) -> str:
    return tokens[0].value


def _as_parsed(type_: Any, tokens: Sequence[Token]) -> Any:
    return parse_text(tokens[0].value)


def _as_list(type_: Any, tokens: Sequence[Token]) -> Any:
    """Read a list; an empty text is an empty list, which is not the same as no flag."""
    value = parse_text(tokens[0].value)
    return () if value is None else value


def _is_list(annotation: Any) -> bool:
    parts = _parts(annotation)
    has_list = any(typing.get_origin(part) is tuple and typing.get_args(part)[-1] is Ellipsis for part in parts)
    return has_list and not {int, float, type(None)} & set(parts)
