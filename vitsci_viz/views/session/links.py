"""Links that restore a view: how options and parts of it are written, and read again where some are wrong."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from vitsci_viz.errors import OptionError
from vitsci_viz.params import Options, format_value, nearest, parse_text

State = TypeVar("State")
AnyOptions = TypeVar("AnyOptions", bound=Options)


def link_values(query: str, known: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Return keys and values of a link, and a sentence for every key that means nothing.

    Parameters
    ----------
    query : str
        With or without ``?``.
    known : iterable of str
        Keys that the page knows.

    Examples
    --------
    >>> link_values("?source=ihc&modus=length", ["source", "mode"])
    ({'source': 'ihc'}, ["unknown key 'modus' in the link: did you mean 'mode'?"])
    """
    values, names = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True)), list(known)
    problems = [f"unknown key '{name}' in the link: {nearest(name, names)}" for name in values if name not in names]
    return {name: text for name, text in values.items() if name in names}, problems


def valid_options(start: AnyOptions, texts: Mapping[str, str]) -> tuple[AnyOptions, list[str]]:
    """Return the options that are valid together, and what is wrong with the others.

    Parameters
    ----------
    start : Options
        What holds where the link says nothing.
    texts : mapping of str to str
        Options of a link; other keys are passed over.
    """
    refused: list[str] = []
    waiting = {name: text for name, text in texts.items() if name in type(start).model_fields}
    try:
        return start.replace(**{name: parse_text(text) for name, text in waiting.items()}), []
    except OptionError:
        options = start
    before = -1
    while len(waiting) != before:  # an option may be valid only beside one that comes after it
        before, refused = len(waiting), []
        for name, text in tuple(waiting.items()):
            try:
                options = options.replace(**{name: parse_text(text)})
                del waiting[name]
            except OptionError as error:
                refused.append(str(error))
    return options, refused


Readers = Mapping[str, tuple[str, Callable[[str], Any]]]
"""Keys of a link with the part of the view that each restores, and what turns its text into a value."""


def valid_parts(values: Mapping[str, str], readers: Readers) -> tuple[dict[str, Any], list[str]]:
    """Return the parts of a view that a link names, and what is wrong with the others.

    Parameters
    ----------
    values : mapping of str to str
        From `link_values`.
    readers : mapping
        As in `Readers`; what reads raises `OptionError` where a text is not valid.
    """
    found, problems = dict[str, Any](), list[str]()
    for key, (part, read) in readers.items():
        if key in values:
            try:
                found[part] = read(values[key])
            except OptionError as error:
                problems.append(str(error))
    return found, problems


def strict(read: tuple[State, tuple[str, ...]]) -> State:
    """Return a state that was read without problems.

    Raises
    ------
    OptionError
        Something in the link is not valid.
    """
    state, problems = read
    if problems:
        raise OptionError("; ".join(problems))
    return state


def option_pairs(options: Options, prefix: str = "") -> list[tuple[str, str]]:
    """Return the options that are not at their default as keys and values of a link."""
    default = type(options)()
    return [
        (prefix + name, _exact(getattr(options, name)))
        for name in type(options).model_fields
        if getattr(options, name) != getattr(default, name)
    ]


def _exact(value: Any) -> str:
    """Write a value so that reading it gives the very same number."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, tuple):
        return ",".join(_exact(part) for part in value)  # pyright: ignore[reportUnknownVariableType]
    return format_value(value)
