"""Sets of generated images with masks and groups, to train on: ``images/``, ``masks/`` and ``table.csv``."""

import contextlib
import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import OptionError
from vitsci_viz.io.writing import write_image
from vitsci_viz.params import nearest
from vitsci_viz.progress import Progress, silent
from vitsci_viz.simulation.lattice import uniform
from vitsci_viz.simulation.options import DEFAULT_SEED

SLIDE = (4096, 4096)
"""Size of the virtual slides that the tiles come from."""
TILES_A_SLIDE = 4
TILES_A_PLACE = 4
"""Tiles that lie together: one place of a slide takes most of a second to make."""
LEAST_NUCLEI = 0.02
"""Share of a tile that nuclei must cover, so that glass is left out."""
PARTS = ("images", "masks", "table.csv")
"""What a set consists of."""


@dataclass(frozen=True, eq=False, kw_only=True)
class LabelledImage:
    """One image of a set.

    Parameters
    ----------
    name : str
        Stem of its files.
    group : str
        Slide, eye or patient that it comes from.
    image : (y, x) or (y, x, 3) uint8
    mask : (y, x) uint8
        Class indices.
    """

    name: str
    group: str
    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class MadeSet:
    """A set that is made from a seed.

    Parameters
    ----------
    make : callable
        ``make(count, side, seed) -> iterator of LabelledImage``.
    count, side : int
        Defaults: images, and side of each in pixels.
    least_side, greatest_side : int
        Bounds of the side.
    spacing_um : float, optional
        Side of a pixel.
    """

    make: Callable[[int, int, int], Iterator[LabelledImage]]
    count: int
    side: int
    least_side: int
    greatest_side: int
    spacing_um: float | None = None


def pathology_tiles(count: int, side: int, seed: int = DEFAULT_SEED) -> Iterator[LabelledImage]:
    """Make tiles of virtual tissue, four from each slide; no two slides share a seed.

    Parameters
    ----------
    count : int
        How many tiles.
    side : int
        Of each, in pixels of 0.5 um; at most 1,024.
    seed : int
        Equal seeds give equal pixels, and the first tiles of a larger set are those of a smaller one.

    Yields
    ------
    LabelledImage
        Classes as in `pathology.CLASSES`; the group is the slide.
    """
    for slide in range(math.ceil(count / TILES_A_SLIDE)):
        group = f"slide{slide + 1:03d}"
        wanted = min(TILES_A_SLIDE, count - slide * TILES_A_SLIDE)
        tiles = _tissue_tiles(side, seed + 1_000_003 * slide)
        for number in range(wanted):
            image, mask = next(tiles)
            yield LabelledImage(name=f"{group}_tile{number + 1}", group=group, image=image, mask=mask)


