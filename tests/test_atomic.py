"""Outputs appear whole or not at all, and nothing else is harmed."""

from pathlib import Path

import pytest

from vitsci_viz.atomic import replacing
from vitsci_viz.errors import MissingFileError, OutputError


def test_a_file_never_takes_the_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "kept.txt").write_text("kept")
    with pytest.raises(OutputError, match="is a folder"), replacing(tmp_path / "results") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "results" / "kept.txt").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_folder_stays_when_nothing_was_made_to_replace_it(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    with pytest.raises(OutputError), replacing(tmp_path / "results"):
        pass
    assert (tmp_path / "results").is_dir()


def test_a_missing_input_is_not_called_a_failed_output(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"^in\.txt does not exist$"), replacing(tmp_path / "out.txt"):
        raise MissingFileError("in.txt does not exist")
