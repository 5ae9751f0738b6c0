"""What may be committed: nothing of one machine, nothing half-configured."""

import itertools
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions, version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import vitsci_viz
from tests.pictures import LIMIT_BYTES

ROOT = Path(__file__).parent.parent
TEXT_SUFFIXES = {".py", ".toml", ".txt", ".md", ".yaml", ".yml", ".sh", ".cfg", ".json", ".ipynb", ".csv", ""}
LINTERS = {"ruff-format", "ruff", "pyright", "import-linter", "codespell", "nbstripout"}


def committed_text() -> dict[str, str]:
    """Return the text files that git holds, by path; this file spells out what it forbids and is left out."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    paths = [name for name in listed if name and Path(name).suffix in TEXT_SUFFIXES and (ROOT / name).is_file()]
    here = Path(__file__).relative_to(ROOT).as_posix()
    return {name: (ROOT / name).read_text(encoding="utf-8") for name in paths if name != here}


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("a home or work folder of one machine", r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/[\w.]"),
        ("a local package folder", r"/opt/(?:wheels|pypi)"),
        ("the address of a package index", r"(?:--(?:extra-)?index-url|files\.pythonhosted\.org|pypi\.org/simple)"),
    ],
)
def test_nothing_committed_names(what, pattern):
    found = [name for name, text in committed_text().items() if re.search(pattern, text)]
    assert not found, f"{what} is named in {found}"


def test_constraints_pin_exact_public_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert pins
    loose = [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)]
    assert not loose, f"not an exact public version: {loose}"


def test_constraints_cover_every_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = itertools.chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {Requirement(line).name for line in declared} - {"vitsci-viz"}
    pins = {line.partition("==")[0] for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert names <= pins


def test_the_version_has_one_home():
    assert version("vitsci-viz") == vitsci_viz.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text()
    assert re.search(rf"^## {re.escape(vitsci_viz.__version__)}\b", changelog, re.MULTILINE)


def test_pre_commit_holds_exactly_the_linters():
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert {hook["id"] for repo in config["repos"] for hook in repo["hooks"]} == LINTERS


def test_imports_keep_to_the_house():
    program = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_launchers_are_short():
    launchers = list((ROOT / "apps").glob("*.py"))
    long = [path.name for path in launchers if len(path.read_text().splitlines()) >= 30]
    assert not long, f"an app only starts something from the package: {long}"


def test_every_file_that_the_readme_shows_is_there():
    readme = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)|<img[^>]+src=\"(?!https?:)([^\"]+)\"", readme)
    assert links
    missing = [target for link in links for target in link if target and not (ROOT / target).exists()]
    assert not missing


def test_pictures_in_the_documentation_are_small():
    large = [path.name for path in (ROOT / "docs").rglob("*.png") if path.stat().st_size > LIMIT_BYTES]
    assert not large


def test_every_pin_installs_on_the_python_of_debian_12():
    refused = {
        distribution.name: wanted
        for distribution in distributions()
        if (wanted := distribution.metadata.get("Requires-Python")) and "3.11.2" not in SpecifierSet(wanted)
    }
    assert not refused
