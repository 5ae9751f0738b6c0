"""What the README says can be typed works."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

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


COLOURS = [(240, 113, 120), (150, 205, 120), (230, 190, 110), (110, 170, 240), (190, 140, 230), (90, 205, 215)]
SHADES = TerminalTheme(
    (27, 29, 33),
    (230, 230, 230),
    [(27, 29, 33), *COLOURS, (230, 230, 230)],
    [(155, 160, 168), *COLOURS, (255, 255, 255)],
)
TERMINAL = """<body style="margin:0;background:#1b1d21;color:#e6e6e6">
<pre style="margin:0;padding:16px 20px;font:14px/1.35 'DejaVu Sans Mono',monospace">{code}</pre></body>"""


@pytest.mark.browser
def test_the_picture_of_the_command_line_is_what_it_prints(page, keep_picture, tmp_path):
    sample = ROOT / "data_samples" / "pathology.png"
    arguments = ["patch", str(sample), "--mask", str(sample.with_name("pathology_mask.png")), "--length", "1024"]
    arguments += ["--patch-size", "8", "--min-size", "4", "--overlay", "overlay.png"]
    run = subprocess.run(
        [PROGRAM, *arguments],
        cwd=tmp_path,
        env={**os.environ, "FORCE_COLOR": "1", "COLUMNS": "118", "TERM": "xterm-256color"},
        capture_output=True,
        text=True,
        check=True,
    )
    console = Console(record=True, width=124, file=io.StringIO())
    typed = " ".join(Path(word).name if "/" in word else word for word in arguments)
    console.print(f"$ vitsci-viz {typed}", highlight=False)
    console.print(Text.from_ansi(run.stdout.replace(f"{tmp_path}/", "")))
    page.set_viewport_size({"width": 1090, "height": 200})
    page.set_content(console.export_html(theme=SHADES, code_format=TERMINAL, inline_styles=True))
    assert "1,024" in page.locator("pre").inner_text()
    keep_picture("cli", page.locator("body").screenshot())
