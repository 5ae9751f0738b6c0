"""Slabs: as high as memory allows, and said before anything begins."""

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.workflows.slab_plan import BASE_BYTES, MOST_ROWS, binned, binned_centre, plan_slabs

SCAN = {
    "views": 1500, "columns": 2048, "rows": 2048, "binning": 1, "raw_bytes": 2, "side": 2048, "stored_bytes": 4,
}  # fmt: skip


@pytest.mark.parametrize("memory", [1, 2, 3, 8, 64])
def test_the_plan_stays_below_the_bound_and_less_memory_means_lower_slabs(memory):
    plan = plan_slabs(**SCAN, memory=memory * 2**30)
    assert plan.memory_bytes <= memory * 2**30
    assert 1 <= plan.rows <= MOST_ROWS
    assert plan.slabs == -(-2048 // plan.rows)
    assert plan.rows <= plan_slabs(**SCAN, memory=2 * memory * 2**30).rows


def test_what_does_not_fit_names_what_it_needs_and_what_there_is():
    with pytest.raises(InputError, match=r"2,048 x 2,048 from 1,500 views needs 5\d\d\.\d MiB?|needs 0\.\d\d GiB"):
        plan_slabs(**SCAN, memory=BASE_BYTES)


def test_a_volume_on_disk_counts_its_pyramid():
    assert plan_slabs(**SCAN, memory=2**32).disk_bytes == int(2048**3 * 4 * 8 / 7)


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