def _tissue_tiles(side: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Yield the tiles of one slide that hold tissue, in a random order of its places."""
    from vitsci_viz.simulation.pathology import TILE, render_tile, tile_places

    places = list(tile_places(SLIDE))
    blocks = [(y, x) for y in range(0, TILE - side + 1, side) for x in range(0, TILE - side + 1, side)]
    for place in _shuffled(len(places), seed, 201):
        image, mask = render_tile(SLIDE, seed, *places[place])
        found = 0
        for block in _shuffled(len(blocks), seed, 202 + place):
            part = tuple(slice(first, first + side) for first in blocks[block])
            if found < TILES_A_PLACE and (mask[part] == 1).mean() >= LEAST_NUCLEI:
                found += 1
                yield image[part], mask[part]


def _shuffled(count: int, seed: int, salt: int) -> list[int]:
    return np.argsort(uniform(seed, salt, np.arange(count)), kind="stable").tolist()


def vessel_images(count: int, side: int, seed: int = DEFAULT_SEED) -> Iterator[LabelledImage]:
    """Make images of thin branching vessels, every second one mirrored as in the other eye.

    Parameters
    ----------
    count : int
        How many images.
    side : int
        Of each, in pixels; the vessels grow with it.
    seed : int
        Equal seeds give equal pixels, and the first images of a larger set are those of a smaller one.

    Yields
    ------
    LabelledImage
        1 is vessel; every image is a group of its own.
    """
    from vitsci_viz.simulation.shapes import vessels

    for number in range(count):
        name = f"eye{number + 1:03d}"
        image, mask = vessels((side, side), seed + 1_000_003 * number)
        if number % 2:
            image, mask = image[:, ::-1], mask[:, ::-1]
        yield LabelledImage(name=name, group=name, image=image, mask=mask)


def angiograms(count: int, side: int, seed: int = DEFAULT_SEED) -> Iterator[LabelledImage]:
    """Make frames of coronary angiograms.

    Parameters
    ----------
    count : int
        How many frames.
    side : int
        Of each, in pixels; the field is 180 mm.
    seed : int
        Equal seeds give equal pixels, and the first frames of a larger set are those of a smaller one.

    Yields
    ------
    LabelledImage
        1 is artery; every frame is a patient of its own.
    """
    from vitsci_viz.simulation.angiogram import angiogram

    for number in range(count):
        name = f"patient{number + 1:03d}"
        image, mask = angiogram(side, seed + 1_000_003 * number)
        yield LabelledImage(name=name, group=name, image=image, mask=mask)


SETS: Mapping[str, MadeSet] = {
    "pathology_set": MadeSet(
        make=pathology_tiles, count=48, side=256, least_side=32, greatest_side=1024, spacing_um=0.5
    ),
    "vessels_set": MadeSet(make=vessel_images, count=24, side=512, least_side=64, greatest_side=4096),
    "angiograms_set": MadeSet(make=angiograms, count=24, side=512, least_side=64, greatest_side=4096),
}
"""Sets by name."""


def make_set(
    name: str,
    folder: Path,
    *,
    seed: int = DEFAULT_SEED,
    count: int | None = None,
    side: int | None = None,
    progress: Progress = silent,
) -> tuple[Path, ...]:
    """Make a set of images and write it into a folder.

    Parameters
    ----------
    name : str
        One of `SETS`.
    folder : Path
        Exists; what it holds of an earlier set is replaced once the new one is whole.
    seed : int
        Equal seeds give equal pixels.
    count : int, optional
        How many images.
    side : int, optional
        Of each image in pixels.
    progress : Progress
        Counts images; may raise `Cancelled`, and nothing is left behind then.

    Returns
    -------
    tuple of Path
        The folders of images and masks, and the table ``image,mask,group``.

    Raises
    ------
    OptionError
        The name is unknown, or the side is out of bounds.
    """
    if name not in SETS:
        raise OptionError(f"'{name}' is no generated set: {nearest(name, SETS)}")
    made = SETS[name]
    count, side = count or made.count, side or made.side
    if not made.least_side <= side <= made.greatest_side:
        raise OptionError(f"the side of '{name}' must be {made.least_side} to {made.greatest_side} px, got {side}")
    final = tuple(folder / part for part in PARTS)
    with contextlib.ExitStack() as stack:
        images, masks, table = (stack.enter_context(replacing(path)) for path in final)
        images.mkdir()
        masks.mkdir()
        rows = []
        progress(name, 0, count)
        for done, item in enumerate(made.make(count, side, seed), start=1):
            rows.append(_write(item, images, masks, made.spacing_um))
            progress(name, done, count)
        _write_table(table, rows)
    return final


def _write(item: LabelledImage, images: Path, masks: Path, spacing_um: float | None) -> tuple[str, str, str]:
    """Write one image as TIFF with its spacing (PNG where there is none) and its mask as PNG; return its row."""
    suffix, more = (".png", {}) if spacing_um is None else (".tif", {"spacing": (spacing_um,) * 2, "unit": "um"})
    image, mask = images / f"{item.name}{suffix}", masks / f"{item.name}.png"
    write_image(image, item.image, axes="yxc"[: item.image.ndim], **more)
    write_image(mask, np.ascontiguousarray(item.mask), axes="yx")
    return f"{PARTS[0]}/{image.name}", f"{PARTS[1]}/{mask.name}", item.group


def _write_table(path: Path, rows: list[tuple[Any, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("image", "mask", "group"))
        writer.writerows(rows)
