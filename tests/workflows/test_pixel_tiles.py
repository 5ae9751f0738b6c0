"""Overlapping tiles join to one field without seams, in memory or on disk."""

import gc
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import Cancelled, OutputError
from vitsci_viz.progress import silent
from vitsci_viz.workflows import pixel_tiles
from vitsci_viz.workflows.pixel_tiles import predict_tiles, tile_weight
from vitsci_viz.workflows.tile_layout import even_tiles


def probabilities(shape, seed=0):
    values = np.random.default_rng(seed).random((*shape, 3)).astype(np.float32)
    return values / values.sum(axis=-1, keepdims=True)


@given(
    shape=st.lists(st.integers(1, 40), min_size=2, max_size=3), side=st.integers(3, 20), halo=st.integers(0, 8)
)  # fmt: skip
def test_a_model_that_sees_one_pixel_is_not_changed_by_tiles(shape, side, halo):
    whole = probabilities(shape)
    found = predict_tiles(
        tuple(shape), 3, lambda tile: whole[tile.window], side=(side,) * len(shape), halo=halo, progress=silent
    )
    np.testing.assert_allclose(found.probabilities[...], whole, atol=1e-3)
    assert (np.asarray(found.labels) == whole.argmax(axis=-1)).mean() > 0.999


def test_tiles_that_disagree_blend_linearly():
    def predict(tile):
        values = np.zeros((*(part.stop - part.start for part in tile.window), 2), np.float32)
        values[..., int(tile.core[1].start > 0)] = 1
        return values

    found = predict_tiles((8, 40), 2, predict, side=(16, 16), halo=4, progress=silent)
    row = np.asarray(found.probabilities)[3, :, 1].astype(float)
    assert (row[:16] == 0).all()
    assert (row[24:] == 1).all()
    np.testing.assert_allclose(row[16:24], (np.arange(8) + 0.5) / 8, atol=1e-3)


def test_weights_of_neighbours_sum_to_one_where_they_overlap_by_two_halos():
    total = np.zeros((44, 76))
    for tile in even_tiles((44, 76), (16, 32), 6):
        total[tile.window] += tile_weight(tile, (44, 76), 6)
    np.testing.assert_allclose(total, 1, rtol=1e-6)


@given(
    shape=st.lists(st.integers(1, 90), min_size=1, max_size=3), side=st.integers(1, 30), halo=st.integers(0, 8)
)  # fmt: skip
def test_cores_tile_the_image_and_see_a_halo_in_windows_of_one_size(shape, side, halo):
    count = np.zeros(shape, int)
    for tile in even_tiles(shape, (side,) * len(shape), halo):
        count[tile.core] += 1
        for core, window, length in zip(tile.core, tile.window, shape, strict=True):
            assert window.stop - window.start == min(length, side + 2 * halo)
            assert 0 <= window.start <= max(0, core.start - halo)
            assert min(length, core.stop + halo) <= window.stop <= length
    assert (count == 1).all()


def test_a_field_on_disk_is_the_one_in_memory_and_goes_with_it(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    whole = probabilities((30, 21))
    work = {"side": (8, 8), "halo": 3, "progress": silent}
    held = predict_tiles((30, 21), 3, lambda tile: whole[tile.window], **work)
    spooled = predict_tiles((30, 21), 3, lambda tile: whole[tile.window], held_bytes=0, **work)
    assert len(list(tmp_path.iterdir())) == 1
    for kind in ("labels", "uncertainty", "probabilities"):
        box = ((3, 25), (2, 20))
        np.testing.assert_array_equal(spooled.read(kind, box), held.read(kind, box))
    del spooled
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_a_cancelled_prediction_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def cancel(stage, done, total):
        if done == 5:
            raise Cancelled

    whole = probabilities((30, 21))
    with pytest.raises(Cancelled):
        predict_tiles(
            (30, 21), 3, lambda tile: whole[tile.window], side=(8, 8), halo=3, progress=cancel, held_bytes=0
        )  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_said_before_any_work(monkeypatch):
    monkeypatch.setattr(pixel_tiles.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 10})())
    with pytest.raises(OutputError, match="make room"):
        predict_tiles((30, 21), 3, lambda tile: None, side=(8, 8), halo=3, progress=silent, held_bytes=0)
    assert not list(Path(tempfile.gettempdir()).glob("vitsci_viz_*/labels"))
