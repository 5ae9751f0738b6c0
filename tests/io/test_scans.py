"""Scans of every layout hold the same views, flats, darks and angles; what is wrong with a file is said."""

import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile

import vitsci_viz as vz
from tests.io.scan_layouts import (
    ANGLES,
    DARKS,
    FLATS,
    LAYOUTS,
    PLACES,
    SCAN,
    THETA,
    VIEWS,
    save_dxchange,
    save_folder,
    save_nxtomo,
    save_tiff,
)
from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.io.scans import SCAN_READERS, read_scan
from vitsci_viz.types import Scan, ScanGeometry


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_holds_the_same_scan(tmp_path: Path, name: str):
    scan = read_scan(LAYOUTS[name](tmp_path / name))
    assert scan.shape == VIEWS.shape
    assert scan.projections.dtype == np.uint16
    np.testing.assert_allclose(scan.geometry.angles_rad, ANGLES, atol=1e-12)
    np.testing.assert_array_equal(scan.projections[2:9:3, 1:, ::-1], VIEWS[2:9:3, 1:, ::-1])
    np.testing.assert_array_equal(np.asarray(scan.projections), VIEWS)
    np.testing.assert_array_equal(np.asarray(scan.flats), FLATS)
    np.testing.assert_array_equal(np.asarray(scan.darks), DARKS)
    assert not scan.are_line_integrals
    assert (scan.name, scan.path) == (name.partition(".")[0], tmp_path / name)


@pytest.mark.parametrize("name", LAYOUTS)
def test_threads_read_rows_side_by_side_and_a_scan_can_be_sent_to_a_process(tmp_path: Path, name: str):
    scan = read_scan(LAYOUTS[name](tmp_path / name))
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda row: scan.projections[:, row % 5], range(40)))
    for number, row in enumerate(rows):
        np.testing.assert_array_equal(row, VIEWS[:, number % 5])
    if "packed" not in name:  # decoded whole, by whatever read it
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(scan)).projections[:, 3], VIEWS[:, 3])


@pytest.mark.parametrize("name", ["written.h5", "nxtomo.nxs", "arrays.npz"])
def test_when_flats_were_taken_and_the_pixel_are_kept(tmp_path: Path, name: str):
    scan = read_scan(LAYOUTS[name](tmp_path / name))
    np.testing.assert_allclose(scan.flat_places, PLACES, atol=1e-9)
    assert scan.geometry.pixel_mm == pytest.approx(0.02)


def test_nothing_is_read_before_it_is_sliced(tmp_path: Path):
    """A file of 4 TB, whose pixels were never written, opens at once and gives one view."""
    with h5py.File(tmp_path / "large.h5", "w") as file:
        file.create_dataset("exchange/data", (360, 75_000, 75_000), "u2", chunks=(1, 100, 100), fillvalue=7)
        file["exchange/theta"] = np.arange(360) / 2
    scan = read_scan(tmp_path / "large.h5")
    assert scan.projections[5, 100:102, 60_000:60_003].tolist() == [[7, 7, 7], [7, 7, 7]]


def test_a_user_block_before_the_file_moves_its_arrays(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=1024) as file:
        file["exchange/data"], file["exchange/theta"] = VIEWS, THETA
    np.testing.assert_array_equal(np.asarray(read_scan(tmp_path / "a.h5").projections), VIEWS)


def test_numbers_of_another_byte_order_are_read(tmp_path: Path):
    scan = read_scan(save_dxchange(tmp_path / "a.h5", data=VIEWS.astype(">u2")))
    np.testing.assert_array_equal(np.asarray(scan.projections), VIEWS)


