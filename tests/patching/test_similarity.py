"""SSIM agrees with scikit-image wherever the values lie."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from vitsci_viz.patching.fidelity import reconstruct
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.similarity import SsimReference
from vitsci_viz.patching.tree import build_tree


@pytest.mark.parametrize(("dtype", "offset"), [(np.uint16, 30_000), (np.float32, 30_000), (np.int32, 1_000_000)])
def test_ssim_of_low_contrast_far_from_zero_is_that_of_scikit_image(dtype: type, offset: int) -> None:
    image = (offset + np.random.default_rng(0).integers(0, 50, (96, 96))).astype(dtype)
    tree = build_tree(image, PatchOptions(mode="length", length=40))
    kept = reconstruct(image.astype(np.float64) - offset, tree, 8) + np.float64(offset)
    expected = structural_similarity(image.astype(np.float64), kept, data_range=float(np.ptp(image)))
    assert SsimReference(image).ssim_of_tree(tree, 8) == pytest.approx(expected, abs=1e-4)
