"""Files with spoilt bytes are read or refused in one line; nothing else ever comes out."""

from collections.abc import Callable, Mapping
from pathlib import Path

import nibabel
import numpy as np
import PIL.Image
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitsci_viz.errors import VitsciVizError
from vitsci_viz.io import read_image, read_mask
from vitsci_viz.types import Image

COLOURS = np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8)
TOO_LARGE = 10**8


def _save_picture(path: Path) -> None:
    PIL.Image.fromarray(COLOURS).save(path)


def _save_nifti(path: Path) -> None:
    nibabel.save(nibabel.Nifti1Image(COLOURS.astype(np.int16), np.eye(4)), path)


WRITERS: Mapping[str, Callable[[Path], object]] = {
    "a.png": _save_picture,
    "a.jpg": _save_picture,
    "a.bmp": _save_picture,
    "a.gif": _save_picture,
    "tiles.tif": lambda path: tifffile.imwrite(path, COLOURS, tile=(16, 16), compression="jpeg", photometric="rgb"),
    "strips.tif": lambda path: tifffile.imwrite(path, COLOURS[..., 0], compression="deflate"),
    "plain.tif": lambda path: tifffile.imwrite(path, COLOURS[..., 0]),
    "a.ome.tif": lambda path: tifffile.imwrite(path, COLOURS.T, metadata={"axes": "CYX"}, photometric="minisblack"),
    "a.nii": _save_nifti,
    "a.nii.gz": _save_nifti,
    "a.npy": lambda path: np.save(path, COLOURS),
    "a.npz": lambda path: np.savez_compressed(path, image=COLOURS),
}


@pytest.mark.filterwarnings("ignore")  # of libraries that remark on what they repair
@pytest.mark.parametrize("name", WRITERS)
@given(
    spoilt=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    reach=st.sampled_from([200, 800, 10**6]),
    kept=st.sampled_from([1.0, 1.0, 0.95, 0.4]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spoilt_bytes_are_read_or_refused_in_one_line(
    tmp_path: Path, name: str, spoilt: list[tuple[float, int]], reach: int, kept: float
) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    raw = bytearray(path.read_bytes())
    for place, value in spoilt:
        raw[int(place * (min(len(raw), reach) - 1))] = value
    path.write_bytes(raw[: max(1, int(len(raw) * kept))])
    for read in (read_image, read_mask):
        assert "\n" not in refusal(read, path)


def refusal(read: Callable[[Path], Image], path: Path) -> str:
    """Read a file whole and return what the refusal says, if it is refused."""
    try:
        image = read(path)
        if np.prod(image.data.shape, dtype=float) < TOO_LARGE:
            assert np.asarray(image).shape == image.data.shape
    except VitsciVizError as error:
        return str(error)
    return ""
