"""What may be patched, and how the axes of bare arrays are taken."""

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.source import as_image
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((9,), "x"),
        ((40, 30), "yx"),
        ((40, 30, 1), "yxc"),
        ((40, 30, 3), "yxc"),
        ((40, 30, 4), "yxc"),
        ((40, 30, 20), "zyx"),
        ((40, 30, 20, 2), "zyxc"),
    ],
)
def test_axes_of_bare_arrays(shape, axes):
    assert as_image(np.zeros(shape, np.uint8)).axes == axes


def test_an_image_keeps_its_own_axes():
    thin = Image(levels=(np.zeros((20, 30, 3), np.uint8),), axes="zyx")
    assert as_image(thin) is thin


def test_an_array_is_not_copied():
    array = np.zeros((40, 30), np.uint8)
    assert as_image(array).data is array


@pytest.mark.parametrize("dtype", [np.complex64, object, "U3", "datetime64[s]"])
def test_what_is_no_number_is_refused_by_its_type(dtype):
    with pytest.raises(InputError, match=r"integers, floats"):
        as_image(np.zeros((4, 4), dtype))


@pytest.mark.parametrize("source", [None, "picture.png", 3.5, [[1, 2], [3, 4]]])
def test_what_is_no_array_is_refused_by_its_type(source):
    with pytest.raises(InputError, match=type(source).__name__):
        as_image(source)


@pytest.mark.parametrize("shape", [(), (2, 2, 2, 2, 2)])
def test_too_few_or_too_many_axes_are_refused(shape):
    with pytest.raises(InputError, match="axes"):
        as_image(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("dtype", [">u2", ">i4", ">f4", "<f2", ">f2"])
@pytest.mark.parametrize("detail", ["edges", "gradient", "variance"])
def test_byte_order_and_half_precision_change_nothing(dtype: str, detail: str) -> None:
    values = np.random.default_rng(0).integers(0, 255, (40, 50, 3))
    options = PatchOptions(mode="length", length=20, detail=detail, patch_size=4)
    plain = values.astype(np.float32 if "f" in dtype else np.dtype(dtype).newbyteorder("="))
    tree, usual = build_tree(values.astype(dtype), options), build_tree(plain, options)
    np.testing.assert_array_equal(tree.origin, usual.origin)
    np.testing.assert_array_equal(gather(values.astype(dtype), tree, 4).tokens, gather(plain, usual, 4).tokens)


@pytest.mark.parametrize("dtype", [">u2", "f2", "?"])
def test_tokens_of_any_type_come_back_as_they_were(dtype: str) -> None:
    image = np.random.default_rng(0).integers(0, 200, (40, 50)).astype(dtype)
    tree = build_tree(image, PatchOptions(mode="uniform"))
    back = scatter(gather(image, tree, 8))
    assert back.dtype == image.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back, image)
