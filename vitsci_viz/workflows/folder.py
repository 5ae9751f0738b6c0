"""A sweep over one image or a folder of them: pairs of image and mask, and means over images."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.reading import suffix_of
from vitsci_viz.workflows.catalogue import SAMPLE_PREFIX

AVERAGED = (
    "tokens", "psnr", "ssim", "oracle_dice", "attention_flops", "step_flops", "step_bytes", "mean_patch", "split_value",
)  # fmt: skip
"""Numbers of a row that are averaged over images."""


def find_pairs(image: str, mask: str | None = None) -> list[tuple[str, str | None]]:
    """List the images to look at, each with its mask.

    Parameters
    ----------
    image : str
        A file, ``sample:NAME``, a folder of images, or a folder with ``images`` and (where there are masks) ``masks``.
    mask : str, optional
        A file, or a folder whose files have the images' stems.

    Returns
    -------
    list of (image, mask or None)
        By name.

    Raises
    ------
    MissingFileError, InputError
        The folder holds no image, a mask is missing, or one is a folder and the other a file.
    """
    folder = Path(image)
    if image.startswith(SAMPLE_PREFIX) or suffix_of(image) is not None or not folder.is_dir():
        if mask is not None and Path(mask).is_dir() and suffix_of(mask) is None:
            raise InputError(f"the mask of one image must be a file, got the folder {mask}: name the file in it")
        return [(image, mask)]
    if (folder / "images").is_dir():
        folder, own = folder / "images", folder / "masks"
        mask = str(own) if mask is None and own.is_dir() else mask
    images = readable_files(folder)
    if mask is None:
        return [(str(path), None) for path in images.values()]
    if not Path(mask).is_dir():
        raise InputError(f"the masks of a folder of images must be a folder with equal stems, got {mask}")
    masks = readable_files(Path(mask))
    missing = sorted(images.keys() - masks.keys())
    if missing:
        raise MissingFileError(
            f"every image needs a mask with its stem: {mask} has none for {', '.join(missing[:3])}"
            f"{f' and {len(missing) - 3} more' if len(missing) > 3 else ''}"
        )
    return [(str(path), str(masks[stem])) for stem, path in images.items()]


def readable_files(folder: Path) -> dict[str, Path]:
    """Return the images of a folder by stem, sorted.

    Raises
    ------
    InputError
        There is none, or two have one stem.
    """
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        suffix = suffix_of(path)
        if suffix is None or path.name.startswith("."):
            continue
        stem = path.name[: -len(suffix)]
        if stem in found:
            raise InputError(f"files of a folder must have different stems, got {found[stem].name} and {path.name}")
        found[stem] = path
    if not found:
        raise InputError(f"{folder} holds no image that can be read: name a folder of images")
    return found


def average_rows(names: Sequence[str], tables: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Average the rows of several images, setting by setting.

    Parameters
    ----------
    names : sequence of str
        Of the images.
    tables : sequence of sequences of mappings
        For every image a row per setting, the settings in one order.

    Returns
    -------
    list of dict
        A row per setting: means, with the numbers of every image under ``images``.
    """
    rows = []
    for same in zip(*tables, strict=True):
        means = {key: _mean([row[key] for row in same]) for key in AVERAGED}
        images = [{"name": name, **{key: row[key] for key in AVERAGED}} for name, row in zip(names, same, strict=True)]
        rows.append({**same[0], **means, "images": images})
    return rows


def _mean(values: Sequence[float | None]) -> float | None:
    """Average what is known; a Dice that an image does not have is left out."""
    known = [value for value in values if value is not None and not math.isnan(value)]
    return sum(known) / len(known) if known else None
