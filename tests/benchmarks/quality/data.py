"""The data sets of the studies: generated ones made once, real ones laid out as training wants them."""

import csv
import os
from pathlib import Path

import numpy as np

from vitsci_viz.io.reading import read_image
from vitsci_viz.io.writing import write_image
from vitsci_viz.simulation.datasets import make_set

SEED = 11
"""Of every generated set."""
GENERATED = {
    "pathology-128": ("pathology_set", 128, 128),
    "pathology-512": ("pathology_set", 160, 512),
    "pathology-1024": ("pathology_set", 40, 1024),
    "angiograms-512": ("angiograms_set", 128, 512),
}
"""Name here -> generator, images, side."""
NUCLEI = ("6ab24e7e", "92f31f59", "947c0d94", "a9040135", "b909aa8f", "ef3ef194")
"""The purple-stained (H&E type) images of DSB2018 among the real data."""


def data_folder(name: str, work: Path) -> Path:
    """Return the folder of a data set, made if it is not there yet."""
    folder = work / "data" / name
    if not (folder / "table.csv").exists():
        folder.mkdir(parents=True, exist_ok=True)
        if name in GENERATED:
            maker, count, side = GENERATED[name]
            make_set(maker, folder, seed=SEED, count=count, side=side)
        else:
            _lay_out_nuclei(folder, held_out=int(name.removeprefix("nuclei-fold")))
    return folder / "table.csv"


def _lay_out_nuclei(folder: Path, *, held_out: int) -> None:
    """Copy the real nuclei as colour images with foreground masks; two images of the fold are held out."""
    source = Path(os.environ["VITSCI_VIZ_DATA"]) / "pathology"
    rows = []
    for number, name in enumerate(NUCLEI):
        image = np.asarray(read_image(source / f"dsb2018_{name}.png"))[..., :3]
        labels = np.asarray(read_image(source / f"dsb2018_{name}_label.tif"))
        split = "val" if number // 2 == held_out else "train"
        rows.append(_write(folder, name, image, (labels > 0).astype(np.uint8), split))
    _write_table(folder, rows)


def _write(folder: Path, name: str, image: np.ndarray, mask: np.ndarray, split: str) -> tuple[str, ...]:
    places = (folder / "images" / f"{name}.png", folder / "masks" / f"{name}.png")
    for place, array, axes in zip(places, (image, mask), ("yxc", "yx"), strict=True):
        place.parent.mkdir(exist_ok=True)
        write_image(place, array, axes=axes)
    return (*(str(place.relative_to(folder)) for place in places), name, split)


def _write_table(folder: Path, rows: list[tuple[str, ...]]) -> None:
    with (folder / "table.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image", "mask", "group", "split"), *rows])
