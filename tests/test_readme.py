"""What the README says can be typed works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PROGRAM = Path(sys.executable).with_name("vitsci-viz")


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def commands(program: str) -> list[str]:
    """Return the lines of the shell blocks that start a program."""
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if line.startswith(f"{program} ")]


@pytest.mark.parametrize("line", commands("vitsci-viz"))
def test_every_flag_of_a_command_is_known(line):
    sub_command, flags = line.split()[1], re.findall(r"--[a-z-]+", line)
    shown = subprocess.run(
        [PROGRAM, sub_command, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    missing = [flag for flag in flags if flag != "--help" and flag not in shown.stdout]
    assert not missing, f"vitsci-viz {sub_command} knows no {missing}"


@pytest.mark.parametrize("line", commands("make"))
def test_every_make_target_is_there(line):
    target = line.split()[1]
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_the_python_example_runs():
    (example,) = [block for block in blocks("python") if "open_sample" in block]
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    assert names["sequence"].tokens.shape[1:3] == (8, 8)
    assert names["again"].shape[:2] == names["image"].shape
