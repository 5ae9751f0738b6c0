import numpy as np

from vitsci_viz.views.canvas.legend import legend_of
from vitsci_viz.views.session.layers import Raster

EMPTY = {"index": np.zeros((1, 1), np.uint8), "palette": np.zeros((256, 4), np.uint8), "extent": (0, 0, 1, 1)}


def test_a_raster_of_classes_has_a_row_for_each_of_its_entries():
    legend = legend_of(Raster(**EMPTY, label="error", entries=(("#d55e00", "false positive"), ("#56b4e9", "missed"))))
    assert legend["title"] == "Error"
    assert [(row["colour"], row["text"]) for row in legend["rows"]] == [
        ("#d55e00", "false positive"), ("#56b4e9", "missed")
    ]  # fmt: skip


def test_the_end_of_a_scale_says_whether_more_is_shown_as_it():
    capped, exact = (
        legend_of(Raster(**EMPTY, high=1.0, label="x", is_capped=is_capped)) for is_capped in (True, False)
    )
    assert (capped["ramp"]["high"], exact["ramp"]["high"]) == ("\N{GREATER-THAN OR EQUAL TO} 1", "1")


def test_what_needs_no_word_has_no_legend():
    assert legend_of(Raster(**EMPTY, label="mask")) is None
