import subprocess
import sys
import threading

import numpy as np
import pytest

from tests.views.session.cases import VARIANCE, CountingLevel, blobs, session_of, whole
from vitsci_viz.errors import Cancelled
from vitsci_viz.patching.detail import detail_pyramid
from vitsci_viz.patching.fidelity import psnr
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.oracle import MaskTable
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.types import Image
from vitsci_viz.views.session.scene import leaves
from vitsci_viz.views.session.session import PatchSession


def test_the_session_needs_no_gui_library_and_no_torch():
    code = (
        "import sys, vitsci_viz.views.session.scene, vitsci_viz.views.session.state;"
        "print([name for name in ('bokeh', 'panel', 'ipywidgets', 'torch') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mode": "length", "length": 50},
        {"mode": "uniform"},
        {"balance": True},
        {"max_depth": 3},
        {"detail": "edges"},
    ],
)
def test_trees_are_those_of_the_patching_room(changes):
    array = blobs((120, 170), channels=3)
    options = VARIANCE.replace(**changes)
    ours, theirs = session_of(array, "yxc").tree(options), build_tree(array, options)
    assert np.array_equal(ours.origin, theirs.origin)
    assert np.array_equal(ours.size, theirs.size)


def test_moving_the_split_value_touches_no_pixel():
    level = CountingLevel(blobs((300, 300)))
    session = PatchSession(Image(levels=(level,), axes="yx"))
    assert not session.is_ready(VARIANCE)
    session.prepare_fidelity(VARIANCE)
    session.readings(VARIANCE)
    before = level.pixels_read
    for split in (10.0, 3e3, 1e7):
        options = VARIANCE.replace(split_value=split)
        assert session.is_ready(options)
        leaves(session, options, whole((300, 300)))
        session.curve(options)
        session.histogram(options)
        assert session.readings(options).psnr is not None
    assert level.pixels_read == before


@pytest.mark.parametrize("changes", [{"detail": "edges"}, {"min_size": 8}, {"patch_size": 16, "min_size": None}])
def test_options_that_change_the_pixels_work_need_it_anew(changes):
    session = session_of(blobs((64, 64)), "yx")
    session.tree(VARIANCE)
    assert not session.is_ready(VARIANCE.replace(**changes))


def test_the_patch_size_alone_does_not_touch_the_pyramid():
    session = session_of(blobs((64, 64)), "yx")
    first = session.tree(VARIANCE)
    assert session.tree(VARIANCE.replace(patch_size=16)) is first


def test_threads_share_one_pyramid(monkeypatch):
    session, calls = session_of(blobs((200, 200)), "yx"), []

    def counted(image, options, **rest):
        calls.append(options)
        return detail_pyramid(image, options, **rest)

    monkeypatch.setattr("vitsci_viz.patching.detail.detail_pyramid", counted)
    found = []
    settings = [VARIANCE.replace(split_value=float(split)) for split in range(100, 900, 100)]
    threads = [threading.Thread(target=lambda o=options: found.append(session.tree(o))) for options in settings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(found) == len(settings)
    assert len(calls) == 1


def test_a_cancelled_pyramid_can_be_asked_for_again():
    session = session_of(blobs((200, 200)), "yx")

    def cancel(stage, done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        session.pyramid(VARIANCE, progress=cancel)
    assert not session.is_ready(VARIANCE)
    assert len(session.tree(VARIANCE)) > 1


def test_readings_say_what_is_kept_once_it_is_known():
    array = blobs((96, 130))
    mask = (array > 100).astype(np.uint8)
    session = session_of(array, "yx", mask=mask)
    first = session.readings(VARIANCE)
    assert (first.psnr, first.oracle_dice) == (None, None)
    session.prepare_fidelity(VARIANCE)
    assert session.is_fidelity_ready(VARIANCE.replace(split_value=7.0))
    assert not session.is_fidelity_ready(VARIANCE.replace(patch_size=16))
    second, tree = session.readings(VARIANCE), session.tree(VARIANCE)
    assert second.psnr == pytest.approx(psnr(array, tree, 8))
    assert second.oracle_dice == MaskTable(mask).oracle_dice(tree, 8)
    assert second.tokens == first.tokens == len(tree)


def test_the_histogram_covers_the_image_once():
    session = session_of(blobs((101, 67)), "yx")
    found, tree = session.histogram(VARIANCE), session.tree(VARIANCE)
    assert found.count.sum() == len(tree)
    assert found.area_share.sum() == pytest.approx(1)
    inside = np.minimum(tree.origin + tree.size, tree.shape) - tree.origin
    for level, size, share in zip(found.level, found.size, found.area_share, strict=True):
        own = tree.level == level
        assert (tree.size[own] == size).all()
        assert share == pytest.approx(np.prod(inside[own], axis=1).sum() / (101 * 67))


def test_the_curve_gives_the_length_of_every_tree():
    session = session_of(blobs((90, 110)), "yx")
    for split in (0.0, 555.0, 1e5):
        options = VARIANCE.replace(split_value=split)
        assert session.curve(options).length_at(split) == len(session.tree(options))


def test_two_settings_are_compared():
    session = session_of(blobs((90, 110)), "yx")
    found = session.compare(VARIANCE, VARIANCE.replace(split_value=1e5))
    assert found.first.tokens > found.second.tokens
    assert 0 < found.shared_leaves < 1
    assert session.compare(VARIANCE, VARIANCE).shared_leaves == 1


def test_a_forest_starts_with_the_plain_tree():
    session = session_of(blobs((128, 128)), "yx")
    options = PatchOptions(patch_size=4, split_value=10.0, forest=3)
    trees = session.forest(options)
    assert len(trees) == 3
    assert np.array_equal(trees[0].origin, session.tree(options).origin)
