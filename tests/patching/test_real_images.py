"""What the paper shows, on real images."""

import numpy as np
import pytest
from skimage import data, io

from tests.reference import laws
from vitsci_viz.patching.fidelity import psnr
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import MaskTable
from vitsci_viz.patching.tokens import gather, scatter
from vitsci_viz.patching.tree import build_tree, detail_pyramid, length_curve, tree_from_pyramid

SPLIT_VALUES = (5, 10, 20, 50, 100, 200)


def _trend(image, side=4):
    """Return mean patch side and length at the split values, smallest first."""
    options = PatchOptions(patch_size=side, min_size=side)
    pyramid = detail_pyramid(image, options)
    trees = [tree_from_pyramid(pyramid, options.replace(split_value=value)) for value in SPLIT_VALUES]
    return [tree.size.mean() for tree in trees], [len(tree) for tree in trees]


@pytest.mark.parametrize("name", ["immunohistochemistry", "astronaut", "camera", "coffee"])
def test_mean_patch_grows_and_length_falls_with_the_split_value(name):
    means, lengths = _trend(getattr(data, name)())
    assert (np.diff(means) > 0).all()
    assert (np.diff(lengths) < 0).all()


def test_length_falls_as_a_power_of_the_mean_patch_like_in_the_paper():
    # Figure 3 of the paper: about -1.4; a grid of one patch size would give -2.
    means, lengths = _trend(data.immunohistochemistry())
    slope = np.polyfit(np.log(means), np.log(lengths), 1)[0]
    assert -2.2 < slope < -0.9


def test_a_slide_is_cut_into_far_fewer_tokens_than_the_grid_at_little_loss():
    image = data.immunohistochemistry()
    options = PatchOptions(patch_size=4, length=2048)
    tree = build_tree(image, options)
    laws.check_tiling(tree, (4, 4))
    laws.check_z_order(tree, (4, 4))
    uniform = build_tree(image, PatchOptions(mode="uniform", patch_size=8))
    assert len(tree) <= 2048 < 16_384
    assert psnr(image, tree, 4) > psnr(image, uniform, 1)


def test_a_variance_tree_keeps_more_than_a_uniform_grid_of_as_many_tokens():
    image = data.camera()
    tree = build_tree(image, PatchOptions(patch_size=2, length=4096, detail="variance"))
    uniform = build_tree(image, PatchOptions(mode="uniform", patch_size=8))
    assert len(tree) <= len(uniform) == 4096
    assert psnr(image, tree, 2) > psnr(image, uniform, 2) + 1


def test_fixed_thresholds_find_little_in_an_up_sampled_slide_and_automatic_ones_still_do():
    image = data.immunohistochemistry().repeat(4, axis=0).repeat(4, axis=1)[:1600, :1600]
    counts = {
        thresholds: len(build_tree(image, PatchOptions(patch_size=4, length=1024, thresholds=thresholds, blur=13)))
        for thresholds in ("auto", (100, 200))
    }
    assert counts["auto"] >= 1022
    assert counts["auto"] >= counts[100, 200]


@pytest.mark.data
@pytest.mark.parametrize("name", ["tiatoolbox_target_image.png", "high-nuclei-score-level0.png", "ihc.png"])
def test_trend_holds_on_tissue(data_dir, name):
    means, lengths = _trend(np.ascontiguousarray(io.imread(data_dir / "pathology" / name)[..., :3]))
    assert (np.diff(means) > 0).all()
    assert (np.diff(lengths) < 0).all()


@pytest.mark.data
@pytest.mark.parametrize("name", ["6ab24e7e", "947c0d94", "a9040135", "ef3ef194", "07fb37aa"])
def test_oracle_dice_bounds_what_tokens_can_say(data_dir, name):
    folder = data_dir / "pathology"
    image = np.ascontiguousarray(io.imread(folder / f"dsb2018_{name}.png")[..., :3])
    mask = (io.imread(folder / f"dsb2018_{name}_label.tif") > 0).astype(np.uint8)
    table = MaskTable(mask)
    pyramid = detail_pyramid(image, PatchOptions(patch_size=2))

    whole = build_tree(image, PatchOptions(mode="uniform", patch_size=2))
    assert table.oracle_dice(whole, 2)[1] == pytest.approx(1)

    bounds = []
    for length in (64, 256, 1024, 4096):
        tree = tree_from_pyramid(pyramid, PatchOptions(patch_size=2, length=length))
        coupled, decoupled = (table.oracle_dice(tree, side)[1] for side in (2, 8))
        assert 0 < coupled <= decoupled <= 1
        rebuilt = scatter(gather(mask, tree, 2, labels=True)).argmax(axis=-1)
        argmax_dice = 2 * (rebuilt & mask).sum() / (rebuilt.sum() + mask.sum())
        assert argmax_dice <= coupled + 1e-9
        bounds.append(coupled)
    assert bounds[0] < bounds[-1]


@pytest.mark.data
def test_an_octree_follows_the_fibres_of_a_volume(data_dir):
    volume = io.imread(data_dir / "ct_volumes" / "100_fiberform.tif")
    options = PatchOptions(patch_size=4, length=1500)
    tree = build_tree(volume, options)
    laws.check_tiling(tree, (4, 4, 4))
    laws.check_z_order(tree, (4, 4, 4))
    assert 1500 - 6 <= len(tree) <= 1500
    coarse = build_tree(volume, PatchOptions(mode="uniform", patch_size=8))
    assert psnr(volume, tree, 4) > psnr(volume, coarse, 2)


def test_the_curve_of_a_real_image_is_its_trees():
    image = data.camera()
    pyramid = detail_pyramid(image, PatchOptions(patch_size=4))
    curve = length_curve(pyramid)
    for value in SPLIT_VALUES:
        assert curve.length_at(value) == len(tree_from_pyramid(pyramid, PatchOptions(patch_size=4, split_value=value)))
