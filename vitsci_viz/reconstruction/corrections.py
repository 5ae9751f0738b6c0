"""What pre-processing found wrong and mended."""

import functools
import operator
from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """What pre-processing found and mended; those of several blocks add up.

    Parameters
    ----------
    samples : int
        Samples (angle, row, column) that were looked at.
    not_finite, saturated, outliers : int
        Samples filled from their neighbours.
    lost_views : int
        Lines (angle, row) without any count, filled from the views before and after.
    dead, stuck : int
        Pixels (row, column) without enough light, or that do not follow the beam, filled in every view.
    below_floor : int
        Samples whose transmission was raised to the floor.
    dark_rows : int
        Rows without any light or without any sample that can be read: their line integrals are zero.
    """

    samples: int = 0
    not_finite: int = 0
    saturated: int = 0
    outliers: int = 0
    lost_views: int = 0
    dead: int = 0
    stuck: int = 0
    below_floor: int = 0
    dark_rows: int = 0

    def __add__(self, other: "Corrections") -> "Corrections":
        names = [field.name for field in fields(self)]
        return Corrections(**{name: getattr(self, name) + getattr(other, name) for name in names})

    def sentences(self) -> tuple[str, ...]:
        """Say what was found, a line for each kind.

        >>> Corrections(samples=1000, dead=2).sentences()
        ('2 dead pixels filled from their neighbours',)
        """
        return tuple(_SAYINGS[name].format(count) for name in _SAYINGS if (count := getattr(self, name)))


_SAYINGS = {
    "dark_rows": "{:,} rows without light or readable samples: their slices are empty",
    "lost_views": "{:,} lines of views without any count filled from the views before and after",
    "dead": "{:,} dead pixels filled from their neighbours",
    "stuck": "{:,} pixels that do not follow the beam filled from their neighbours",
    "not_finite": "{:,} samples that are no number filled from their neighbours",
    "saturated": "{:,} saturated samples filled from their neighbours",
    "outliers": "{:,} outliers filled from their neighbours",
    "below_floor": "{:,} samples raised to the floor of the transmission",
}


def together(parts: Iterable[Corrections]) -> Corrections:
    """Add up what was found in several blocks."""
    return functools.reduce(operator.add, parts, Corrections())
