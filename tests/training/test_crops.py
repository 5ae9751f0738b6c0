"""Windows are drawn evenly, within the image, around tissue where it is known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.training.crops import MOST_TOKENS, draw_window, scaled_length
from vitsci_viz.training.tissue import Tissue


@given(shape=st.lists(st.integers(1, 60), min_size=2, max_size=3), side=st.integers(1, 80), seed=st.integers(0, 99))
def test_a_window_lies_in_the_image_and_has_the_side_asked_for(shape: list[int], side: int, seed: int):
    window = draw_window(shape, side, np.random.default_rng(seed))
    assert [part.stop - part.start for part in window] == [min(side, n) for n in shape]
    assert all(part.start >= 0 and part.stop <= n for part, n in zip(window, shape, strict=True))


def test_every_place_is_as_likely_as_another():
    random = np.random.default_rng(0)
    places = [draw_window((10, 7), 4, random)[0].start for _ in range(7000)]
    counts = np.bincount(places)
    assert len(counts) == 7
    assert counts.min() > 850


@given(seed=st.integers(0, 200))
def test_a_window_around_tissue_holds_some(seed: int):
    cells = np.zeros((8, 8), bool)
    cells[6, 1] = cells[2, 7] = True
    window = draw_window((80, 80), 20, np.random.default_rng(seed), Tissue(cells=cells, shape=(80, 80)))
    covered = np.kron(cells, np.ones((10, 10), bool))[window]
    assert covered.shape == (20, 20)
    assert covered.any()


def test_without_any_tissue_a_window_is_drawn_all_the_same():
    nothing = Tissue(cells=np.zeros((2, 2), bool), shape=(80, 80))
    window = draw_window((80, 80), 20, np.random.default_rng(0), nothing)
    assert [part.stop - part.start for part in window] == [20, 20]


def test_a_budget_grows_with_the_image_up_to_a_bound():
    assert scaled_length(100, (64, 64), (32, 32)) == 400
    assert scaled_length(100, (64, 16), (32, 32)) == 200
    assert scaled_length(100, (16, 16), (32, 32)) == 100
    assert scaled_length(100, (10_000, 10_000), (32, 32)) == MOST_TOKENS
    assert scaled_length(2 * MOST_TOKENS, (64, 64), (32, 32)) == 2 * MOST_TOKENS
