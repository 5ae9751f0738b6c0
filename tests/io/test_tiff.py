"""TIFFs of every layout equal tifffile's own full read, and windows of them are read alone."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from vitsci_viz.errors import InputError
from vitsci_viz.io import read_image
from vitsci_viz.io.levels import ArrayLevel, MappedLevel
from vitsci_viz.io.tiff_tiles import TiledLevel

RANDOM = np.random.default_rng(5)
LAYOUTS: Mapping[str, tuple[tuple[int, ...], dict[str, Any], str]] = {
    "grey in one piece": ((70, 90), {}, "yx"),
    "grey in strips": ((70, 90), {"compression": "deflate", "rowsperstrip": 16}, "yx"),
    "grey in tiles": ((70, 90), {"tile": (32, 16)}, "yx"),
    "colour in tiles": ((70, 90, 3), {"tile": (32, 32), "compression": "deflate", "photometric": "rgb"}, "yxc"),
    "colour with predictor": ((70, 90, 3), {"compression": "lzw", "predictor": True, "photometric": "rgb"}, "yxc"),
    "colour in planes": (
        (3, 70, 90),
        {"planarconfig": "separate", "photometric": "rgb", "tile": (16, 16), "compression": "zstd"},
        "yxc",
    ),
    "pages": ((6, 40, 50), {"photometric": "minisblack"}, "zyx"),
    "pages in tiles": ((6, 40, 50), {"photometric": "minisblack", "tile": (16, 32), "compression": "deflate"}, "zyx"),
    "pages of colour": ((5, 40, 50, 3), {"photometric": "rgb", "compression": "deflate"}, "zyxc"),
    "big-endian": ((40, 50), {"byteorder": ">"}, "yx"),
    "big-endian in strips": ((40, 50), {"byteorder": ">", "compression": "deflate"}, "yx"),
    "volume tiles": ((16, 64, 64), {"tile": (16, 16, 16), "volumetric": True, "compression": "deflate"}, "zyx"),
}


def noise(shape: tuple[int, ...], dtype: Any = np.uint16) -> np.ndarray:
    return (RANDOM.random(shape) * 200).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_equals_a_full_read(tmp_path: Path, layout: str, dtype: Any) -> None:
    shape, options, axes = LAYOUTS[layout]
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise(shape, dtype), **options)
    image = read_image(path)
    whole = tifffile.imread(path)
    whole = np.moveaxis(whole, 0, -1) if layout == "colour in planes" else whole
    assert (image.axes, image.data.dtype) == (axes, np.dtype(dtype))
    assert image.data.dtype.isnative
    np.testing.assert_array_equal(np.asarray(image), whole)
    window = (slice(3, 33), slice(7, 39, 2))
    np.testing.assert_array_equal(image.data[window], whole[window])


def test_windows_are_the_same_from_many_threads(tmp_path: Path) -> None:
    whole = noise((512, 512), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", whole, tile=(64, 64), compression="deflate")
    level = read_image(tmp_path / "a.tif").data
    starts = [(y, x) for y in range(0, 480, 37) for x in range(0, 480, 41)]
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda at: level[at[0] : at[0] + 32, at[1] : at[1] + 32], starts))
    for (y, x), part in zip(starts, parts, strict=True):
        np.testing.assert_array_equal(part, whole[y : y + 32, x : x + 32])


def test_layouts_are_read_without_detours(tmp_path: Path) -> None:
    kinds = {"grey in one piece": MappedLevel, "colour in tiles": TiledLevel, "volume tiles": ArrayLevel}
    for name, kind in kinds.items():
        shape, options, _ = LAYOUTS[name]
        tifffile.imwrite(tmp_path / "a.tif", noise(shape), **options)
        assert type(read_image(tmp_path / "a.tif").data) is kind


def test_a_window_reads_only_its_tiles(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    whole = noise((256, 256), np.uint8)
    tifffile.imwrite(path, whole, tile=(64, 64), compression="deflate")
    with tifffile.TiffFile(path) as file:
        spoilt = file.pages[0].dataoffsets[5]
    level = read_image(path).data
    raw = bytearray(path.read_bytes())
    raw[spoilt : spoilt + 20] = bytes(20)
    path.write_bytes(raw)
    np.testing.assert_array_equal(level[:64, :256], whole[:64])
    with pytest.raises(InputError, match="could not be read"):
        level[64:128, 64:128]


def test_sparse_tiles_are_filled(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tiles = (noise((16, 16), np.uint8) + 1 if k % 3 == 0 else None for k in range(4))
    tifffile.imwrite(path, tiles, shape=(32, 32), dtype=np.uint8, tile=(16, 16), compression="deflate")
    np.testing.assert_array_equal(np.asarray(read_image(path)), tifffile.imread(path))


def pyramid(path: Path, **options: Any) -> list[np.ndarray]:
    levels = [noise((256 // 2**k, 320 // 2**k, 3), np.uint8) for k in range(3)]
    with tifffile.TiffWriter(path, **{key: options[key] for key in ("ome",) if key in options}) as writer:
        more = {"tile": (64, 64), "photometric": "rgb", "compression": "deflate"}
        writer.write(levels[0], subifds=2, metadata={"axes": "YXS"}, **more)
        for level in levels[1:]:
            writer.write(level, subfiletype=1, **more)
    return levels


@pytest.mark.parametrize(("name", "is_ome"), [("a.tif", False), ("a.ome.tif", True)])
def test_pyramids_have_their_levels(tmp_path: Path, name: str, is_ome: bool) -> None:
    levels = pyramid(tmp_path / name, ome=is_ome)
    image = read_image(tmp_path / name)
    assert len(image.levels) == 3
    for ours, whole in zip(image.levels, levels, strict=True):
        np.testing.assert_array_equal(ours[10:50, ::-1], whole[10:50, ::-1])


def test_pyramids_of_plain_pages_have_their_levels(tmp_path: Path) -> None:
    levels = [noise((256 // 2**k, 320 // 2**k, 3), np.uint8) for k in range(3)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        for k, level in enumerate(levels):
            writer.write(level, tile=(64, 64), photometric="rgb", subfiletype=int(k > 0), metadata=None)
    for ours, whole in zip(read_image(tmp_path / "a.tif").levels, levels, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), whole)


def test_other_files_that_a_file_names_are_never_opened(tmp_path: Path) -> None:
    secret = tmp_path / "elsewhere" / "secret.ome.tif"
    secret.parent.mkdir()
    options = {"photometric": "minisblack", "compression": "deflate"}
    tifffile.imwrite(secret, noise((1, 20, 30)), metadata={"axes": "ZYX", "UUID": "urn:uuid:" + "1" * 32}, **options)
    path = tmp_path / "root" / "a.ome.tif"
    path.parent.mkdir()
    named = '<UUID FileName="../elsewhere/secret.ome.tif">urn:uuid:1</UUID>'
    own = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
    xml = (
        f'<?xml version="1.0"?><OME xmlns="{own}" UUID="urn:uuid:2"><Image ID="Image:0"><Pixels ID="Pixels:0" '
        'DimensionOrder="XYZCT" Type="uint16" SizeX="30" SizeY="20" SizeZ="2" SizeC="1" SizeT="1">'
        '<TiffData IFD="0" FirstZ="0" PlaneCount="1"/>'
        f'<TiffData IFD="0" FirstZ="1" PlaneCount="1">{named}</TiffData></Pixels></Image></OME>'
    )
    tifffile.imwrite(path, noise((20, 30)), description=xml, metadata=None, **options)
    with tifffile.TiffFile(path) as file:
        assert file.series[0].shape == (2, 20, 30)
    with pytest.raises(InputError, match="save it as one file"):
        read_image(path)


def test_ome_tiff_gives_spacing_unit_and_channels_last(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    whole = noise((2, 5, 30, 40))
    metadata = {
        "axes": "CZYX",
        "PhysicalSizeX": 250,
        "PhysicalSizeXUnit": "nm",
        "PhysicalSizeY": 0.25,
        "PhysicalSizeZ": 2,
    }
    tifffile.imwrite(path, whole, metadata=metadata, photometric="minisblack", compression="deflate")
    image = read_image(path)
    assert (image.axes, image.shape, image.channels) == ("zyxc", (5, 30, 40), 2)
    assert image.spacing == pytest.approx((2000, 250, 250))
    assert image.unit == "nm"
    assert image.name == "a"
    np.testing.assert_array_equal(image.data[1:3, 4:9, :, 1], whole[1, 1:3, 4:9])


def test_imagej_stacks_give_spacing(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    metadata = {"axes": "ZYX", "spacing": 3.0, "unit": "um"}
    tifffile.imwrite(path, noise((5, 30, 40)), imagej=True, resolution=(2.0, 4.0), metadata=metadata)
    image = read_image(path)
    assert image.spacing == pytest.approx((3.0, 0.25, 0.5))
    assert image.unit == "um"


def test_a_resolution_per_centimetre_is_a_spacing_and_one_per_inch_is_not(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "cm.tif", noise((30, 40)), resolution=(20_000, 10_000), resolutionunit="CENTIMETER")
    tifffile.imwrite(tmp_path / "inch.tif", noise((30, 40)), resolution=(300, 300), resolutionunit="INCH")
    assert read_image(tmp_path / "cm.tif").spacing_um == pytest.approx((1.0, 0.5))
    assert read_image(tmp_path / "inch.tif").spacing is None


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha"])
def test_alpha_is_composited_on_white(tmp_path: Path, kind: str) -> None:
    array = noise((20, 30, 4), np.uint8)
    array[..., 3] = 0
    array[:10, :, 3] = 255
    tifffile.imwrite(tmp_path / "a.tif", array, photometric="rgb", extrasamples=[kind])
    image = read_image(tmp_path / "a.tif")
    assert image.channels == 3
    np.testing.assert_array_equal(image.data[:10], array[:10, :, :3])
    if kind == "unassalpha":
        assert (image.data[10:] == 255).all()


def test_jpeg_tiles_are_as_tifffile_decodes_them(tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(200), np.arange(300))[..., None] * np.array([0.3, 0.2, 0.4])
    tifffile.imwrite(tmp_path / "a.tif", smooth.astype(np.uint8), tile=(64, 64), compression="jpeg", photometric="rgb")
    np.testing.assert_array_equal(np.asarray(read_image(tmp_path / "a.tif")), tifffile.imread(tmp_path / "a.tif"))


@pytest.mark.parametrize("compression", [None, "deflate"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.8])
def test_truncated_files_are_refused(tmp_path: Path, compression: str | None, share: float) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, noise((256, 256)), compression=compression, tile=(64, 64) if compression else None)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(InputError):
        np.asarray(read_image(path))


def test_time_and_depth_together_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, noise((2, 3, 20, 20)), metadata={"axes": "TZYX"}, photometric="minisblack")
    with pytest.raises(InputError, match="at most one stack axis"):
        read_image(path)


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((8, 8), np.complex64))
    with pytest.raises(InputError, match="integers, floats or booleans"):
        read_image(tmp_path / "a.tif")


@pytest.mark.data
def test_real_stacks_equal_a_full_read(data_dir: Path) -> None:
    for path in sorted(data_dir.glob("*/*.tif")):
        np.testing.assert_array_equal(np.asarray(read_image(path)), tifffile.imread(path))


def test_a_stack_that_lost_its_last_pages_is_not_taken_for_a_smaller_one(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.random.default_rng(0).integers(0, 255, (20, 30, 40), np.uint8), compression="zlib")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="truncated"):
        read_image(path)
