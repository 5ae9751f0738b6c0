"""Nothing outside the roots is ever opened, however its path is written."""

from pathlib import Path

import pytest

from vitsci_viz.errors import MissingFileError, OutsideRootError
from vitsci_viz.io.roots import resolve_below


@pytest.fixture
def root(tmp_path: Path) -> Path:
    inside = tmp_path / "data"
    (inside / "deep").mkdir(parents=True)
    (tmp_path / "data-of-others").mkdir()
    for path in (
        inside / "a.png",
        inside / "deep" / "b.tif",
        inside / "notes.txt",
        tmp_path / "data-of-others" / "c.png",
    ):
        path.write_text("x")
    (inside / "leak.png").symlink_to(tmp_path / "data-of-others" / "c.png")
    (inside / "leak").symlink_to(tmp_path / "data-of-others")
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "kept.png").symlink_to(inside / "a.png")
    return inside


@pytest.mark.parametrize("name", ["a.png", "deep/b.tif", "deep/../a.png", ".", ""])
def test_what_lies_below_is_found(root: Path, name: str) -> None:
    assert resolve_below(name, [root]) == (root / name).resolve()
    assert resolve_below(root / name, [root]) == (root / name).resolve()


@pytest.mark.parametrize(
    "name",
    ["..", "../data-of-others/c.png", "/etc/passwd", "leak.png", "leak/c.png", "deep/../../x", "a\0b", "loop", "~/x"],
)
def test_what_leads_elsewhere_is_refused(root: Path, name: str) -> None:
    with pytest.raises((OutsideRootError, MissingFileError)) as caught:
        resolve_below(name, [root])
    assert name in ("loop", "~/x") or caught.type is OutsideRootError


def test_a_missing_file_outside_is_not_told_from_an_existing_one(root: Path) -> None:
    messages = set()
    for name in ("../data-of-others/c.png", "../data-of-others/none.png"):
        with pytest.raises(OutsideRootError) as caught:
            resolve_below(name, [root])
        messages.add(str(caught.value).replace(name, "NAME"))
    assert len(messages) == 1


def test_a_link_within_the_root_is_followed(root: Path) -> None:
    assert resolve_below("kept.png", [root]) == (root / "a.png").resolve()


def test_any_of_several_roots_will_do(root: Path) -> None:
    other = root.parent / "data-of-others"
    assert resolve_below("leak.png", [root, other]) == (other / "c.png").resolve()


def test_no_root_opens_nothing() -> None:
    with pytest.raises(OutsideRootError, match="--root"):
        resolve_below("a.png", [])


def test_missing_files_below_are_said(root: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        resolve_below("none.png", [root])


def test_names_longer_than_any_file_can_have_are_missing_files(root: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        resolve_below("a" * 3000, [root])
