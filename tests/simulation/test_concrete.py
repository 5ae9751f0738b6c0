"""The concrete core: every class where it should be, in 2-D and 3-D."""

import numpy as np
import pytest

from vitsci_viz.errors import InputError
from vitsci_viz.simulation.concrete import CLASSES, ct_slice, ct_volume


@pytest.fixture(scope="module", params=["slice", "volume"])
def core(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """A slice and a volume with their masks."""
    return ct_slice((256, 256), 3) if request.param == "slice" else ct_volume((48, 64, 64), 3)


def test_every_class_is_there(core: tuple[np.ndarray, np.ndarray]) -> None:
    image, mask = core
    assert (image.dtype, mask.dtype, image.shape) == (np.uint16, np.uint8, mask.shape)
    assert set(np.unique(mask)) == set(CLASSES)


def test_greys_are_ordered_as_attenuation_is(core: tuple[np.ndarray, np.ndarray]) -> None:
    image, mask = core
    air, mortar, stone, void, _ = (image[mask == k].mean() for k in CLASSES)
    assert air < void < mortar < stone


def test_air_lies_outside_the_core_alone(core: tuple[np.ndarray, np.ndarray]) -> None:
    mask = core[1]
    rows, columns = mask.shape[-2:]
    assert (mask[..., 0, 0] == 0).all()
    assert (mask[..., rows // 2, columns // 2] != 0).all()


def test_the_crack_is_thin_and_runs_from_end_to_end() -> None:
    crack = ct_slice((512, 512), 7)[1] == 4
    assert 0 < crack.mean() < 0.02
    rows = np.flatnonzero(crack.any(axis=1))
    assert rows[-1] - rows[0] > 350


def test_seeds_repeat_and_differ() -> None:
    np.testing.assert_array_equal(ct_slice((64, 64), 1)[0], ct_slice((64, 64), 1)[0])
    assert (ct_slice((64, 64), 1)[1] != ct_slice((64, 64), 2)[1]).any()


def test_too_small_a_core_is_refused() -> None:
    with pytest.raises(InputError, match="at least 8 pixels"):
        ct_slice((4, 40))
