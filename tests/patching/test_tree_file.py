"""A tree survives the disk, and a file that holds none is refused in words."""

import contextlib

import numpy as np
import pytest
from hypothesis import given

from tests.patching.cases import Case, cases
from vitsci_viz.errors import InputError, MissingFileError, OutputError
from vitsci_viz.patching.options import PatchOptions
from vitsci_viz.patching.tree import build_tree
from vitsci_viz.patching.tree_file import load_tree, save_tree

FIELDS = ("origin", "size", "level", "score")


@given(case=cases())
def test_a_loaded_tree_is_the_saved_one(case, tmp_path_factory):
    tree = case.tree(split_value=1)
    path = tmp_path_factory.mktemp("tree") / "tree.npz"
    save_tree(path, tree)
    back = load_tree(path)
    assert back.shape == tree.shape
    for name in FIELDS:
        saved, loaded = getattr(tree, name), getattr(back, name)
        assert saved.dtype == loaded.dtype
        np.testing.assert_array_equal(saved, loaded)


def _small():
    return Case((np.arange(400).reshape(20, 20) % 7 == 0).astype(np.uint8), (2, 2)).tree(split_value=1)


def test_the_file_holds_the_documented_keys(tmp_path):
    save_tree(tmp_path / "tree.npz", _small())
    with np.load(tmp_path / "tree.npz", allow_pickle=False) as file:
        assert set(file.files) == {*FIELDS, "shape"}
        assert file["shape"].tolist() == [20, 20]


def test_the_same_tree_gives_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        save_tree(tmp_path / name, _small())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"none\.npz"):
        load_tree(tmp_path / "none.npz")


def test_a_truncated_file_is_refused(tmp_path):
    path = tmp_path / "tree.npz"
    save_tree(path, _small())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"tree\.npz"):
        load_tree(path)


@pytest.mark.parametrize("content", [b"", b"not a tree", b"\x93NUMPY\x01\x00"])
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    path = tmp_path / "tree.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"tree\.npz"):
        load_tree(path)


@pytest.mark.parametrize("missing", [*FIELDS, "shape"])
def test_a_missing_array_is_named(tmp_path, missing):
    path = tmp_path / "tree.npz"
    save_tree(path, _small())
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files if name != missing}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=missing):
        load_tree(path)


def test_arrays_that_do_not_fit_together_are_refused(tmp_path):
    tree = _small()
    path = tmp_path / "tree.npz"
    np.savez(
        path, origin=tree.origin[:-1], size=tree.size, level=tree.level, score=tree.score, shape=np.array(tree.shape)
    )
    with pytest.raises(InputError, match="origin"):
        load_tree(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        save_tree(tmp_path / "nowhere" / "tree.npz", _small())
    assert not list(tmp_path.iterdir())


def test_any_damage_is_one_clear_error(tmp_path):
    tree = build_tree(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8), PatchOptions(split_value=5))
    whole = save_tree(tmp_path / "tree.npz", tree).read_bytes()
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        (tmp_path / "damaged.npz").write_bytes(damaged)
        with contextlib.suppress(InputError):  # some bytes carry nothing
            assert len(load_tree(tmp_path / "damaged.npz")) == len(tree)


def test_a_bare_array_is_no_tree(tmp_path):
    with (tmp_path / "tree.npz").open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(InputError, match="whole tree file"):
        load_tree(tmp_path / "tree.npz")
