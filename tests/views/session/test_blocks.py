import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.views.session.cases import CountingLevel, blobs
from vitsci_viz.views.session import blocks
from vitsci_viz.views.session.blocks import BlockLevel
from vitsci_viz.views.session.resizing import block_means

ARRAY = blobs((150, 210), channels=3)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(blocks, "SIDE", 32)


@settings(deadline=None)
@given(
    factor=st.sampled_from([1, 2, 4]),
    edges=st.tuples(*[st.floats(0, 1)] * 4),
    steps=st.tuples(st.integers(1, 5), st.integers(1, 5)),
)
def test_a_box_read_in_blocks_is_the_box_of_the_level(factor, edges, steps):
    whole = ARRAY if factor == 1 else block_means(ARRAY, factor)
    level = BlockLevel(ARRAY, factor)
    assert level.shape == whole.shape
    rows, columns = (
        sorted(int(edge * n) for edge in pair) for pair, n in zip((edges[:2], edges[2:]), whole.shape[:2], strict=True)
    )
    key = (slice(rows[0], rows[1] + 1, steps[0]), slice(columns[0], columns[1] + 1, steps[1]))
    assert np.array_equal(level[key], whole[key])


def test_a_pan_reads_only_what_comes_into_sight():
    source = CountingLevel(ARRAY[..., 0])
    level = BlockLevel(source)
    level[0:64, 0:64]
    assert source.pixels_read == 64 * 64
    level[0:64, 20:84]
    assert source.pixels_read == 64 * 96


def test_old_blocks_make_room(monkeypatch):
    monkeypatch.setattr(blocks, "KEPT_BYTES", 0)
    source = CountingLevel(ARRAY[..., 0])
    level = BlockLevel(source)
    level[0:128, 0:192]
    before = source.pixels_read
    level[96:128, 160:192]
    assert source.pixels_read == before
    level[0:32, 0:32]
    assert source.pixels_read == before + 32 * 32
