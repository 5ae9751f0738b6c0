"""A sweep of centres as a table and pictures: one of every slice, and one sheet of all."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import check_output
from vitsci_viz.io.writing import write_image
from vitsci_viz.reconstruction.trials import in_circle
from vitsci_viz.workflows.centre_sweep import CentreSweep
from vitsci_viz.workflows.table import write_table

Grey = NDArray[np.uint8]
TABLE, SHEET = "centres.csv", "centres.png"
PICTURES = "centre_*.png"
CELL_PX, GAP_PX, CAPTION_PX, ACROSS = 224, 8, 26, 4
"""Of the sheet: side of a picture, space between, height of a caption, and cells side by side."""
DETAIL_SHARE = 0.2
"""Side of the part of a slice that is shown larger."""
WINDOW = (0.2, 99.8)
"""Percentiles of the best slice that become black and white."""
GROUND, INK, QUIET, ACCENT = (24, 24, 27), (228, 228, 231), (161, 161, 170), (86, 180, 233)


def check_sweep_places(folder: Path, *, force: bool = False) -> None:
    """Say before any work that a sweep is there already.

    Raises
    ------
    OutputExistsError, OutputError
        It is (without `force`), or the folder cannot be written.
    """
    for name in (TABLE, SHEET):
        check_output(folder / name, force=force)


def sweep_rows(sweep: CentreSweep) -> list[dict[str, Any]]:
    """Return a row for every trial, best first, as the table has them."""
    rows = [
        {
            "rank": rank, "centre_px": trial.centre_px, "score": round(trial.score, 4),
            "entropy": round(trial.entropy, 4),
            "absolute_mass": None if trial.absolute_mass is None else round(trial.absolute_mass, 5),
            "method": trial.method, "picture": _name(trial.centre_px),
        }
        for rank, trial in zip(sweep.ranks(), sweep.trials, strict=True)
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["rank"])


def write_sweep(sweep: CentreSweep, folder: Path) -> list[Path]:
    """Write the table, a picture of every slice and the sheet of all; those of a sweep before are taken away.

    Parameters
    ----------
    sweep : CentreSweep
        What was tried.
    folder : Path
        Where ``centres.csv``, ``centres.png`` and ``centre_*.png`` will lie.

    Returns
    -------
    list of Path
        What was written: the table, the sheet, then the pictures from the best on.
    """
    for name in _pictures_of(folder / TABLE):
        (folder / name).unlink(missing_ok=True)
    pictures = _windowed(sweep)
    rows = sweep_rows(sweep)
    places = [folder / TABLE, folder / SHEET, *(folder / row["picture"] for row in rows)]
    for trial, picture in zip(sweep.trials, pictures, strict=True):
        write_image(folder / _name(trial.centre_px), picture, axes="yx")
    write_image(folder / SHEET, contact_sheet(sweep, pictures), axes="yxc")
    write_table(rows, folder / TABLE)
    return places


def _name(centre_px: float) -> str:
    """Return the name of a picture: in the order of centres when sorted."""
    return f"centre_{centre_px:08.2f}.png"


def _pictures_of(table: Path) -> list[str]:
    """Return the pictures that a table of an earlier sweep names."""
    try:
        with table.open(encoding="utf-8", newline="") as file:
            names = [row.get("picture") or "" for row in csv.DictReader(file)]
    except (OSError, ValueError):
        return []
    return [name for name in names if Path(name).name == name and Path(name).match(PICTURES)]


def _windowed(sweep: CentreSweep) -> Grey:
    """Return slices in 8 bits, all in the window of the best one."""
    inside = in_circle(sweep.slices.shape[1])
    best = sweep.slices[sweep.ranks().index(1)][inside]
    low, high = np.percentile(best, WINDOW)
    scale = 255 / (float(high - low) or 1.0)
    return np.clip((sweep.slices - low) * scale, 0, 255).astype(np.uint8)


def contact_sheet(sweep: CentreSweep, pictures: Grey) -> NDArray[np.uint8]:
    """Draw all trials on one sheet: the slice, and beside it the part that changes most from trial to trial.

    Parameters
    ----------
    sweep : CentreSweep
        What was tried.
    pictures : (trial, side, side) uint8
        Its slices.

    Returns
    -------
    (height, width, 3) uint8
    """
    from PIL import Image, ImageDraw

    count, pair = len(pictures), 2 * CELL_PX + GAP_PX
    across = min(ACROSS, count)
    down, step = math.ceil(count / across), (pair + 2 * GAP_PX, CELL_PX + CAPTION_PX + 2 * GAP_PX)
    head = 2 * CAPTION_PX + GAP_PX
    sheet = Image.new("RGB", (2 * GAP_PX + across * step[0], head + GAP_PX + down * step[1]), GROUND)
    draw = ImageDraw.Draw(sheet)
    title = f"Centres tried on detector row {sweep.row:,}"
    draw.text((2 * GAP_PX, GAP_PX), title, INK, font=_font(18))
    about = "Left the slice, right what changes most between trials; the score is 1 where it is sharpest."
    draw.text((2 * GAP_PX, GAP_PX + CAPTION_PX), about, QUIET, font=_font(14))
    window, ranks = liveliest(pictures), sweep.ranks()
    for number, (trial, picture) in enumerate(zip(sweep.trials, pictures, strict=True)):
        left, top = 2 * GAP_PX + number % across * step[0], head + GAP_PX + number // across * step[1]
        for place, part in ((left, picture), (left + CELL_PX + GAP_PX, picture[window])):
            shown = Image.fromarray(part).resize((CELL_PX, CELL_PX), Image.Resampling.LANCZOS)
            sheet.paste(shown.convert("RGB"), (place, top))
        is_best = ranks[number] == 1
        if is_best:
            draw.rectangle((left - 4, top - 4, left + pair + 3, top + CELL_PX + CAPTION_PX + 3), None, ACCENT, 2)
        said = f"{trial.centre_px:.2f} px   score {trial.score:.3f}   rank {ranks[number]}"
        said += "" if trial.method == "sweep" else f"   {trial.method}"
        draw.text((left, top + CELL_PX + 4), said, ACCENT if is_best else INK, font=_font(14))
    return np.asarray(sheet)


def liveliest(pictures: Grey) -> tuple[slice, slice]:
    """Return the square part of pictures, inside their circle, that differs most from one to the next."""
    from scipy import ndimage

    side = pictures.shape[1]
    width = max(1, min(side, round(DETAIL_SHARE * side)))
    spread = np.where(in_circle(side), pictures.std(axis=0, dtype=np.float32), 0)
    sums = ndimage.uniform_filter(spread, width, mode="constant")
    row, column = np.unravel_index(int(np.argmax(sums)), sums.shape)
    top, left = (min(max(0, int(place) - width // 2), side - width) for place in (row, column))
    return slice(top, top + width), slice(left, left + width)


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
