"""What others make of a sinogram, in the coordinates of this package: scikit-image's and ASTRA's slices."""

import importlib
import importlib.util
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from skimage.transform import iradon

from vitsci_viz.simulation.ellipses import pixel_places

Slice = NDArray[np.floating]
THREADS = 2
"""Of everything of ours that is compared."""
ASTRA_PUBLISHED = "0.43-0.45 s a slice where the target was set"
IRADON_PUBLISHED = "0.84 s"
WITHOUT_ASTRA = "ASTRA is not installed (it comes with the extra named peers)"


def half_turn(views: int) -> NDArray[np.float64]:
    """Return the angles of views over half a turn."""
    return np.arange(views) * math.pi / views


def inside(side: int) -> NDArray[np.bool_]:
    """Return the pixels that every view sees, without those on the rim."""
    places = pixel_places(side)
    return np.hypot(places[:, None], places[None, :]) < side / 2 - 1


def by_iradon(sinogram: Slice, angles_rad: NDArray[np.float64]) -> Slice:
    """Return scikit-image's slice of a sinogram (angle, column); their angles turn the other way."""
    return iradon(sinogram.T, theta=-np.rad2deg(angles_rad), filter_name="ramp", circle=True)


def has_astra() -> bool:
    """Whether ASTRA is there to be compared with."""
    return importlib.util.find_spec("astra") is not None


class AstraSlices:
    """ASTRA's filtered back-projection on the processor, linear between detector pixels; one thread of its own.

    Parameters
    ----------
    angles_rad : (a,) float64
        Of the views.
    columns : int
        Detector pixels, and side of the slices.
    """

    def __init__(self, angles_rad: NDArray[np.float64], columns: int) -> None:
        astra = self._astra = importlib.import_module("astra")
        self._grid = astra.create_vol_geom(columns, columns)
        self._views = astra.create_proj_geom("parallel", 1.0, columns, -np.asarray(angles_rad))
        self._projector = astra.create_projector("linear", self._views, self._grid)

    def __call__(self, sinogram: Slice) -> Slice:
        """Return the slice of a sinogram (angle, column)."""
        astra = self._astra
        lines = astra.data2d.create("-sino", self._views, sinogram)
        out = astra.data2d.create("-vol", self._grid)
        settings = astra.astra_dict("FBP")
        settings |= {
            "ProjectorId": self._projector, "ProjectionDataId": lines, "ReconstructionDataId": out,
            "option": {"FilterType": "ram-lak"},
        }  # fmt: skip
        work = astra.algorithm.create(settings)
        try:
            astra.algorithm.run(work)
            return astra.data2d.get(out)
        finally:
            astra.algorithm.delete(work)
            astra.data2d.delete([lines, out])


def peers(angles_rad: NDArray[np.float64], columns: int) -> dict[str, Callable[[Slice], Slice]]:
    """Return who can be asked for a slice of a sinogram (angle, column)."""
    found: dict[str, Callable[[Slice], Slice]] = {"iradon": lambda sinogram: by_iradon(sinogram, angles_rad)}
    return found | ({"ASTRA": AstraSlices(angles_rad, columns)} if has_astra() else {})
