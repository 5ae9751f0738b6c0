"""From mask values to class indices: which values there are, what they are called, which are left out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.errors import InputError, OptionError
from vitsci_viz.progress import Progress, silent
from vitsci_viz.training.masks import count_values
from vitsci_viz.training.options import DataOptions
from vitsci_viz.training.records import NAMED_AT_MOST, Record

IGNORED = 255
"""Class index of pixels that are left out of loss and scores."""
MOST_CLASSES = 254
UNNAMED_AT_MOST = 64
"""More values than this without names are taken for numbers of objects."""
BACKGROUND, FOREGROUND = "background", "foreground"
_UNKNOWN = 254
_REMEDY = "name them with classes, leave them out with ignore, or set instances if the masks number objects"


@dataclass(frozen=True, kw_only=True)
class LabelMap:
    """What the values of masks mean.

    Parameters
    ----------
    values : tuple of int
        Mask value of every class index; index 0 is background.
    names : tuple of str
        Name of every class index.
    ignore : tuple of int
        Mask values that are left out.
    is_instances : bool
        Masks number single objects: every value but 0 (and those left out) is class 1.
    """

    values: tuple[int, ...]
    names: tuple[str, ...]
    ignore: tuple[int, ...] = ()
    is_instances: bool = False

    def __len__(self) -> int:
        return len(self.names)

    def index_of(self, mask: Any, name: str = "the mask") -> NDArray[np.uint8]:
        """Return class indices, `IGNORED` where a value is left out.

        Parameters
        ----------
        mask : array of integers
            Mask values.
        name : str
            Named in errors.

        Raises
        ------
        InputError
            The mask holds a value that is no class; it is named with its count.
        """
        mask = np.asarray(mask)
        found = (mask != 0).view(np.uint8) if self.is_instances else self._looked_up(mask)
        for value in self.ignore:
            found[mask == value] = IGNORED
        if not self.is_instances and (found == _UNKNOWN).any():
            self._refuse_unknown(mask[found == _UNKNOWN], name)
        return found

    def _looked_up(self, mask: NDArray[Any]) -> NDArray[np.uint8]:
        if mask.dtype.kind == "u" and mask.dtype.itemsize <= 2:
            table = np.full(2 ** (8 * mask.dtype.itemsize), _UNKNOWN, np.uint8)
            for index, value in enumerate(self.values):
                if value < len(table):
                    table[value] = index
            return table[mask]
        found = np.full(mask.shape, _UNKNOWN, np.uint8)
        for index, value in enumerate(self.values):
            found[mask == value] = index
        return found

    def _refuse_unknown(self, unknown: NDArray[Any], name: str) -> None:
        values, many = np.unique(unknown, return_counts=True)
        pairs = zip(values[:NAMED_AT_MOST].tolist(), many[:NAMED_AT_MOST].tolist(), strict=True)
        raise InputError(
            f"{name} must hold the values of the classes ({_listed(self.values)}), got also "
            f"{_counted(dict(pairs), len(values))}: {_REMEDY}"
        )


def find_labels(records: Sequence[Record], options: DataOptions, *, progress: Progress = silent) -> LabelMap:
    """Find the classes of masks.

    Parameters
    ----------
    records : sequence of Record
        All of them: a class may lie in one mask only.
    options : DataOptions
        `classes`, `instances` and `ignore`.
    progress : Progress
        Told with each mask.

    Returns
    -------
    LabelMap
        Without `classes` every value is a class, in ascending order; masks with two values in all mean background
        and foreground.

    Raises
    ------
    InputError
        A mask holds a value that is no class, masks hold one value only, or so many that they look like numbers of
        objects.
    OptionError
        A value is a class and left out, or classes other than 0 and 1 are named for objects.
    """
    named = options.classes
    if named is not None and (both := sorted(set(named) & set(options.ignore))):
        raise OptionError(f"a mask value is a class or left out, not both: {_listed(both)} are in classes and ignore")
    if options.instances:
        return _instance_map(options)
    found = count_values(records, on_error=options.on_error, progress=progress)
    present = sorted({value for counts in found.values() for value in counts} - set(options.ignore))
    if named is None:
        return _found_map(present, options)
    if len(named) > MOST_CLASSES:
        raise OptionError(f"classes must be at most {MOST_CLASSES}, got {len(named)}")
    values = tuple(sorted(named))
    if values == (0, 1) and len(present) == 2 and not set(present) <= {0, 1}:
        return LabelMap(values=tuple(present), names=(named[0], named[1]), ignore=options.ignore)
    labels = LabelMap(values=values, names=tuple(named[value] for value in values), ignore=options.ignore)
    _refuse_unknown(found, labels)
    return labels


def _instance_map(options: DataOptions) -> LabelMap:
    names = options.classes or {0: BACKGROUND, 1: FOREGROUND}
    if sorted(names) != [0, 1]:
        raise OptionError(f"classes of masks that number objects are 0 and 1, got {_listed(sorted(names))}")
    return LabelMap(values=(0, 1), names=(names[0], names[1]), ignore=options.ignore, is_instances=True)


def _found_map(present: Sequence[int], options: DataOptions) -> LabelMap:
    if len(present) < 2:
        raise InputError(
            f"masks must hold at least two values to tell apart, got {_listed(present) or 'none'} in all of them: "
            "check that they are the masks, or name the classes"
        )
    if len(present) > UNNAMED_AT_MOST:
        raise InputError(
            f"masks hold {len(present)} values, which look like numbers of single objects: set instances if they are, "
            "or name the classes"
        )
    if len(present) == 2:
        names: tuple[str, ...] = (BACKGROUND, FOREGROUND)
    else:
        names = tuple(BACKGROUND if value == 0 else f"class {value}" for value in present)
    return LabelMap(values=tuple(present), names=names, ignore=options.ignore)


def _refuse_unknown(found: Mapping[str, Counter[int]], labels: LabelMap) -> None:
    known = {*labels.values, *labels.ignore}
    masks = [name for name, counts in found.items() if counts.keys() - known]
    if masks:
        unknown: Counter[int] = Counter()
        for counts in found.values():
            unknown.update({value: many for value, many in counts.items() if value not in known})
        first = dict(sorted(unknown.items())[:NAMED_AT_MOST])
        raise InputError(
            f"masks must hold the values of the classes ({_listed(labels.values)}), but {len(masks)} of {len(found)} "
            f"hold others, the first {masks[0]}: {_counted(first, len(unknown))}; {_REMEDY}"
        )


def class_areas(counts: Mapping[str, Counter[int]], labels: LabelMap) -> dict[str, NDArray[np.float64]]:
    """Return the pixels of every class in every mask, (K,) by the records' names.

    Parameters
    ----------
    counts : mapping
        What `count_values` found.
    labels : LabelMap
        The classes.
    """
    areas: dict[str, NDArray[np.float64]] = {}
    for name, tally in counts.items():
        area = areas.setdefault(name, np.zeros(len(labels)))
        for value, many in tally.items():
            index = int(labels.index_of(np.array([value]), name)[0])
            if index != IGNORED:
                area[index] += many
    return areas


def empty_classes(areas: Mapping[str, NDArray[np.float64]], labels: LabelMap) -> tuple[str, ...]:
    """Return the names of classes that no mask holds."""
    total = sum(areas.values(), np.zeros(len(labels)))
    return tuple(name for name, area in zip(labels.names, total, strict=True) if area == 0)


def _listed(values: Sequence[int]) -> str:
    return ", ".join(str(value) for value in values)


def _counted(counts: Mapping[int, int], many: int) -> str:
    more = many - len(counts)
    text = ", ".join(f"{value} ({count:,} pixels)" for value, count in counts.items())
    return text + (f" and {more} more values" if more > 0 else "")
