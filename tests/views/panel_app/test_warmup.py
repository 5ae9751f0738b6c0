import logging

import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.patching import block_kernels, leaf_kernels
from vitsci_viz.views.panel_app import warmup


def test_what_people_open_finds_everything_compiled():
    warmup.warm_up()
    blocks = ("block_gradient", "block_moments", "block_counts", "block_errors")
    assert all(getattr(block_kernels, name).signatures for name in blocks)
    assert all(getattr(leaf_kernels, name).signatures for name in ("tally_cells", "paint_leaves"))


def test_it_says_when_it_is_over():
    thread = warmup.warm_up_in_background()
    thread.join(120)
    assert not thread.is_alive()
    assert not warmup.is_preparing()


def test_a_fault_is_logged_and_stops_nobody(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    monkeypatch.setattr(warmup, "CASES", (("nonsense", "uint8"),))
    with pytest.raises(InputError):
        warmup.warm_up()
    with caplog.at_level(logging.ERROR):
        warmup.warm_up_in_background().join(60)
    assert "warm-up failed" in caplog.text
    assert not warmup.is_preparing()
