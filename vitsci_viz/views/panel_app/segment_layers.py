"""What each canvas of the Segment page shows, and which of its layers are switched on or off by the user."""

from collections.abc import Iterable, Mapping
from typing import Literal, cast, get_args

from vitsci_viz.errors import OptionError

Role = Literal[
    "everything",
    "image",
    "truth",
    "A",
    "B",
    "error A",
    "error B",
    "uncertainty A",
    "uncertainty B",
    "change",
    "patches",
]
"""What a canvas shows."""

LAYERS = ("image", "uncertainty", "truth", "prediction", "error", "change", "leaves")
"""Layers of every canvas, bottom to top; those that its role does not fill are not offered."""

SHOWN: Mapping[Role, tuple[str, ...]] = {
    "everything": ("image", "uncertainty", "truth", "prediction", "error", "leaves"),
    "image": ("image",),
    "truth": ("image", "truth"),
    "A": ("image", "prediction", "leaves"),
    "B": ("image", "prediction", "leaves"),
    "error A": ("image", "error"),
    "error B": ("image", "error"),
    "uncertainty A": ("uncertainty",),
    "uncertainty B": ("uncertainty",),
    "change": ("image", "change"),
    "patches": ("image", "leaves"),
}
"""Layers that each role fills."""
HIDDEN: Mapping[Role, tuple[str, ...]] = {
    "everything": ("uncertainty", "truth", "error", "leaves"),
    "A": ("leaves",),
    "B": ("leaves",),
}
"""Layers that are offered but begin hidden."""
OFF = "-"
"""Stands in a link before a layer that is switched off."""


class LayerSwitches:
    """Layers that the user switched; they stay so on another image, in another layout, and in a link."""

    def __init__(self) -> None:
        self._switched: dict[tuple[Role, str], bool] = {}

    def is_on(self, role: Role, layer: str) -> bool:
        """Tell whether a layer of a role is to be seen."""
        return self._switched.get((role, layer), layer not in HIDDEN.get(role, ()))

    def take(self, role: Role, visible: Mapping[str, bool]) -> None:
        """Take down how the layers of a role are switched now."""
        for layer in SHOWN[role]:
            self._switched.pop((role, layer), None)
            if visible[layer] != self.is_on(role, layer):
                self._switched[role, layer] = visible[layer]

    @property
    def names(self) -> tuple[str, ...]:
        """What differs from how the page begins, as a link says it.

        Examples
        --------
        >>> switches = LayerSwitches()
        >>> switches.take("A", {"image": True, "prediction": False, "leaves": True})
        >>> switches.names
        ('-A:prediction', 'A:leaves')
        """
        return tuple(
            f"{'' if self._switched[role, layer] else OFF}{role}:{layer}"
            for role, layers in SHOWN.items()
            for layer in layers
            if (role, layer) in self._switched
        )

    def restore(self, names: Iterable[str]) -> None:
        """Switch layers as a link says.

        Raises
        ------
        OptionError
            A name is none of `names`; nothing is switched then.
        """
        found = {_read(name): not name.startswith(OFF) for name in names}
        self._switched = {key: is_on for key, is_on in found.items() if is_on == (key[1] in HIDDEN.get(key[0], ()))}


def _read(name: str) -> tuple[Role, str]:
    role, _, layer = name.removeprefix(OFF).partition(":")
    if role not in get_args(Role) or layer not in SHOWN[cast("Role", role)]:
        raise OptionError(
            f"layers in the link must be names such as A:leaves or {OFF}everything:prediction, got {name!r}: leave it "
            "out, or switch the layer on the page and copy the link anew"
        )
    return cast("Role", role), layer
