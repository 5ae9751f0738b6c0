"""Whole-slide images: levels and micrometres per pixel."""

from dataclasses import replace
from pathlib import Path

from vitsci_viz.io.lazy import reading
from vitsci_viz.io.tiff import ONE_FILE, image_from_series
from vitsci_viz.types import Image


def read_slide(path: Path) -> Image:
    """Read a whole-slide image (SVS, NDPI, SCN, BIF and the like) through tiffslide.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Image
        Axes ``yxc``, every level of the pyramid, spacing in um where the scanner wrote it.
    """
    import tiffslide

    with reading(path), tiffslide.TiffSlide(path, tifffile_options=ONE_FILE) as slide:
        file = slide.ts_tifffile
        series = file.series[int(slide.properties.get("tiffslide.series-index") or 0)]
        image = image_from_series(file, series, path)
        mpp = (slide.properties.get("tiffslide.mpp-y"), slide.properties.get("tiffslide.mpp-x"))
    steps = tuple(float(value) for value in mpp if value)
    return replace(image, spacing=steps, unit="um") if len(steps) == 2 else image