def test_a_written_scan_keeps_a_known_geometry_and_line_integrals(tmp_path: Path):
    geometry = ScanGeometry(angles_rad=ANGLES + 0.3, centre=2.75, pixel_mm=0.5, tilt_rad=-0.01)
    sums = VIEWS.astype(np.float32) / 1e4
    written = write_scan(tmp_path / "a.h5", Scan(projections=sums, geometry=geometry, are_line_integrals=True))
    scan = read_scan(written)
    assert scan.are_line_integrals
    assert (scan.geometry.centre, scan.geometry.tilt_rad) == (2.75, -0.01)
    assert scan.geometry.pixel_mm == pytest.approx(0.5)
    assert (scan.flats, scan.darks, scan.flat_places) == (None, None, None)
    np.testing.assert_allclose(scan.geometry.angles_rad, ANGLES + 0.3)
    np.testing.assert_array_equal(np.asarray(scan.projections), sums)


@pytest.mark.parametrize("order", [1, -1])
def test_places_of_flats_survive_writing_for_rising_and_falling_angles(tmp_path: Path, order: int):
    geometry = replace(SCAN.geometry, angles_rad=order * ANGLES)
    places = np.array([-0.5, 4.25, 11.5])
    scan = read_scan(write_scan(tmp_path / "a.h5", replace(SCAN, geometry=geometry, flat_places=places)))
    np.testing.assert_allclose(scan.flat_places, places, atol=1e-9)


def test_sinograms_in_an_archive_are_line_integrals(tmp_path: Path):
    np.savez(tmp_path / "a.npz", sinograms=VIEWS / 1e4, angles_deg=THETA / 4, centre=3.25)
    scan = read_scan(tmp_path / "a.npz")
    assert (scan.are_line_integrals, scan.geometry.centre) == (True, 3.25)
    np.testing.assert_allclose(scan.geometry.angles_rad, ANGLES / 4)


def test_angles_that_are_given_replace_those_of_the_file(tmp_path: Path):
    file = save_dxchange(tmp_path / "a.h5", theta=None)
    np.testing.assert_allclose(read_scan(file, angles="0:360:12").geometry.angles_rad, 2 * ANGLES)
    np.testing.assert_allclose(read_scan(file, angles=THETA).geometry.angles_rad, ANGLES)


def test_angles_that_are_given_leave_the_places_of_flats_as_they_are(tmp_path: Path):
    scan = read_scan(write_scan(tmp_path / "a.h5", SCAN), angles="0:360:12")
    np.testing.assert_allclose(scan.flat_places, PLACES, atol=1e-9)


def test_one_flat_or_dark_is_a_stack_of_one_and_an_empty_one_is_none(tmp_path: Path):
    scan = read_scan(save_dxchange(tmp_path / "a.h5", data_white=FLATS[0], data_dark=np.zeros((0, 5, 7))))
    np.testing.assert_array_equal(np.asarray(scan.flats), FLATS[:1])
    assert scan.darks is None


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".btf"])
def test_flats_and_darks_of_the_same_kind_lie_beside_a_file(tmp_path: Path, suffix: str):
    parts = {"scan": np.ones((4, 3, 8)), "scan_flats": np.full((2, 3, 8), 2.0), "scan_darks": np.zeros((1, 3, 8))}
    for name, frames in parts.items():
        place = tmp_path / f"{name}{suffix}"
        if suffix == ".npy":
            np.save(place, frames.astype(np.float32))
        else:
            tifffile.imwrite(place, frames.astype(np.float32), photometric="minisblack")
    scan = read_scan(tmp_path / f"scan{suffix}", angles="0:180:4")
    assert scan.flats is not None
    assert scan.darks is not None
    assert (scan.flats.shape, scan.darks.shape) == ((2, 3, 8), (1, 3, 8))


def test_an_open_scan_passes_through():
    assert read_scan(SCAN) is SCAN
    assert vz.read_scan is read_scan


# What is wrong is said


def test_missing_angles_are_asked_for(tmp_path: Path):
    with pytest.raises(InputError, match=r"no angles at /exchange/theta: give angles \(--angles .*0:180:12"):
        read_scan(save_dxchange(tmp_path / "a.h5", theta=None))
    (tmp_path / "pages_angles.txt").unlink(missing_ok=True)
    save_tiff(tmp_path / "pages.tif")
    (tmp_path / "pages_angles.txt").unlink()
    with pytest.raises(InputError, match=r"no angles at pages_angles\.txt beside it"):
        read_scan(tmp_path / "pages.tif")


