"""Every notebook is clean, uses public names only, and runs: on samples, and on real data where there is some."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vitsci_viz as vz

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))
CELL_LIMIT_S = 120


def cells_of(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def code_of(notebook: Path) -> str:
    return "\n".join("".join(cell["source"]) for cell in cells_of(notebook) if cell["cell_type"] == "code")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def execute(notebook: Path, folder: Path, *, data: Path | None) -> None:
    """Run a notebook with nbmake in a process of its own; matplotlib draws, nothing is written back."""
    environment = {name: value for name, value in os.environ.items() if name != "VITSCI_VIZ_DATA"}
    if data is not None:
        environment["VITSCI_VIZ_DATA"] = str(data)
    command = [
        sys.executable, "-m", "pytest", "--nbmake", f"--nbmake-timeout={CELL_LIMIT_S}", str(notebook),
        "-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", "-q",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == [
        "01_tune_adaptive_patching",
        "02_recipes_and_sweeps",
        "03_segment_with_short_sequences",
        "04_tooth_from_file_to_figure",
    ]


def test_outputs_are_stripped(notebook):
    code = [cell for cell in cells_of(notebook) if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_only_public_names_are_used(notebook):
    code = code_of(notebook)
    assert re.findall(r"^.*\b(?:from|import) vitsci_viz.*$", code, re.MULTILINE) == ["import vitsci_viz as vz"]
    used = set(re.findall(r"\bvz\.(\w+)", code))
    assert used
    assert used <= set(vz.__all__)


@pytest.mark.slow
def test_it_runs_on_samples(notebook, tmp_path):
    execute(notebook, tmp_path, data=None)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize(
    "notebook",
    [path for path in NOTEBOOKS if "VITSCI_VIZ_DATA" in code_of(path)],
    ids=lambda path: path.stem,
    indirect=True,
)
def test_it_runs_on_real_data(notebook, tmp_path, data_dir):
    execute(notebook, tmp_path, data=data_dir)
