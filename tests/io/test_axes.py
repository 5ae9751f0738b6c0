"""Any file's axes come out as z, y, x and the channel."""

import numpy as np
import pytest

from vitsci_viz.axes import check_axes, check_pixels, guess_axes
from vitsci_viz.errors import InputError
from vitsci_viz.io.axes import arrange


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((5, 6), "yx"),
        ((5, 6, 1), "yxc"),
        ((5, 6, 3), "yxc"),
        ((5, 6, 4), "yxc"),
        ((5, 6, 5), "zyx"),
        ((4, 5, 6, 2), "zyxc"),
    ],
)
def test_bare_arrays_have_the_documented_axes(shape: tuple[int, ...], axes: str) -> None:
    assert guess_axes(shape) == axes


@pytest.mark.parametrize("shape", [(), (2, 2, 2, 2, 2)])
def test_other_numbers_of_axes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="axes, got the shape"):
        guess_axes(shape)


@pytest.mark.parametrize(
    ("file_axes", "shape", "ours", "result"),
    [
        ("yx", (4, 5), "yx", (4, 5)),
        ("cyx", (3, 4, 5), "yxc", (4, 5, 3)),
        ("cyx", (1, 4, 5), "yx", (4, 5)),
        ("tczyx", (1, 2, 6, 4, 5), "zyxc", (6, 4, 5, 2)),
        ("tczyx", (1, 1, 1, 4, 5), "yx", (4, 5)),
        ("zcyx", (6, 2, 4, 5), "zyxc", (6, 4, 5, 2)),
        ("qyx", (6, 4, 5), "zyx", (6, 4, 5)),
        ("tyx", (6, 4, 5), "zyx", (6, 4, 5)),
        ("xyz", (5, 4, 6), "zyx", (6, 4, 5)),
        ("yxs", (4, 5, 3), "yxc", (4, 5, 3)),
    ],
)
def test_axes_are_arranged(file_axes: str, shape: tuple[int, ...], ours: str, result: tuple[int, ...]) -> None:
    whole = np.random.default_rng(0).random(shape)
    (level,), axes = arrange((whole,), file_axes, "it")
    assert axes == ours
    assert level.shape == result
    stack = next((letter for letter in "zqt" if letter in file_axes and whole.shape[file_axes.index(letter)] > 1), "")
    channel = "s" if "s" in file_axes else "c"
    kept = axes.replace("z", stack).replace("c", channel)
    np.testing.assert_array_equal(np.asarray(level), np.einsum(f"{file_axes}->{kept}", whole))


@pytest.mark.parametrize(("axes", "shape"), [("tzyx", (2, 3, 4, 5)), ("csyx", (2, 3, 4, 5)), ("zx", (4, 5))])
def test_what_is_no_image_is_refused(axes: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        arrange((np.zeros(shape),), axes, "it")


def test_given_axes_must_be_known_and_fit() -> None:
    with pytest.raises(InputError, match="axes must be one of"):
        check_axes("xy", (3, 4))
    with pytest.raises(InputError, match="name every axis"):
        check_axes("zyx", (3, 4))


@pytest.mark.parametrize("dtype", [complex, "U3", object])
def test_other_than_numbers_are_refused(dtype: object) -> None:
    with pytest.raises(InputError, match="integers, floats or booleans"):
        check_pixels((3, 4), dtype, "it")


def test_no_pixels_are_refused() -> None:
    with pytest.raises(InputError, match="must have pixels"):
        check_pixels((3, 0), np.uint8, "it")
