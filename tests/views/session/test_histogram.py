import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vitsci_viz.views.session.histogram import checked_span, histogram_of

VALUES = arrays.arrays(np.float32, st.integers(1, 60), elements=st.floats(-1e6, 1e6, width=32))


@given(VALUES)
def test_every_value_is_counted_once(values):
    found = histogram_of(values)
    assert found.counts.sum() == values.size
    assert found.low < found.high
    assert found.auto[0] < found.auto[1]


def test_counts_are_those_of_numpy_where_nothing_lies_beyond_the_ends():
    values = np.random.default_rng(0).normal(size=50_000)
    found = histogram_of(values)
    edges = np.linspace(found.low, found.high, len(found.counts) + 1)
    assert found.counts[1:-1].tolist() == np.histogram(values, edges)[0][1:-1].tolist()
    assert found.auto == pytest.approx(np.percentile(values, (0.1, 99.9)))


def test_one_hot_voxel_does_not_make_all_else_one_bin():
    values = np.random.default_rng(0).normal(size=100_000)
    values[0] = 1e6
    found = histogram_of(values)
    assert found.high < 10
    assert found.most == 1e6
    assert np.count_nonzero(found.counts) > 100


def test_what_is_no_number_is_left_out():
    found = histogram_of(np.array([1.0, np.nan, 2.0, np.inf]))
    assert found.counts.sum() == 2
    assert (found.least, found.most) == (1.0, 2.0)


@pytest.mark.parametrize("values", [np.zeros(0), np.full(9, np.nan), np.full(9, 3.0)])
def test_nothing_or_one_value_still_has_an_axis(values):
    found = histogram_of(values)
    assert found.low < found.high
    assert found.auto[0] < found.auto[1]


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_a_span_is_in_order_and_never_empty(low, high):
    histogram = histogram_of(np.arange(1000.0))
    first, last = checked_span((low, high), histogram)
    assert last - first >= (histogram.high - histogram.low) / len(histogram.counts) * 0.999
    assert first == min(low, high)
