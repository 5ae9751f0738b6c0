"""Coarser levels hold the most frequent class, or the mean, of each block, however they are cut into bands."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import downscale_local_mean

from vitsci_viz.io.coarsening import block_mean, level_shapes, most_frequent, pyramid_bands


@given(shape=st.lists(st.integers(1, 9), min_size=2, max_size=3), seed=st.integers(0, 99))
def test_labels_become_the_most_frequent_of_their_block(shape, seed):
    labels = np.random.default_rng(seed).integers(0, 4, shape).astype(np.uint8)
    halved = most_frequent(labels)
    for at in np.ndindex(halved.shape):
        counts = Counter(labels[tuple(slice(2 * i, 2 * i + 2) for i in at)].ravel().tolist())
        most = max(counts.values())
        assert halved[at] == max(value for value, count in counts.items() if count == most)


def test_numbers_become_the_mean_of_their_block():
    values = np.random.default_rng(0).random((8, 6, 2)).astype(np.float32)
    np.testing.assert_allclose(block_mean(values), downscale_local_mean(values, (2, 2, 1)), rtol=1e-6)
    np.testing.assert_allclose(block_mean(values[:7])[-1], block_mean(values[6:7])[0], rtol=1e-6)


@given(
    length=st.integers(1, 40), rows=st.sampled_from([2, 4, 8]), levels=st.integers(1, 4), seed=st.integers(0, 99)
)  # fmt: skip
def test_bands_of_every_level_join_to_the_level_made_at_once(length, rows, levels, seed):
    labels = np.random.default_rng(seed).integers(0, 3, (length, 12)).astype(np.uint8)
    bands = (labels[first : first + rows] for first in range(0, length, rows))
    found: dict[int, list[np.ndarray]] = {}
    for level, first, band in pyramid_bands(bands, levels, rows, most_frequent):
        assert first == sum(map(len, found.get(level, [])))
        assert first % rows == 0
        found.setdefault(level, []).append(band)
    expected = labels
    for level in range(levels):
        np.testing.assert_array_equal(np.concatenate(found[level]), expected)
        expected = most_frequent(expected)


def test_a_pyramid_ends_with_a_small_level():
    assert level_shapes((65_536, 40_000))[-1] == (512, 313)
    assert level_shapes((512, 3)) == [(512, 3)]
