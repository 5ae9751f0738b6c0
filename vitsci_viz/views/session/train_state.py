"""What the Train page shows, as a link restores it: data, setting, and the run that is watched."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from vitsci_viz.errors import OptionError
from vitsci_viz.params import nearest, parse_text
from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.session.state import option_pairs

KEYS = ("data", "run")


@dataclass(frozen=True)
class TrainState:
    """Everything a link restores.

    Parameters
    ----------
    data : str
        ``sample:NAME`` or a path below the data root; empty for none.
    options : TrainOptions
        The setting in the form.
    run : str
        Name of the run that is watched; empty for none.
    """

    data: str = ""
    options: TrainOptions = field(default_factory=TrainOptions)
    run: str = ""

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some parts changed."""
        return dataclasses.replace(self, **changes)

    def to_query(self) -> str:
        """Return the state as a URL query (without ``?``); what is at its default is left out."""
        pairs = [(name, getattr(self, name)) for name in KEYS if getattr(self, name)]
        pairs += option_pairs(self.options)
        return urlencode(pairs, safe=",/:")

    @classmethod
    def from_query(cls, query: str) -> Self:
        """Read what `to_query` wrote.

        Raises
        ------
        OptionError
            A key is unknown or a value is not valid.

        Examples
        --------
        >>> state = TrainState(data="sample:pathology_set", options=TrainOptions(epochs=7), run="first")
        >>> TrainState.from_query(state.to_query()) == state
        True
        """
        values = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
        options = {name: text for name, text in values.items() if name in TrainOptions.model_fields}
        unknown = set(values) - set(options) - set(KEYS)
        if unknown:
            known = [*TrainOptions.model_fields, *KEYS]
            raise OptionError(f"unknown key '{min(unknown)}' in the link: {nearest(min(unknown), known)}")
        # the mode always counts, so that a link with both length and split value is no clash
        given: dict[str, Any] = {"mode": TrainOptions().mode}
        given.update((name, parse_text(text)) for name, text in options.items())
        return cls(data=values.get("data", ""), options=TrainOptions(**given), run=values.get("run", ""))
