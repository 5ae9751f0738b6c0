"""Which rows of a sweep are worth having: the front, its knee, and what to train with for each token budget."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitsci_viz.patching.pareto import knee, pareto_front, recommend

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What a row of a sweep is worth among the others.

    Parameters
    ----------
    is_front : bool
        No other setting keeps as much at fewer tokens.
    is_knee : bool
        Beyond this point of the front more tokens buy little.
    budgets : tuple of int
        Token budgets that the setting is recommended for.
    """

    is_front: bool
    is_knee: bool
    budgets: tuple[int, ...] = ()


def marks_of(rows: Sequence[Row]) -> list[Marks]:
    """Return what every row is worth.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of one sweep as `SweepRow.to_mapping` gives them, or their averages over images.
    """
    tokens, scores = [row["tokens"] for row in rows], [score_of(row) for row in rows]
    front, best = pareto_front(tokens, scores), knee(tokens, scores)
    budgets = recommended_budgets(rows)
    return [
        Marks(is_front=bool(is_front), is_knee=place == best, budgets=budgets.get(place, ()))
        for place, is_front in enumerate(front)
    ]


def recommended_budgets(rows: Sequence[Row]) -> dict[int, tuple[int, ...]]:
    """Tell which rows `recommend` names for the token budgets of a sweep.

    Parameters
    ----------
    rows : sequence of mapping
        As for `marks_of`. Every length that was tried is a budget; uniform grids are never recommended.

    Returns
    -------
    dict of int to tuple of int
        Place of a recommended row -> the budgets it is recommended for, smallest first; empty without a mask.

    Examples
    --------
    >>> row = {"uniform": False, "length": 64, "tokens": 64, "oracle_dice": 0.9, "patch_size": 8}
    >>> recommended_budgets([row, {**row, "patch_size": 4}, {**row, "length": 128, "tokens": 127, "oracle_dice": 1.0}])
    {1: (64,), 2: (128,)}
    """
    tokens, scores = [row["tokens"] for row in rows], [_dice(row) for row in rows]
    sides = [_side(row["patch_size"]) for row in rows]
    is_uniform = [row["uniform"] for row in rows]
    found: dict[int, tuple[int, ...]] = {}
    for budget in sorted({row["length"] for row in rows if not row["uniform"]} - {None}):
        best = recommend(tokens, scores, sides, is_uniform, budget=budget)
        if best is not None:
            found[best] = (*found.get(best, ()), budget)
    return found


def score_of(row: Row) -> float:
    """Return what the front is drawn by: the oracle Dice where there is a mask, else the PSNR."""
    kept = row["psnr"] if row["oracle_dice"] is None else row["oracle_dice"]
    return math.nan if kept is None else kept


def mark_averages(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return averaged rows with the marks of the averages."""
    return [
        {**row, "front": marks.is_front, "knee": marks.is_knee, "recommended": bool(marks.budgets)}
        for row, marks in zip(rows, marks_of(rows), strict=True)
    ]


def _dice(row: Row) -> float:
    return math.nan if row["oracle_dice"] is None else row["oracle_dice"]


def _side(patch_size: int | tuple[int, ...]) -> float:
    """Return the side of a token; of one with several sides, that of a cube of its size."""
    return math.prod(patch_size) ** (1 / len(patch_size)) if isinstance(patch_size, tuple) else patch_size
