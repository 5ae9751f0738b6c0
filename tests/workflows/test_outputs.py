"""Outputs are checked before any work and appear together or not at all."""

import pytest

from vitsci_viz.errors import InputError, OptionError, OutputError, OutputExistsError
from vitsci_viz.types import Recipe
from vitsci_viz.workflows.outputs import check_outputs, numbered, writing


def _recipe(tmp_path, **outputs):
    places = {name: str(tmp_path / value) for name, value in outputs.items()}
    return Recipe(workflow="patch", inputs={"image": str(tmp_path / "image.png")}, outputs=places)


def test_outputs_that_clash_are_refused(tmp_path):
    with pytest.raises(OptionError, match="also the output 'tree'"):
        check_outputs(_recipe(tmp_path, tree="t.npz", tokens="t.npz"))
    with pytest.raises(OptionError, match="also the input 'image'"):
        check_outputs(_recipe(tmp_path, overlay="image.png"), force=True)


def test_an_input_reached_through_a_link_is_not_overwritten(tmp_path):
    (tmp_path / "image.png").touch()
    (tmp_path / "link.png").symlink_to(tmp_path / "image.png")
    with pytest.raises(OptionError, match="also the input"):
        check_outputs(_recipe(tmp_path, overlay="link.png"), force=True)


def test_names_that_lead_nowhere_are_bad_input(tmp_path):
    (tmp_path / "image.png").symlink_to(tmp_path / "image.png")
    with pytest.raises(InputError, match="circle"):
        check_outputs(_recipe(tmp_path, tree="t.npz"))
    (tmp_path / "image.png").unlink()
    with pytest.raises(InputError, match="too long"):
        check_outputs(_recipe(tmp_path, tree=f"{'t' * 300}.npz"))


def test_endings_that_cannot_be_written_are_refused(tmp_path):
    with pytest.raises(OptionError, match=r"must end in \.npz, got t\.npy"):
        check_outputs(_recipe(tmp_path, tree="t.npy"))


def test_an_existing_output_needs_force(tmp_path):
    (tmp_path / "t.npz").touch()
    with pytest.raises(OutputExistsError, match="--force"):
        check_outputs(_recipe(tmp_path, tree="t.npz"))
    check_outputs(_recipe(tmp_path, tree="t.npz"), force=True)


def test_a_folder_may_exist_but_not_as_a_file(tmp_path):
    check_outputs(Recipe(workflow="sample", outputs={"folder": str(tmp_path)}))
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="must be a folder"):
        check_outputs(Recipe(workflow="sample", outputs={"folder": str(tmp_path / "file")}))


def test_no_output_appears_where_one_fails(tmp_path):
    def write() -> None:
        with writing({"a": tmp_path / "a.txt", "b": tmp_path / "b.txt"}) as places:
            places["a"].write_text("whole")
            assert list(tmp_path.glob("*.txt")) == []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert list(tmp_path.iterdir()) == []


def test_all_outputs_appear_where_none_fails(tmp_path):
    with writing({"a": tmp_path / "a.txt", "b": tmp_path / "b.txt"}) as places:
        for name, place in places.items():
            place.write_text(name)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.txt": "a", "b.txt": "b"}


def test_one_tree_keeps_its_name_and_many_are_numbered(tmp_path):
    assert numbered(tmp_path / "t.npz", 1) == (tmp_path / "t.npz",)
    assert [path.name for path in numbered(tmp_path / "t.npz", 2)] == ["t_1.npz", "t_2.npz"]
