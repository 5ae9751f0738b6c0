"""Angles: the unit is told by the turn they cover, and asked for where it is not."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitsci_viz.errors import InputError, MissingFileError
from vitsci_viz.io.scan_angles import angles_from, in_radians

turns = st.sampled_from([180, 360])
counts = st.integers(20, 2000)


@given(turns, counts, st.booleans(), st.floats(-400, 400), st.randoms(use_true_random=False))
def test_degrees_and_radians_of_a_scan_are_told_apart(turn, count, has_end, first, random):
    degrees = list(np.linspace(first, first + turn, count, endpoint=has_end))
    random.shuffle(degrees)
    in_degrees, in_rad = np.array(degrees), np.deg2rad(degrees)
    np.testing.assert_allclose(angles_from(in_degrees), in_rad, rtol=1e-12)
    np.testing.assert_array_equal(angles_from(in_rad), in_rad)


@pytest.mark.parametrize("last", [1.0, 12.0, 30.0, 90.0, 120.0, 270.0, 720.0, 2.0 * math.pi + 1])
def test_other_turns_are_asked_for(last):
    with pytest.raises(
        InputError, match=r"cover 0 to .*neither half a turn nor a turn.*angle_unit='deg' or 'rad' \(--"
    ):
        angles_from(np.linspace(0, last, 400))
    np.testing.assert_allclose(angles_from(np.linspace(0, last, 400), "deg")[-1], math.radians(last))
    assert angles_from(np.linspace(0, last, 400), "rad")[-1] == last


def test_angles_that_do_not_differ_are_said_and_no_unit_is_asked_for():
    with pytest.raises(InputError, match=r"must differ from view to view, but all 3 are 45"):
        angles_from([45.0, 45.0, 45.0])


@pytest.mark.parametrize(("said", "last"), [("degrees", math.pi), ("radian", 180.0)])
def test_a_unit_that_a_file_states_wrongly_is_asked_for(said, last):
    values = np.linspace(0, last, 181)
    with pytest.raises(InputError, match=f"the angles cover 0 to .* said to be in {said}"):
        in_radians(values, None, "the angles", said=said)
    assert in_radians(values, "rad", "the angles", said=said)[-1] == last


def test_a_unit_that_a_file_states_holds_for_a_part_of_a_turn():
    assert in_radians(np.linspace(0, 30, 61), None, "it", said="Degrees")[-1] == pytest.approx(math.pi / 6)


@pytest.mark.parametrize("text", ["0:180:360", "0:180:360 deg", f"0:{math.pi}:360", f"0:{math.pi}:360rad"])
def test_a_range_leaves_its_end_out(text):
    np.testing.assert_allclose(angles_from(text), np.arange(360) * math.pi / 360)


def test_a_range_may_say_its_unit():
    np.testing.assert_allclose(angles_from("0:30:3 deg"), np.deg2rad([0, 10, 20]))


def test_a_range_to_which_a_recipe_put_its_folder_is_still_one(tmp_path: Path):
    np.testing.assert_array_equal(angles_from(tmp_path / "0:180:3"), angles_from("0:180:3"))


@pytest.mark.parametrize("text", ["0:180", "0:180:0", "a:180:3", "0:180:3:4", "0:180:-2"])
def test_a_range_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="start:stop:count such as 0:180:721"):
        angles_from(text)


@pytest.mark.parametrize(
    "text",
    ["0\n60\n120\n", "\ufeffangle\n0\n60\n120\n", "# taken at noon\n0 # first\n60\n120", "0, 60, 120", "0;60;120\n"],
)
def test_text_holds_an_angle_a_line_or_all_in_one(tmp_path: Path, text: str):
    file = tmp_path / "angles.txt"
    file.write_text(text, encoding="utf-8")
    np.testing.assert_allclose(angles_from(file), np.deg2rad([0, 60, 120]))


@pytest.mark.parametrize(
    ("text", "said"),
    [("0 1\n60 2\n", "2 lines with 4 numbers"), ("0\nsixty\n", "'sixty' is no number"), ("", "0 lines")],
)
def test_text_of_anything_else_is_refused(tmp_path: Path, text: str, said: str):
    (tmp_path / "angles.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        angles_from(tmp_path / "angles.csv")


def test_numpy_files_hold_angles(tmp_path: Path):
    np.save(tmp_path / "a.npy", np.array([[0], [60], [120]]))
    np.testing.assert_allclose(angles_from(str(tmp_path / "a.npy")), np.deg2rad([0, 60, 120]))


def test_missing_and_unknown_files_are_said(tmp_path: Path):
    with pytest.raises(MissingFileError, match=r"none\.txt does not exist"):
        angles_from(tmp_path / "none.txt")
    (tmp_path / "a.xlsx").write_text("0")
    with pytest.raises(InputError, match=r"angles are read from \.txt"):
        angles_from(tmp_path / "a.xlsx")


def test_angles_are_finite_and_one_a_view():
    with pytest.raises(InputError, match="number 2 is not"):
        angles_from([0, 90, np.nan])
    with pytest.raises(InputError, match=r"one number for every view, got an array \(2, 2\)"):
        angles_from(np.zeros((2, 2)))
    with pytest.raises(InputError, match="one number for every view"):
        angles_from([])
