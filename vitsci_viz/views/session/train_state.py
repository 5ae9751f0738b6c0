"""What the Train page shows, as a link restores it: data, setting, and the run that is watched."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from vitsci_viz.training.options import TrainOptions
from vitsci_viz.views.session.links import link_values, option_pairs, strict, valid_options

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
        return strict(cls.read(query))

    @classmethod
    def read(cls, query: str) -> tuple[Self, tuple[str, ...]]:
        """Read a link that may be wrong in places; what is not valid is left out.

        Returns
        -------
        state : TrainState
            Everything that is valid.
        problems : tuple of str
            What was left out and why, a sentence each.

        Examples
        --------
        >>> state, problems = TrainState.read("epochs=-3&length=64&run=first")
        >>> (state.options.epochs, state.options.length, state.run, problems)
        (100, 64, 'first', ("epochs must be at least 1, got '-3'",))
        """
        values, unknown = link_values(query, (*TrainOptions.model_fields, *KEYS))
        # the mode always counts, so that a link with both length and split value is no clash
        options, refused = valid_options(TrainOptions(mode=TrainOptions().mode), values)
        return cls(data=values.get("data", ""), options=options, run=values.get("run", "")), (*unknown, *refused)