def test_sinograms_in_the_place_of_views_are_recognised(tmp_path: Path):
    np.savez(tmp_path / "a.npz", projections=np.ones((3, 12, 7)), angles=np.arange(0, 180, 15))
    with pytest.raises(InputError, match=r"3 views, got 12 angles.*; the axes look like \(row, angle, column\)"):
        read_scan(tmp_path / "a.npz")


def test_angles_of_no_clear_unit_are_asked_for(tmp_path: Path):
    file = save_dxchange(tmp_path / "a.h5", theta=np.linspace(0, 100, 12))
    with pytest.raises(InputError, match=r"/exchange/theta of a\.h5 cover 0 to 100.*angle_unit"):
        read_scan(file)
    assert read_scan(file, angle_unit="deg").geometry.angles_rad[-1] == pytest.approx(math.radians(100))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"theta": np.arange(13) * 15.0}, "12 views, got 13 angles"),
        ({"theta": np.where(THETA == 30, np.nan, THETA)}, "finite, but number 2 is not"),
        ({"data_white": FLATS[:, :4]}, r"flats must have the rows and columns of the views, \(5, 7\)"),
        ({"data_dark": DARKS[:, :, 1:]}, r"darks must have the rows and columns of the views, \(5, 7\)"),
        ({"data": VIEWS[0]}, r"projections must be \(angle, row, column\)"),
        ({"data": VIEWS.astype(complex)}, "must hold integers, floats or booleans"),
    ],
)
def test_counts_and_shapes_that_do_not_match_are_refused(tmp_path: Path, changes: dict[str, Any], said: str):
    with pytest.raises(InputError, match=said):
        read_scan(save_dxchange(tmp_path / "a.h5", **changes))


def test_nxtomo_needs_a_key_for_every_frame_and_a_view(tmp_path: Path):
    with pytest.raises(InputError, match=r"18 frames, got keys \(3,\)"):
        read_scan(save_nxtomo(tmp_path / "a.nxs", image_key=[0, 1, 2]))
    with pytest.raises(InputError, match="none of its 18 frames is one"):
        read_scan(save_nxtomo(tmp_path / "b.nxs", image_key=[1] * 18))


def test_nxtomo_may_hold_the_angles_of_the_views_alone(tmp_path: Path):
    scan = read_scan(save_nxtomo(tmp_path / "a.nxs", rotation_angle=THETA))
    np.testing.assert_allclose(scan.geometry.angles_rad, ANGLES)


