"""Slabs: as high as memory allows, and said before anything begins."""

from typing import Any

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.types import Scan, ScanGeometry
from vitsci_viz.workflows.reconstruct_options import ReconstructOptions
from vitsci_viz.workflows.reconstructing import Axis, SliceEngine
from vitsci_viz.workflows.slab_memory import BASE_BYTES, load_bytes, needed_bytes
from vitsci_viz.workflows.slab_plan import MOST_ROWS, SlabPlan, binned, binned_centre, plan_slabs

COLUMNS, VIEWS = 2048, 1500
PHASE = {"phase": "paganin", "delta_beta": 100.0, "energy_kev": 25.0, "distance_mm": 100.0}


def engine(*, centre: float = 1023.5, tilt_rad: float = 0.0, turn: float = np.pi, **options: Any) -> SliceEngine:
    """An engine for a scan that holds no memory."""
    counts = np.broadcast_to(np.uint16(1000), (VIEWS, COLUMNS, COLUMNS))
    geometry = ScanGeometry(angles_rad=np.arange(VIEWS) * turn / VIEWS, pixel_mm=0.005)
    scan = Scan(projections=counts, geometry=geometry, flats=counts[:20], darks=counts[:20])
    axis = Axis(centre_px=centre, method="given", tilt_rad=tilt_rad)
    return SliceEngine(scan=scan, options=ReconstructOptions(method="fbp", **options), axis=axis, threads=2)


def plan(made: SliceEngine, memory: int) -> SlabPlan:
    return plan_slabs(
        lambda rows: needed_bytes(made, rows), slices=made.slices, side=made.side, stored_bytes=4, memory=memory
    )


@pytest.mark.parametrize("gib", [2, 3, 8, 64])
def test_the_plan_stays_below_the_bound_and_less_memory_means_lower_slabs(gib: int):
    found = plan(engine(), gib * 2**30)
    assert found.memory_bytes <= gib * 2**30
    assert 1 <= found.rows <= MOST_ROWS
    assert found.rows.bit_count() == 1, "slabs fill whole chunks"
    assert found.slabs == -(-2048 // found.rows)
    assert found.rows <= plan(engine(), 2 * gib * 2**30).rows


@pytest.mark.parametrize(
    "more",
    [
        {"padding": "edge"}, {"tilt_rad": 0.01}, {"centre": 300.0, "turn": 2 * np.pi}, {"store": "uint16"}, PHASE,
        {"hardening": (1.0, 0.1)},
    ],
)  # fmt: skip
def test_what_takes_more_memory_is_counted(more: dict[str, Any]):
    assert needed_bytes(engine(**more), 16) > needed_bytes(engine(), 16)


def test_rows_that_only_serve_others_are_loaded_too():
    # Phase retrieval reads many rows around each: a slab of one row needs far more than a row.
    assert load_bytes(engine(**PHASE), 1) - load_bytes(engine(), 1) > 50 * VIEWS * COLUMNS * 4


def test_higher_slabs_need_more_and_coarser_ones_less():
    needs = [needed_bytes(engine(), rows) for rows in (1, 2, 17, 64)]
    assert needs == sorted(needs)
    assert needed_bytes(engine(bin=2, centre=1023.5), 8) < needed_bytes(engine(), 16)


def test_what_does_not_fit_names_what_it_needs_and_what_there_is():
    with pytest.raises(InputError, match=r"one slice of 2,048 x 2,048 needs 1\.\d\d GiB, and 0\.39 GiB may be used"):
        plan(engine(), BASE_BYTES)


def test_a_volume_on_disk_counts_its_pyramid():
    assert plan(engine(), 2**32).disk_bytes == int(2048**3 * 4 * 8 / 7)


def test_binning_averages_blocks_and_cuts_what_is_left_over():
    lines = np.arange(2 * 5 * 7, dtype=np.float32).reshape(2, 5, 7)
    found = binned(lines, 2)
    assert found.shape == (2, 2, 3)
    assert found[1, 0, 1] == pytest.approx(lines[1, :2, 2:4].mean())
    assert binned(lines, 1) is lines


def test_the_axis_stays_at_its_place_on_binned_columns():
    # The middle of 8 columns is the middle of the 4 that they become.
    assert binned_centre(3.5, 2) == 1.5
    assert binned_centre(7.5, 4) == 1.5
