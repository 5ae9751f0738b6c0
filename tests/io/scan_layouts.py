"""One scan written in every layout that can be read, by h5py, NumPy and tifffile alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import tifffile

from vitsci_viz.io.scan_writing import write_scan
from vitsci_viz.types import Scan, ScanGeometry

RANDOM = np.random.default_rng(4)
VIEWS = RANDOM.integers(0, 60_000, (12, 5, 7), dtype=np.uint16)
FLATS = RANDOM.integers(0, 60_000, (3, 5, 7), dtype=np.uint16)
DARKS = RANDOM.integers(0, 100, (2, 5, 7), dtype=np.uint16)
THETA = np.arange(12) * 15.0
ANGLES = np.deg2rad(THETA)
PLACES = np.array([-0.5, -0.5, 11.5])
SCAN = Scan(
    projections=VIEWS,
    geometry=ScanGeometry(angles_rad=ANGLES, pixel_mm=0.02),
    flats=FLATS,
    darks=DARKS,
    flat_places=PLACES,
)


def save_dxchange(path: Path, **changes: Any) -> Path:
    """Write what DXchange asks for with h5py alone; None leaves a part out."""
    parts = {"data": VIEWS, "data_white": FLATS, "data_dark": DARKS, "theta": THETA} | changes
    with h5py.File(path, "w") as file:
        for name, array in parts.items():
            if array is not None:
                file[f"exchange/{name}"] = array
    return path


def save_chunked(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        more = {"chunks": (1, 5, 7), "compression": "gzip", "shuffle": True}
        file.create_dataset("exchange/data", data=VIEWS, **more)
        file.create_dataset("exchange/data_white", data=FLATS, **more)
        file.create_dataset("exchange/data_dark", data=DARKS, **more)
        file["exchange/theta"] = THETA
    return path


def save_nxtomo(path: Path, *, entry: str = "entry", place: str = "instrument/detector", **changes: Any) -> Path:
    """Write flats before and after the views, darks last, and one frame that is to be left out."""
    frames = np.concatenate([FLATS[:2], VIEWS[:4], VIEWS[:1], VIEWS[4:], FLATS[2:], DARKS])
    keys = [1, 1, *[0] * 4, 3, *[0] * 8, 1, 2, 2]
    turns = np.concatenate([[0, 0], THETA[:4], [0], THETA[4:], [180, 180, 180]])
    with h5py.File(path, "w") as file:
        file[f"{entry}/{place}/data"] = frames
        file[f"{entry}/{place}/image_key"] = changes.get("image_key", keys)
        sample = "tomo_entry/sample" if place.startswith("tomo_entry") else "sample"
        file[f"{entry}/{sample}/rotation_angle"] = changes.get("rotation_angle", turns)
        file[f"{entry}/{place}/x_pixel_size"] = 20.0
        file[f"{entry}/{place}/x_pixel_size"].attrs["units"] = "um"
    return path


def save_npz(path: Path) -> Path:
    np.savez(path, projections=VIEWS, flats=FLATS, darks=DARKS, angles=THETA, flat_places=PLACES, pixel_mm=0.02)
    return path


def save_packed_npz(path: Path) -> Path:
    np.savez_compressed(path, data=np.asfortranarray(VIEWS), data_white=FLATS, data_dark=DARKS, angles_rad=ANGLES)
    return path


def save_tiff(path: Path) -> Path:
    for name, frames in (("", VIEWS), ("_flats", FLATS), ("_darks", DARKS)):
        tifffile.imwrite(path.with_name(f"{path.stem}{name}.tif"), frames, photometric="minisblack")
    np.savetxt(path.with_name(f"{path.stem}_angles.txt"), THETA)
    return path


def save_npy(path: Path) -> Path:
    save_tiff(path.with_suffix(".tif"))
    np.save(path, VIEWS)
    return path


def save_folder(path: Path) -> Path:
    """Write a picture a view, numbered without zeros in front, flats in a sub-folder and darks in one file."""
    path.mkdir()
    (path / "flats").mkdir()
    for number, view in enumerate(VIEWS):
        tifffile.imwrite(path / f"view_{number}.tif", view)
    for number, flat in enumerate(FLATS):
        tifffile.imwrite(path / "flats" / f"f{number}.tif", flat, compression="deflate")
    tifffile.imwrite(path / "darks.tif", DARKS, photometric="minisblack")
    np.savetxt(path / "angles.csv", THETA)
    return path


def save_parts(path: Path) -> Path:
    path.mkdir()
    for name, frames in (("projections", VIEWS), ("flats", FLATS), ("darks", DARKS)):
        tifffile.imwrite(path / f"{name}.tif", frames, photometric="minisblack")
    np.save(path / "angles.npy", ANGLES)
    return path


LAYOUTS: dict[str, Callable[[Path], Any]] = {
    "dxchange.h5": save_dxchange,
    "chunked.hdf5": save_chunked,
    "written.h5": lambda path: write_scan(path, SCAN),
    "nxtomo.nxs": save_nxtomo,
    "diamond.nxs": lambda path: save_nxtomo(path, entry="entry1", place="tomo_entry/instrument/detector"),
    "arrays.npz": save_npz,
    "packed.npz": save_packed_npz,
    "pages.tif": save_tiff,
    "views.npy": save_npy,
    "folder": save_folder,
    "parts": save_parts,
}
