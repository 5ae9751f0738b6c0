"""The bootstrap over groups: against SciPy, by hand, and by its laws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError
from vitsci_viz.training import intervals
from vitsci_viz.training.intervals import bootstrap_interval

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=12)


def test_single_images_as_groups_give_scipys_percentile_interval():
    from scipy.stats import bootstrap

    values = np.random.default_rng(3).beta(5, 2, 40)
    theirs = bootstrap(
        (values,), np.mean, n_resamples=20_000, method="percentile", random_state=np.random.default_rng(1)
    ).confidence_interval
    ours = bootstrap_interval(values.tolist(), range(40), resamples=20_000)
    assert ours == pytest.approx(tuple(theirs), abs=0.004)


def test_whole_groups_are_drawn():
    # three images of one patient and one of another: the mean is 0.2 with probability 1/4, 0.8 with 1/4, else 0.35
    values, groups = [0.1, 0.2, 0.3, 0.8], ["a", "a", "a", "b"]
    assert bootstrap_interval(values, groups) == pytest.approx((0.2, 0.8))
    assert bootstrap_interval(values, groups, confidence=0.2) == pytest.approx((0.35, 0.35))


def test_images_of_one_group_make_the_interval_wider_than_as_many_independent_ones():
    random = np.random.default_rng(0)
    values = np.repeat(random.uniform(0.4, 0.9, 12), 8)
    grouped = bootstrap_interval(values.tolist(), np.repeat(np.arange(12), 8).tolist())
    single = bootstrap_interval(values.tolist(), range(96))
    assert grouped[1] - grouped[0] > 2 * (single[1] - single[0])


@given(VALUES, st.integers(0, 9))
def test_the_interval_lies_within_the_values_and_depends_on_the_seed_alone(values, seed):
    low, high = bootstrap_interval(values, range(len(values)), resamples=200, seed=seed)
    assert min(values) - 1e-12 <= low <= high <= max(values) + 1e-12
    assert (low, high) == bootstrap_interval(values, range(len(values)), resamples=200, seed=seed)


@given(VALUES)
def test_names_of_groups_mean_nothing(values):
    numbers = [place // 2 for place in range(len(values))]
    plain = bootstrap_interval(values, numbers, resamples=100)
    assert plain == bootstrap_interval(values, [f"patient {100 - number}" for number in numbers], resamples=100)


def test_unknown_scores_are_left_out():
    values = [0.5, np.nan, 0.7, np.nan]
    assert bootstrap_interval(values, "abcd") == bootstrap_interval([0.5, 0.7], "ac")
    assert bootstrap_interval(values, "aabb") == bootstrap_interval([0.5, 0.7], "ab")


def test_one_group_says_nothing_about_others():
    assert bootstrap_interval([0.5, 0.6], "aa") is None
    assert bootstrap_interval([0.5, np.nan], "ab") is None
    assert bootstrap_interval([], []) is None


def test_pieces_of_draws_change_nothing(monkeypatch):
    values = np.random.default_rng(4).uniform(size=10).tolist()
    whole = bootstrap_interval(values, range(10), resamples=150)
    monkeypatch.setattr(intervals, "DRAWN_AT_ONCE", 70)
    assert bootstrap_interval(values, range(10), resamples=150) == whole


def test_every_value_needs_its_group():
    with pytest.raises(InputError, match="3 values and 2 groups"):
        bootstrap_interval([1, 1, 1], "ab")
