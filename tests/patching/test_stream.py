"""Tiles cover the domain once; work on them can be watched and stopped."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.patching.cases import shapes
from vitsci_viz.errors import Cancelled
from vitsci_viz.params import ExecutionOptions
from vitsci_viz.patching import stream
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.stream import run, tiles
from vitsci_viz.patching.tree import build_tree, detail_pyramid


@given(data=st.data(), ndim=st.integers(1, 3), halo=st.integers(0, 5))
def test_tiles_cover_every_pixel_once_and_windows_hold_their_halo(data, ndim, halo):
    shape = data.draw(shapes(ndim))
    side = data.draw(st.tuples(*[st.sampled_from([2, 4, 8])] * ndim))
    covered = np.zeros(shape, int)
    for tile in tiles(shape, side, halo):
        covered[tile.core] += 1
        for core, window, length in zip(tile.core, tile.window, shape, strict=True):
            assert window.start == max(0, core.start - halo)
            assert window.stop == min(length, core.stop + halo)
        marked = np.zeros(shape, bool)
        marked[tile.core] = True
        assert marked[tile.window][tile.crop()].all()
        assert marked[tile.window][tile.crop()].size == marked.sum()
    assert (covered == 1).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_every_tile_is_worked_on_once_and_counted(threads):
    jobs, seen = tiles((64,), (4,), 0), []
    results = run(
        jobs,
        lambda tile: tile.core[0].start,
        stage="work",
        progress=lambda *report: seen.append(report),
        execution=ExecutionOptions(threads=threads),
    )
    assert sorted(start for _, start in results) == list(range(0, 64, 4))
    assert {(stage, total) for stage, _, total in seen} == {("work", 16)}
    counts = [done for _, done, _ in seen]
    assert counts == sorted(counts)
    assert counts[-1] == 16


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_one_tile_comes_out_and_stops_the_rest(threads):
    begun = []

    def work(tile):
        begun.append(tile)
        if tile.core[0].start == 8:
            raise OSError("broken file")

    with pytest.raises(OSError, match="broken file"):
        list(run(tiles((4000,), (4,), 0), work, stage="work", execution=ExecutionOptions(threads=threads)))
    assert len(begun) < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tiles")]


@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
def test_measuring_can_be_cancelled(monkeypatch, detail):
    monkeypatch.setattr(stream, "TILE", {2: 64})

    def stop(stage, done, total):
        if done >= 3:
            raise Cancelled

    image = np.random.default_rng(0).integers(0, 256, (512, 512)).astype(np.uint8)
    with pytest.raises(Cancelled):
        build_tree(image, PatchOptions(detail=detail), progress=stop)


def test_progress_names_its_stage_and_reaches_its_total():
    seen = []
    detail_pyramid(np.zeros((100, 100), np.uint8), PatchOptions(), progress=lambda *report: seen.append(report))
    stage, done, total = seen[-1]
    assert stage
    assert done == total >= 1
