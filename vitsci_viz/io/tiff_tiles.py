"""One resolution of a tiled or stripped TIFF: only the tiles under a window are read and decoded."""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.io.lazy import Box, BoxLevel

_PAGE_AXES = ("YX", "YXS", "SYX")
_JPEG_CODES = (6, 7, 34892, 33007)
"""Compressions whose tiles share tables or a header that lie elsewhere in the file."""


class TiledLevel(BoxLevel):
    """Pages of equal layout, cut into tiles or strips.

    Several threads may read at once: each read opens the file itself, and tifffile's decoders hold no state.

    Parameters
    ----------
    path : Path
    level : tifffile.TiffPageSeries
        One level of a series that `can_read` accepts.
    """

    def __init__(self, path: Path, level: Any) -> None:
        super().__init__(level.shape, level.dtype, path)
        page = level.keyframe
        self._stack = tuple(level.shape[: len(level.shape) - len(page.shape)])
        self._chunks: tuple[int, ...] = tuple(page.chunks)
        self._grid: tuple[int, ...] = tuple(page.chunked)
        pages = [one if one is not None else page for one in level.pages]
        self._places = [(one.dataoffsets, one.databytecounts) for one in pages]
        self._decoder = page.decode
        is_jpeg = int(page.compression) in _JPEG_CODES
        headers = [{"jpegtables": one.jpegtables, "jpegheader": page.jpegheader} for one in pages] if is_jpeg else []
        self._headers: list[dict[str, Any]] = headers or [{}] * len(pages)
        self._page_axes, self._nodata = page.axes, page.nodata

    @staticmethod
    def can_read(level: Any) -> bool:
        """Tell whether a level is made of whole pages of one file, cut in the plane."""
        page = level.keyframe
        if level.is_multifile or page is None or any(one is None for one in level.pages):
            return False
        stack = level.shape[: len(level.shape) - len(page.shape)]
        return (
            tuple(level.shape[len(stack) :]) == tuple(page.shape)
            and math.prod(stack) == len(level.pages)
            and page.imagedepth == 1
            and page.axes in _PAGE_AXES
            and len(page.chunks) == len(page.shape) == len(page.chunked)
        )

    def read_box(self, box: Box) -> NDArray[Any]:
        """Decode the tiles under the box."""
        depth = len(self._stack)
        result = np.empty([stop - start for start, stop in box], self.dtype)
        with Path(self.path).open("rb") as file:
            for at in np.ndindex(*(stop - start for start, stop in box[:depth])):
                page = int(np.ravel_multi_index([box[k][0] + i for k, i in enumerate(at)], self._stack)) if depth else 0
                self._read_page(file, page, box[depth:], result[at])
        return result

    def _read_page(self, file: Any, page: int, box: Box, target: NDArray[Any]) -> None:
        offsets, counts = self._places[page]
        spans = [range(start // n, -(-stop // n)) for (start, stop), n in zip(box, self._chunks, strict=True)]
        for at in np.ndindex(*(len(span) for span in spans)):
            cell = [span[i] for span, i in zip(spans, at, strict=True)]
            index = int(np.ravel_multi_index(cell, self._grid))
            first = [i * n for i, n in zip(cell, self._chunks, strict=True)]
            tile = self._decode(file, (int(offsets[index]), int(counts[index])), index, self._headers[page])
            inside = [
                (max(f, start), min(f + n, stop)) for f, n, (start, stop) in zip(first, self._chunks, box, strict=True)
            ]
            to = tuple(slice(a - start, b - start) for (a, b), (start, _) in zip(inside, box, strict=True))
            if tile is None:
                target[to] = self._nodata
                continue
            target[to] = tile[tuple(slice(a - f, b - f) for (a, b), f in zip(inside, first, strict=True))]

    def _decode(self, file: Any, place: tuple[int, int], index: int, header: dict[str, Any]) -> NDArray[Any] | None:
        """Return one tile with the axes of a page, or None where the file holds none."""
        offset, count = place
        if not count:
            return None
        file.seek(offset)
        data = file.read(count)
        if len(data) < count:
            raise EOFError(f"the file ends inside tile {index}")
        segment, _, _ = self._decoder(data, index, **header)
        if segment is None:
            return None
        return _with_page_axes(segment, self._page_axes)


def _with_page_axes(segment: NDArray[Any], axes: str) -> NDArray[Any]:
    """Turn a segment (depth, y, x, sample) into the axes of its page: YX, YXS or SYX."""
    plane = segment[0]
    if axes == "YXS":
        return plane
    return plane[..., 0] if axes == "YX" else np.moveaxis(plane, -1, 0)
