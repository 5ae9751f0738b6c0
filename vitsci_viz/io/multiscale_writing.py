"""The arrays and the description of one OME-Zarr multiscale image, whatever it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vitsci_viz.io.coarsening import level_shapes

Version = Literal["0.4", "0.5"]

CHUNK = {2: 1024, 3: 64}
"""Side of a chunk by dimension."""
_UNITS = {"nm": "nanometer", "um": "micrometer", "mm": "millimeter", "cm": "centimeter", "m": "meter"}


@dataclass(frozen=True, kw_only=True)
class MultiscaleFacts:
    """What a multiscale image is.

    Parameters
    ----------
    name : str
        What to call it.
    shape : tuple of int
        Spatial shape of the finest level.
    dtype : numpy dtype
        Of its values.
    lead : tuple of int
        Length of a channel axis before the spatial ones; empty without.
    spacing : tuple of float, optional
        Distance between samples along each spatial axis, in `unit`.
    unit : str, optional
        nm, um, mm, cm or m.
    chunk : tuple of int, optional
        Sides of a chunk; default `CHUNK`.
    version : {"0.5", "0.4"}
        Of OME-NGFF; 0.4 (Zarr format 2) for older programs.
    """

    name: str
    shape: tuple[int, ...]
    dtype: Any
    lead: tuple[int, ...] = ()
    spacing: tuple[float, ...] | None = None
    unit: str | None = None
    chunk: tuple[int, ...] | None = None
    version: Version = "0.5"
    axes: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "axes", "c" * len(self.lead) + "zyx"[3 - len(self.shape) :])


def slab_chunk(rows: int) -> tuple[int, int, int]:
    """Return chunks that slabs of so many rows fill: of the usual size, flatter where slabs are.

    >>> slab_chunk(64), slab_chunk(16), slab_chunk(1)
    ((64, 64, 64), (16, 128, 128), (1, 512, 512))
    """
    most = CHUNK[3]
    flatter = max(0, (most // min(rows, most)).bit_length() - 1)
    return max(1, most >> flatter), most << (flatter // 2), most << (flatter // 2)


class MultiscaleTarget:
    """The arrays of one multiscale image; its metadata are written when all pixels are.

    Parameters
    ----------
    folder : Path
        Of the group.
    facts : MultiscaleFacts
        What is written.
    is_continued : bool
        Open arrays that were made before, with what they hold.

    Attributes
    ----------
    arrays : list
        Zarr arrays, finest first.
    """

    def __init__(self, folder: Path, facts: MultiscaleFacts, *, is_continued: bool = False) -> None:
        import zarr

        self.facts = facts
        if is_continued:
            self._group: Any = zarr.open_group(folder, mode="r+")
            self.arrays: list[Any] = [self._group[str(number)] for number in range(len(level_shapes(facts.shape)))]
            return
        chunk = facts.chunk or (CHUNK[len(facts.shape)],) * len(facts.shape)
        self._group = zarr.open_group(folder, mode="w", zarr_format=3 if facts.version == "0.5" else 2)
        self.arrays = [
            self._group.create_array(
                str(number),
                shape=(*facts.lead, *shape),
                chunks=(*(1 for _ in facts.lead), *map(min, chunk, shape)),
                dtype=np.dtype(facts.dtype),
                fill_value=0,
                **_layout(facts),
            )
            for number, shape in enumerate(level_shapes(facts.shape))
        ]

    def describe(self, extra: Mapping[str, Any]) -> None:
        """Write axes, scales and what else there is to say."""
        facts = self.facts
        datasets = [
            {"path": str(number), "coordinateTransformations": _transforms(number, facts)}
            for number in range(len(self.arrays))
        ]
        unit = _UNITS.get(facts.unit or "") if facts.spacing is not None else None
        space = {"type": "space", **({"unit": unit} if unit else {})}
        axes = [{"name": letter, **({"type": "channel"} if letter == "c" else space)} for letter in facts.axes]
        multiscales = {"name": facts.name, "axes": axes, "datasets": datasets}
        if facts.version == "0.5":
            self._group.attrs.update({"ome": {"version": "0.5", "multiscales": [multiscales], **extra}})
        else:
            self._group.attrs.update({"multiscales": [{**multiscales, "version": "0.4"}], **extra})


def _layout(facts: MultiscaleFacts) -> dict[str, Any]:
    if facts.version == "0.5":
        return {"dimension_names": tuple(facts.axes)}
    return {"chunk_key_encoding": {"name": "v2", "separator": "/"}}


def _transforms(level: int, facts: MultiscaleFacts) -> list[dict[str, Any]]:
    """Return scale and shift of a level: the centre of its first block lies inside the image by half a block."""
    spacing = facts.spacing or (1.0,) * len(facts.shape)
    lead: Sequence[float] = (1.0,) * len(facts.lead)
    scale = [*lead, *(step * 2**level for step in spacing)]
    if level == 0:
        return [{"type": "scale", "scale": scale}]
    shift = [*(0.0 for _ in lead), *(step * (2**level - 1) / 2 for step in spacing)]
    return [{"type": "scale", "scale": scale}, {"type": "translation", "translation": shift}]
