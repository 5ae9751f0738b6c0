"""PNG, JPEG and other plain pictures: one level, decoded whole at the first slice."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitsci_viz.axes import check_pixels
from vitsci_viz.io.lazy import reading
from vitsci_viz.io.levels import DecodedLevel, composite_on_white
from vitsci_viz.types import Image

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
"""What a picture may be, whatever its name says: other formats of Pillow start programs (EPS) or open files (WMF)."""
_ORIENTATION = 0x0112
_TURNED = (5, 6, 7, 8)
_TARGETS = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB", "RGBX": "RGB"}
_LAYOUTS: dict[str, tuple[int, str]] = {
    "L": (1, "u1"),
    "LA": (2, "u1"),
    "RGB": (3, "u1"),
    "RGBA": (4, "u1"),
    "I;16": (1, "u2"),
    "I;16B": (1, "u2"),
    "I": (1, "i4"),
    "F": (1, "f4"),
}
_size_check = threading.Lock()


def read_picture(path: Path) -> Image:
    """Read a PNG, JPEG, BMP, WebP or GIF picture (its first frame).

    Palettes become colours; alpha is composited on white (which drops it where opaque); EXIF turns are undone;
    16-bit grey and colour stay 16-bit.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Image
        One level, axes ``yx`` or ``yxc``, no spacing (the dots per inch of a picture are a printing size).
    """
    with reading(path), _open(path) as picture:
        mode, wide = _target_mode(picture), _is_wide(picture)
        channels, kind = _LAYOUTS[mode]
        height, width = picture.height, picture.width
        orientation = _orientation(picture)
        if orientation in _TURNED:
            height, width = width, height
    colours = channels - 1 if channels in (2, 4) else channels
    shape = (height, width) if colours == 1 else (height, width, colours)
    check_pixels(shape, kind, path)
    level = DecodedLevel(lambda: _decode_opaque(path, mode, wide, orientation), shape, "u2" if wide else kind, path)
    return Image(levels=(level,), axes="yxc"[: len(shape)], name=path.stem, path=path)


def read_indices(path: Path) -> NDArray[Any]:
    """Decode a picture as labels: palette indices and bits stay as they are, alpha is left out.

    Returns
    -------
    (y, x) or (y, x, c) array
    """
    with reading(path), _open(path) as picture:
        if _is_wide(picture):
            return _decode_wide(path)
        if picture.mode == "1":
            return np.asarray(picture).astype(np.uint8)
        if picture.mode == "P":
            return np.asarray(picture)
        mode = _target_mode(picture)
        pixels = np.asarray(picture.convert(mode) if picture.mode != mode else picture)
        return pixels[..., 0] if mode == "LA" else pixels[..., :3] if mode == "RGBA" else pixels


@contextlib.contextmanager
def _open(path: Path) -> Iterator[Any]:
    """Open with Pillow without its limit on the number of pixels (ours looks at the free memory)."""
    import PIL.Image

    with _size_check:
        limit, PIL.Image.MAX_IMAGE_PIXELS = PIL.Image.MAX_IMAGE_PIXELS, None
        try:
            picture = PIL.Image.open(path, formats=_FORMATS)
        finally:
            PIL.Image.MAX_IMAGE_PIXELS = limit
    with picture:
        yield picture


def _orientation(picture: Any) -> int:
    """Return the EXIF orientation (1 is upright) as far as the header holds it: a PNG is not decoded to look for it."""
    if picture.format == "PNG" and "exif" not in picture.info:
        return 1
    return int(picture.getexif().get(_ORIENTATION, 1))


def _upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Undo the turn and the mirroring that an EXIF orientation stands for."""
    turned = pixels.swapaxes(0, 1) if orientation in _TURNED else pixels
    rows = slice(None, None, -1) if orientation in (3, 4, 7, 8) else slice(None)
    columns = slice(None, None, -1) if orientation in (2, 3, 6, 7) else slice(None)
    return np.ascontiguousarray(turned[rows, columns])


def _target_mode(picture: Any) -> str:
    if picture.mode in ("P", "PA") and (picture.mode == "PA" or "transparency" in picture.info):
        return "RGBA"
    return _TARGETS.get(picture.mode, picture.mode)


def _is_wide(picture: Any) -> bool:
    """Tell whether Pillow would lose half of 16-bit colours."""
    return picture.format == "PNG" and picture.mode in ("RGB", "RGBA", "LA") and "16" in str(picture.tile[0].args)


def _decode_opaque(path: Path, mode: str, wide: bool, orientation: int) -> NDArray[Any]:
    pixels = _upright(_decode(path, mode, wide), orientation)
    if mode in ("LA", "RGBA"):
        pixels = composite_on_white(pixels)
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels


def _decode(path: Path, mode: str, wide: bool) -> NDArray[Any]:
    if wide:
        return _decode_wide(path)
    with _open(path) as picture:
        pixels = np.array(picture if picture.mode == mode else picture.convert(mode))
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _decode_wide(path: Path) -> NDArray[Any]:
    import imagecodecs

    return np.array(imagecodecs.png_decode(path.read_bytes()))
