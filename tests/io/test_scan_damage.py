"""Scans in damaged files are read or refused in one line; nothing else ever comes out."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.io.scan_layouts import LAYOUTS
from vitsci_viz.errors import InputError, VitsciVizError
from vitsci_viz.io.scans import read_scan


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.8, 0.99])
@pytest.mark.parametrize("name", ["dxchange.h5", "chunked.hdf5", "nxtomo.nxs", "arrays.npz", "views.npy"])
def test_a_truncated_file_is_refused_in_one_line(tmp_path: Path, name: str, kept: float):
    file = LAYOUTS[name](tmp_path / name)
    raw = file.read_bytes()
    file.write_bytes(raw[: int(len(raw) * kept)])
    with pytest.raises(InputError, match=r"truncated|damaged") as caught:
        np.asarray(read_scan(file).projections)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["dxchange.h5", "chunked.hdf5", "nxtomo.nxs", "arrays.npz", "packed.npz"])
@given(
    spoilt=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8),
    reach=st.sampled_from([200, 800, 4000, 10**6]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spoilt_bytes_are_read_or_refused_in_one_line(
    tmp_path: Path, name: str, spoilt: list[tuple[float, int]], reach: int
):
    file = LAYOUTS[name](tmp_path / name)
    raw = bytearray(file.read_bytes())
    for place, value in spoilt:
        raw[int(place * (min(reach, len(raw)) - 1))] = value
    file.write_bytes(raw)
    said = ""
    try:
        scan = read_scan(file)
        for part in (scan.projections, scan.flats, scan.darks):
            assert part is None or np.asarray(part).shape == tuple(part.shape)
    except VitsciVizError as error:
        said = str(error)
    assert "\n" not in said
