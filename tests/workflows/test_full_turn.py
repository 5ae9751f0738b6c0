"""Full turns about an axis aside: opposite views are joined, though the volume is no wider than the detector."""

from typing import Literal

import numpy as np
import pytest

from vitsci_viz.reconstruction.quality_noise import inscribed_circle
from vitsci_viz.simulation.ellipses import project_phantom, shepp_logan
from vitsci_viz.types import Scan
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import Axis, SliceEngine, reconstruct
from vitsci_viz.workflows.slab_memory import compute_bytes

SIDE = 64
ANGLES = np.arange(180) * np.pi / 90
PHANTOM = shepp_logan(0.47 * SIDE)


def scan_of(columns: int, centre: float) -> Scan:
    return Scan.from_line_integrals(
        project_phantom(PHANTOM, ANGLES, columns, centre=centre), angles_rad=ANGLES, centre=centre
    )


@pytest.mark.parametrize("aside", [0.0, -3.0, 6.0, -11.0])
@pytest.mark.parametrize("method", ["fbp", "fourier"])
def test_a_sample_that_leaves_the_detector_on_one_side_is_whole(aside: float, method: Literal["fbp", "fourier"]):
    options = ReconstructOptions(method=method, outliers=0)
    found = np.asarray(reconstruct(scan_of(SIDE, (SIDE - 1) / 2 + aside), options))[0]
    wide = np.asarray(reconstruct(scan_of(2 * SIDE, (2 * SIDE - 1) / 2), options))[0]
    expected, inside = wide[SIDE // 2 : -SIDE // 2, SIDE // 2 : -SIDE // 2], inscribed_circle(SIDE - 2)
    assert found.shape == (SIDE, SIDE)
    assert np.abs(found - expected)[1:-1, 1:-1][inside].max() < 0.02 * np.abs(expected).max()


def test_the_memory_of_joined_views_is_planned():
    options = ReconstructOptions(method="fbp")
    middle, aside = (
        SliceEngine(scan=scan_of(SIDE, centre), options=options, axis=Axis(centre_px=centre, method="given"))
        for centre in (31.5, 40.0)
    )
    assert aside.side == middle.side == SIDE
    assert aside.width == 81
    assert compute_bytes(aside, 8) > compute_bytes(middle, 8)
