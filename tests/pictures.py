"""Screenshots and figures that tests keep; some of them are the README's."""

import io
import os
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
README_FOLDER = ROOT / "docs" / "images"
README_NAMES = ("hero", "pareto", "notebook", "notebook_centre", "cli", "tomography_tooth")
LIMIT_BYTES = 300_000


def keep(name: str, png: bytes, *, folder: Path) -> Path:
    """Write a picture into a folder; `make screenshots` also renews the README's picture of that name.

    Parameters
    ----------
    name : str
        File name without suffix; those in `README_NAMES` stand in the README.
    png : bytes
        What ``page.screenshot()`` returns.
    folder : Path
        Where a person looks for it, the fixture `artefacts`.

    Returns
    -------
    Path
        The file in that folder.
    """
    path = folder / f"{name}.png"
    path.write_bytes(png)
    if name in README_NAMES and os.environ.get("VITSCI_VIZ_README") == "1":
        README_FOLDER.mkdir(parents=True, exist_ok=True)
        (README_FOLDER / f"{name}.png").write_bytes(small_png(png))
    return path


def small_png(png: bytes) -> bytes:
    """Return the picture with as many colours as fit in `LIMIT_BYTES`."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (256, 128, 64, 32, 16):
        stream = io.BytesIO()
        picture.quantize(colours, method=Image.Quantize.MEDIANCUT).save(stream, format="PNG", optimize=True)
        if stream.tell() <= LIMIT_BYTES:
            return stream.getvalue()
    raise ValueError(f"a picture for the README must fit in {LIMIT_BYTES} bytes, got {stream.tell()}: make it smaller")
