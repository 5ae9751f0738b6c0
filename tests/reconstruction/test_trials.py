"""Trial slices: those of filtered back-projection, sharpest at the centre."""

import numpy as np
import pytest

from tests.reconstruction.turned import half, head, turned
from vitsci_viz.errors import InputError
from vitsci_viz.reconstruction.opposites import vertex
from vitsci_viz.reconstruction.parallel_beam import filtered_back_projection
from vitsci_viz.reconstruction.trials import absolute_mass, entropy, in_circle, trial_slices

ANGLES = half(90)
CENTRES = 34.3 + np.arange(-2, 2.1, 0.25)


def test_a_trial_is_the_slice_of_filtered_back_projection():
    views = turned(head(64), ANGLES, 64, 34.3)
    trial = trial_slices(views[:, 0], ANGLES, np.array([31.0, 34.3]), filter_name="hann")
    for slice_, centre in zip(trial, (31.0, 34.3), strict=True):
        expected = filtered_back_projection(views, ANGLES, centre=centre, filter_name="hann")[0]
        where = in_circle(64) & (np.hypot(*np.indices((64, 64)) - 31.5) < 26)
        assert np.abs(slice_ - expected)[where].mean() < 0.02 * np.abs(expected[where]).mean()


@pytest.mark.parametrize("score", [absolute_mass, entropy])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_scores_are_lowest_at_the_centre(score, noise):
    views = turned(head(64), ANGLES, 64, 34.3, noise=noise)
    curve = score(trial_slices(views[:, 0], ANGLES, CENTRES))
    assert vertex(CENTRES, -curve) == pytest.approx(34.3, abs=0.1)


def test_how_many_trials_are_made_together_changes_nothing(monkeypatch):
    views = turned(head(32), half(20), 32, 16.0)[:, 0]
    together = trial_slices(views, half(20), np.arange(14.0, 19.0))
    monkeypatch.setattr("vitsci_viz.reconstruction.trials.TOGETHER", 2)
    np.testing.assert_allclose(trial_slices(views, half(20), np.arange(14.0, 19.0), threads=2), together, atol=1e-6)


def test_a_slice_of_one_value_has_no_entropy_and_no_mass_below_zero():
    assert entropy(np.ones((2, 8, 8))).tolist() == [0, 0]
    assert absolute_mass(np.ones((2, 8, 8))).tolist() == [1, 1]
    assert absolute_mass(np.zeros((2, 8, 8))).tolist() == [0, 0]


def test_entropy_counts_bits():
    slices = np.zeros((1, 9, 9))
    inside = np.argwhere(in_circle(9))
    rows, columns = inside[: len(inside) // 2].T
    slices[0, rows, columns] = 1.0
    assert entropy(slices)[0] == pytest.approx(1.0, abs=0.01)


def test_centres_off_the_detector_are_refused():
    with pytest.raises(InputError, match="0 to 31 px"):
        trial_slices(np.zeros((4, 32)), half(4), np.array([3.0, 32.0]))
