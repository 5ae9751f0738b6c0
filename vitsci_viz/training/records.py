"""Which images and masks belong together, and which patient or slide they come from."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.reading import FOLDERS, suffix_of

SAMPLE_PREFIX = "sample:"
TABLE = "table.csv"
"""A table in a folder of images and masks: it says more than the file names do."""
SPLITS = ("train", "val", "test")
NAMED_AT_MOST = 5
"""Errors about many files name this many."""


@dataclass(frozen=True)
class Record:
    """An image with its mask.

    Parameters
    ----------
    name : str
        Unique in the data; fit for a file name.
    image, mask : Path
        The files.
    group : str
        Patient or slide; empty where it is unknown.
    split : str
        ``train``, ``val``, ``test`` (neither), or empty before the images are split.
    """

    name: str
    image: Path
    mask: Path
    group: str = ""
    split: str = ""


def find_records(data: str | Path) -> tuple[Record, ...]:
    """Find images and masks.

    Parameters
    ----------
    data : str or path
        A folder with ``images`` and ``masks`` of equal stems (a ``table.csv`` beside them is read in place of the
        names), a CSV with the columns ``image,mask[,group][,split]`` relative to itself, or ``sample:NAME``.

    Returns
    -------
    tuple of Record
        By name; masks that belong to no image are left aside.

    Raises
    ------
    MissingFileError
        The folder, the table, an image or a mask does not exist.
    InputError
        No images, a column or a value is missing, a file is named twice, a group lies in two splits.
    """
    if str(data).startswith(SAMPLE_PREFIX):
        return _sample_records(str(data).removeprefix(SAMPLE_PREFIX))
    path = Path(data).expanduser()
    if not path.exists():
        raise MissingFileError(f"{path} does not exist: name a folder with images/ and masks/, or a CSV")
    if path.is_file():
        return _table_records(path)
    if (path / "images").is_dir() and (path / TABLE).is_file():
        return _table_records(path / TABLE)
    return _folder_records(path)


def _sample_records(name: str) -> tuple[Record, ...]:
    from vitsci_viz.io.samples import sample_files

    image, mask = sample_files(name)
    if image.is_dir() and mask is None:
        return find_records(image)
    if mask is None:
        raise InputError(f"training needs masks, and the sample '{name}' has none: choose another one")
    return (Record(name, image, mask),)


def _folder_records(folder: Path) -> tuple[Record, ...]:
    parts = {part: folder / part for part in ("images", "masks")}
    for part, path in parts.items():
        if not path.is_dir():
            raise MissingFileError(
                f"{folder} must hold the folders images and masks, but {part} is missing: add it, or give a CSV"
            )
    images, masks = (_by_stem(path) for path in parts.values())
    if not images:
        raise InputError(f"{parts['images']} holds no image of a known kind: put images there")
    lacking = [path.name for stem, path in images.items() if stem not in masks]
    if lacking:
        raise MissingFileError(
            f"every image must have a mask of the same stem in {parts['masks']}: {_listed(lacking)} of {len(images)} "
            "images have none; add the masks, or move these images elsewhere"
        )
    return _checked([Record(stem, path, masks[stem]) for stem, path in images.items()], folder)


def _by_stem(folder: Path) -> dict[str, Path]:
    """Return the readable files of a folder by the name without its (known) suffix."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        suffix = suffix_of(path)
        if path.name.startswith(".") or suffix is None or (path.is_dir() and suffix not in FOLDERS):
            continue
        stem = path.name[: -len(suffix)].removesuffix(".ome")
        if stem in found:
            raise InputError(
                f"stems must be unique in {folder}: {found[stem].name} and {path.name} have the same; rename one"
            )
        found[stem] = path
    return found


def _table_records(table: Path) -> tuple[Record, ...]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            rows = list(reader)
            columns = [name.strip() for name in reader.fieldnames or ()]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{table} must be a CSV in UTF-8 with the columns image,mask[,group][,split]: {error}"
        ) from None
    absent = [name for name in ("image", "mask") if name not in columns]
    if absent:
        raise InputError(
            f"{table} must have the columns image and mask (group and split if known), "
            f"got {', '.join(columns) or 'none'}"
        )
    if not rows:
        raise InputError(f"{table} has a head but no rows: name at least one image and its mask")
    records = [_row_record(table, line, row) for line, row in enumerate(rows, start=2)]
    _check_files(table, records)
    return _checked(records, table)


def _row_record(table: Path, line: int, row: Mapping[str, str | None]) -> Record:
    cells = {(name or "").strip(): (value or "").strip() for name, value in row.items() if isinstance(value, str)}
    for name in ("image", "mask"):
        if not cells.get(name):
            raise InputError(f"line {line} of {table} must name its {name}: fill the column or drop the line")
    split = cells.get("split", "")
    if split and split not in SPLITS:
        raise InputError(f"split in line {line} of {table} must be one of {', '.join(SPLITS)}, got {split!r}")
    image, mask = (table.parent / Path(cells[name]).expanduser() for name in ("image", "mask"))
    return Record(_stem(image), image, mask, cells.get("group", ""), split)


def _stem(path: Path) -> str:
    return path.name[: -len(suffix_of(path) or path.suffix) or None].removesuffix(".ome")


def _check_files(table: Path, records: Sequence[Record]) -> None:
    missing = [str(path) for record in records for path in (record.image, record.mask) if not path.exists()]
    if missing:
        raise MissingFileError(f"{table} names files that do not exist: {_listed(missing)}; paths are relative to it")
    twice = [str(path) for path, count in Counter(record.image for record in records).items() if count > 1]
    if twice:
        raise InputError(f"{table} must name every image once, but {_listed(twice)} come more often: drop lines")


def _checked(records: Sequence[Record], source: Path) -> tuple[Record, ...]:
    """Give records unique names and check what groups and splits must satisfy."""
    for what in ("group", "split"):
        known = [record for record in records if getattr(record, what)]
        if known and len(known) < len(records):
            lacking = [record.name for record in records if not getattr(record, what)]
            raise InputError(f"{source} must give every image a {what} or none: {_listed(lacking)} have none")
    check_groups(records)
    return tuple(sorted(_with_unique_names(records), key=lambda record: record.name))


def check_groups(records: Iterable[Record]) -> None:
    """Refuse a group (patient, slide) that is used for training and for validation.

    Raises
    ------
    InputError
        A group lies in two splits.
    """
    splits: dict[str, str] = {}
    for record in records:
        known = splits.setdefault(record.group, record.split) if record.group else record.split
        if known != record.split:
            raise InputError(
                f"a group must lie in one split, but '{record.group}' is in {known} and {record.split}: scores would "
                "be those of images that were trained on; give all its images the same split"
            )


def _with_unique_names(records: Sequence[Record]) -> list[Record]:
    """Put the folders' names before stems that come more than once."""
    depth, named = 1, list(records)
    while len({record.name for record in named}) < len(named):
        depth += 1
        counts = Counter(record.name for record in named)
        named = [
            replace(record, name="_".join((*record.image.parts[-depth:-1], _stem(record.image))))
            if counts[record.name] > 1
            else record
            for record in named
        ]
        if depth > max(len(record.image.parts) for record in named):
            return [replace(record, name=f"{number:05d}_{record.name}") for number, record in enumerate(named)]
    return named


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMED_AT_MOST
    return ", ".join(names[:NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
