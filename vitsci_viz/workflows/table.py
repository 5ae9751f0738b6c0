"""Rows of results as CSV and JSON, the same in a file and on stdout."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vitsci_viz.atomic import replacing

Row = Mapping[str, Any]


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write rows in the format that the name asks for, ``.csv`` or ``.json``."""
    text = to_csv(rows) if path.suffix.lower() == ".csv" else to_json(rows) + "\n"
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def to_csv(rows: Sequence[Row]) -> str:
    """Write rows as CSV; nested values are left out, what is not known is empty.

    >>> to_csv([{"tokens": 4, "psnr": None, "front": True}]).splitlines()
    ['tokens,psnr,front', '4,,true']
    """
    keys = [key for key, value in rows[0].items() if not isinstance(value, Mapping | list | tuple)] if rows else []
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_cell(row[key]) for key in keys] for row in rows)
    return buffer.getvalue()


def to_json(value: Any) -> str:
    """Write results as JSON that every reader takes: infinities and NaN become null.

    >>> to_json({"psnr": float("inf"), "tokens": 4})
    '{"psnr": null, "tokens": 4}'
    """
    return json.dumps(_plain(value), ensure_ascii=False, allow_nan=False)


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
