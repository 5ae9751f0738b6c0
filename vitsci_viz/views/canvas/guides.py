"""Lines across a picture that the user may take: a centre, a row, the planes that cross here."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Guide:
    """One line across a canvas.

    Parameters
    ----------
    name : str
        What a callback is told when the line is moved.
    axis : {"x", "y"}
        ``x`` is an upright line at a column, ``y`` a level one at a row.
    at : float
        Where it lies, in pixels of the finest level.
    label : str
        Written at its end; empty for none.
    colour : str
        CSS colour.
    is_movable : bool
        The user may drag it.
    is_put : bool
        A shift-click puts it there.
    step : float
        The arrow keys move it by so much once it has been taken, by ten with Shift and a tenth with Alt; 0 leaves the
        keys to the picture.
    """

    name: str
    axis: Literal["x", "y"]
    at: float
    label: str = ""
    colour: str = "#56b4e9"
    is_movable: bool = True
    is_put: bool = False
    step: float = 0.0


def guide_state(guide: Guide) -> dict[str, Any]:
    """Put a guide in plain values for the page."""
    return asdict(guide)