def test_an_unknown_layout_says_where_was_looked_and_what_there_is(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["raw/frames"], file["raw/note"] = VIEWS, "x"
    with pytest.raises(InputError, match=r"looked for /exchange/data \(DXchange\).*image_key.*holds /raw/frames"):
        read_scan(tmp_path / "a.h5")
    np.savez(tmp_path / "a.npz", frames=VIEWS)
    with pytest.raises(InputError, match=r"looked for projections.*it holds frames"):
        read_scan(tmp_path / "a.npz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"looked for \*\.tif.*found no picture"):
        read_scan(tmp_path / "empty")


def test_files_that_are_no_scans_are_said(tmp_path: Path):
    with pytest.raises(MissingFileError, match="does not exist"):
        read_scan(tmp_path / "none.h5")
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(InputError, match=r"a\.docx must end in a suffix of scans \(\.h5"):
        read_scan(tmp_path / "a.docx")
    (tmp_path / "a.h5").write_bytes(b"")
    with pytest.raises(InputError, match="empty file"):
        read_scan(tmp_path / "a.h5")
    (tmp_path / "b.h5").write_text("no HDF5 at all")
    with pytest.raises(InputError, match=r"b\.h5 must be a whole, readable file"):
        read_scan(tmp_path / "b.h5")


def test_colour_pictures_are_no_frames(tmp_path: Path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((12, 5, 3), np.uint8), photometric="rgb")
    with pytest.raises(InputError, match="must hold grey frames, got the axes yxc"):
        read_scan(tmp_path / "a.tif", angles=THETA)


def test_a_frame_of_another_size_is_named(tmp_path: Path):
    folder = save_folder(tmp_path / "folder")
    tifffile.imwrite(folder / "view_7.tif", VIEWS[7, :4])
    scan = read_scan(folder)
    np.testing.assert_array_equal(scan.projections[:7], VIEWS[:7])
    with pytest.raises(InputError, match=r"view_7\.tif must be a frame of \(5, 7\) uint16 as view_0\.tif is"):
        scan.projections[5:9]


def test_parts_in_other_files_are_read_beside_the_scan_and_nowhere_else(tmp_path: Path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    for folder in (inside, outside):
        with h5py.File(folder / "frames.h5", "w") as file:
            file["d"] = VIEWS
    for name, target in (("near.h5", "frames.h5"), ("far.h5", "../out/frames.h5")):
        with h5py.File(inside / name, "w") as file:
            file["exchange/data"], file["exchange/theta"] = h5py.ExternalLink(target, "d"), THETA
    np.testing.assert_array_equal(np.asarray(read_scan(inside / "near.h5").projections), VIEWS)
    with pytest.raises(InputError, match="outside the folder of the file"):
        read_scan(inside / "far.h5")


@pytest.mark.parametrize(("target", "said"), [("gone.h5", "does not exist"), ("../out.h5", "outside the folder")])
def test_virtual_arrays_are_whole_and_near(tmp_path: Path, target: str, said: str):
    (tmp_path / "in").mkdir()
    for place in (tmp_path / "in" / "frames.h5", tmp_path / "out.h5"):
        with h5py.File(place, "w") as file:
            file["d"] = VIEWS
    for name, source in (("good.h5", "frames.h5"), ("bad.h5", target)):
        layout = h5py.VirtualLayout(VIEWS.shape, VIEWS.dtype)
        layout[:] = h5py.VirtualSource(source, "d", VIEWS.shape)
        with h5py.File(tmp_path / "in" / name, "w") as file:
            file.create_virtual_dataset("exchange/data", layout)
            file["exchange/theta"] = THETA
    np.testing.assert_array_equal(np.asarray(read_scan(tmp_path / "in" / "good.h5").projections), VIEWS)
    with pytest.raises(InputError, match=said):
        read_scan(tmp_path / "in" / "bad.h5")


def test_a_compression_that_needs_a_plug_in_says_so(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        more = {"chunks": (1, 5, 7), "compression": 32_765, "allow_unknown_filter": True}
        file.create_dataset("exchange/data", VIEWS.shape, "u2", **more)
        file["exchange/theta"] = THETA
    with pytest.raises(
        InputError, match=r"/exchange/data is compressed with HDF5 filter 32765.*pip install hdf5plugin"
    ):
        read_scan(tmp_path / "a.h5")


def test_a_scan_is_written_as_hdf5_only(tmp_path: Path):
    with pytest.raises(InputError, match=r"a scan is written as \.h5"):
        write_scan(tmp_path / "a.npz", SCAN)


def test_every_reader_is_there():
    from vitsci_viz.io.reading import resolve

    assert all(callable(resolve(target)) for target in SCAN_READERS.values())


@pytest.mark.data
def test_the_tooth_scan_has_its_published_geometry(data_dir: Path):
    scan = read_scan(data_dir / "ct_projections" / "tooth.h5")
    assert scan.shape == (181, 2, 640)
    assert (scan.flats.shape, scan.darks.shape) == ((10, 2, 640), (10, 2, 640))
    np.testing.assert_allclose(np.rad2deg(scan.geometry.angles_rad), np.arange(181) * 180 / 181, atol=1e-9)
    with h5py.File(data_dir / "ct_projections" / "tooth.h5") as file:
        np.testing.assert_array_equal(scan.projections[90:93], file["exchange/data"][90:93])
