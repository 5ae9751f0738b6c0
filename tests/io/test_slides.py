"""Whole slides: every level, micrometres per pixel, windows equal to tiffslide's."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import tiffslide

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image

SLIDE = "pathology/cmu-1-small-region.svs"


@pytest.mark.data
def test_a_real_slide_equals_what_tiffslide_reads(data_dir: Path) -> None:
    image = read_image(data_dir / SLIDE)
    with tiffslide.TiffSlide(data_dir / SLIDE) as slide:
        theirs = slide.read_region((300, 500), 0, (700, 400), as_array=True)
        sizes = slide.level_dimensions
    assert (image.axes, image.unit, image.spacing) == ("yxc", "um", (0.499, 0.499))
    assert [level.shape[1::-1] for level in image.levels] == list(sizes)
    np.testing.assert_array_equal(image.data[500:900, 300:1000], theirs)


@pytest.mark.data
def test_a_truncated_slide_is_refused(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.svs"
    path.write_bytes((data_dir / SLIDE).read_bytes()[:900_000])
    with pytest.raises(InputError):
        np.asarray(read_image(path))


def test_a_generic_pyramid_named_as_a_slide_has_its_levels(tmp_path: Path) -> None:
    path = tmp_path / "a.svs"
    levels = [np.full((256 // 2**k, 256 // 2**k, 3), 40 + k, np.uint8) for k in range(2)]
    with tifffile.TiffWriter(path) as writer:
        for number, level in enumerate(levels):
            writer.write(
                level,
                tile=(64, 64),
                photometric="rgb",
                subfiletype=int(number > 0),
                metadata=None,
                description="Aperio Image Library v1\n256x256 |AppMag = 20|MPP = 0.25",
            )
    image = read_image(path)
    assert image.spacing == (0.25, 0.25)
    np.testing.assert_array_equal(np.asarray(image), levels[0])
