"""The SSE of cells does not drown in a large offset."""

import numpy as np
import pytest

from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import detail_pyramid


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64, np.float64])
def test_a_large_offset_does_not_change_the_squared_error(dtype: type) -> None:
    values = np.random.default_rng(0).integers(0, 2, (64, 64))
    offset = 60_000 if dtype is np.uint16 else 10**9
    near, far = (
        detail_pyramid(each, PatchOptions(detail="variance", patch_size=4))
        for each in (values.astype(np.uint8), (values + offset).astype(dtype))
    )
    for one, other in zip(near.levels, far.levels, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
