"""Frames on the wire: compressed bytes, at most about two megabytes whatever the viewport."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vitsci_viz.views.session.layers import Picture, Raster

Bytes = NDArray[np.uint8]

MOST_BYTES = 1_800_000
"""A frame stays below this."""
SMALL_PIXELS = 96 * 1024
"""Pictures up to this many pixels (strongly zoomed in) are sent without loss."""
QUALITIES = (92, 80, 65)


def encode_picture(picture: Picture) -> Bytes:
    """Compress colours: PNG where small, else JPEG of the highest quality that keeps the bound."""
    bgr = np.ascontiguousarray(picture.rgb[..., ::-1])
    if bgr.shape[0] * bgr.shape[1] <= SMALL_PIXELS:
        return _encode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    for quality in QUALITIES:
        packed = _encode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if len(packed) <= MOST_BYTES:
            return packed
    half = cv2.resize(picture.rgb, (bgr.shape[1] // 2, bgr.shape[0] // 2), interpolation=cv2.INTER_AREA)
    return encode_picture(Picture(rgb=np.asarray(half, np.uint8), extent=picture.extent))


def encode_raster(raster: Raster) -> Bytes:
    """Compress indices without loss; beyond the bound every second pixel is sent."""
    packed = _encode(".png", raster.index, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if len(packed) <= MOST_BYTES:
        return packed
    return encode_raster(replace(raster, index=np.ascontiguousarray(raster.index[::2, ::2])))


def frame_columns(scene: Picture | Raster | None, serial: int) -> dict[str, list[Any]]:
    """Return the columns of a frame source: bytes, palette (empty for colours), extent and serial."""
    empty = np.zeros(0, np.uint8)
    if scene is None:
        return {"bytes": [empty], "palette": [empty], "extent": [[0.0, 0.0, 1.0, 1.0]], "serial": [serial]}
    is_raster = isinstance(scene, Raster)
    packed = encode_raster(scene) if is_raster else encode_picture(scene)
    palette = np.ascontiguousarray(scene.palette).ravel() if is_raster else empty
    return {"bytes": [packed], "palette": [palette], "extent": [list(map(float, scene.extent))], "serial": [serial]}


def _encode(suffix: str, array: NDArray[np.uint8], parameters: list[int]) -> Bytes:
    done, packed = cv2.imencode(suffix, array, parameters)
    if not done:
        raise RuntimeError(f"OpenCV could not encode a {array.shape} {array.dtype} array as {suffix}")
    return np.asarray(packed, np.uint8).ravel()
