"""Exit codes and one clear line for everything that can be wrong."""

import json

import numpy as np
import pytest

from vitsci_viz.cli.app import summaries


def _one_line(outcome, code=2):
    assert outcome.code == code, outcome
    assert outcome.out == ""
    assert outcome.err.startswith("vitsci-viz: ")
    assert outcome.err.count("\n") == 1
    return outcome.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ptch"], "unknown command 'ptch': did you mean 'patch'?"),
        (["--versio"], "unknown option '--versio': did you mean '--version'?"),
        (["patch", "image.png", "--splt-value", "3"], "Did you mean --split-value?"),
        (["patch", "image.png", "more.png"], "unexpected argument 'more.png'"),
        (["patch"], "IMAGE"),
        (["run"], "RECIPE"),
        (["patch", "image.png", "--split-value"], "--split-value requires an argument"),
        (["patch", "none.png"], "none.png does not exist"),
        (["patch", "."], "is a folder, not an image"),
        (["patch", "image.png", "--split-value", "-3"], "split_value must be at least 0, got '-3'"),
        (["patch", "image.png", "--patch-size", "3"], "power of two"),
        (["patch", "image.png", "--patch-size", "big"], "patch_size must be a whole number"),
        (["patch", "image.png", "--mode", "lenth"], "'threshold', 'length' or 'uniform', got 'lenth'"),
        (["patch", "image.png", "--thresholds", "200,100"], "low <= high"),
        (["patch", "image.png", "--blur", "4"], "odd number"),
        (["patch", "image.png", "--length", "9", "--split-value", "9"], "both given"),
        (["patch", "image.png", "--detail", "variance", "--forest", "3"], "forest needs detail='edges'"),
        (["patch", "image.png", "--min-size", "cubic"], "needs a known spacing"),
        (["patch", "image.png", "--threads", "-1"], "threads must be at least 0"),
        (["patch", "image.png", "--memory", "lots"], "a size such as 3GiB"),
        (["patch", "image.png", "--preset", "apf"], "did you mean 'apf-sc24'?"),
        (["patch", "image.png", "--roi", "0:10"], "one start:stop per axis"),
        (["patch", "image.png", "--roi", "0:91,0:9"], "must lie inside the image"),
        (["patch", "image.png", "--level", "1"], "only level 0"),
        (["patch", "image.png", "--out", "none/tree.npz"], "create it first"),
        (["patch", "image.png", "--out", "tree.npy"], "must end in .npz"),
        (["patch", "image.png", "--overlay", "image.png", "--force"], "also the input 'image'"),
        (["patch", "image.png", "--recipe", "r.txt"], "must end in .yaml"),
        (["patch", "image.png", "--mask", "none.png"], "none.png does not exist"),
        (["patch", "image.png", "--mask", "image.png"], "one label per pixel"),
        (["patch", "sample:ich"], "did you mean 'ihc'?"),
        (["run", "none.yaml"], "none.yaml does not exist"),
        (["sweep", "image.png", "--json", "--csv"], "both want stdout"),
        (["sweep", "image.png", "--patch-sizes", "3"], "powers of two"),
        (["sample"], "needs the output 'folder' (--out): "),
        (["sample", "patology", "--out", "s"], "did you mean 'pathology'?"),
        (["serve", "--root", "none"], "does not exist"),
        (["serve", "--address", "0.0.0.0"], "--basic-auth"),
        (["serve", "--port", "70000"], "port must be at most 65,535"),
    ],
)
def test_bad_input_is_one_line_and_code_2(call, arguments, message):
    assert message in _one_line(call(*arguments))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("text.png", b"no picture", "whole, readable file"),
        ("empty.png", b"", "empty file"),
        ("notes.docx", b"x", "known suffix"),
        ("broken.npy", b"\x93NUMPY", "whole, readable file"),
    ],
)
def test_files_that_are_no_images_are_one_line_and_code_2(call, place, name, content, message):
    (place / name).write_bytes(content)
    assert message in _one_line(call("patch", name, "--out", "tree.npz"))
    assert not (place / "tree.npz").exists()


def test_a_truncated_picture_is_one_line_and_code_2(call, place):
    whole = (place / "image.png").read_bytes()
    (place / "half.png").write_bytes(whole[: len(whole) // 2])
    assert "truncated" in _one_line(call("patch", "half.png"))


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((0, 5), np.uint8), "must have pixels"),
        (np.full((9, 9), np.nan, np.float32), "81 of 81 are NaN"),
        (np.zeros((9, 9), np.complex64), "integers, floats or booleans"),
        (np.zeros((2, 3, 4, 5, 6), np.uint8), "1 to 4 axes"),
    ],
)
def test_arrays_that_cannot_be_cut_are_one_line_and_code_2(call, place, array, message):
    np.save(place / "array.npy", array)
    assert message in _one_line(call("patch", "array.npy"))


@pytest.mark.parametrize("shape", [(1, 60), (60, 1), (1, 1)])
def test_thin_and_constant_images_are_cut(call, place, shape):
    np.save(place / "array.npy", np.full(shape, 7, np.uint8))
    outcome = call("patch", "array.npy", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out)["tokens"] == 1


def test_an_existing_output_is_refused_before_any_work_and_replaced_by_force(call, place):
    (place / "tree.npz").write_text("mine")
    assert "--force" in _one_line(call("patch", "image.png", "--out", "tree.npz"))
    assert (place / "tree.npz").read_text() == "mine"
    assert call("patch", "image.png", "--out", "tree.npz", "--force").code == 0
    assert (place / "tree.npz").read_bytes()[:2] == b"PK"


def test_an_unknown_key_of_a_recipe_names_the_nearest(call, place):
    (place / "r.yaml").write_text("version: 1\nworkflow: patch\ninputs: {image: image.png}\noptions: {patch_sze: 4}\n")
    assert "did you mean 'patch_size'?" in _one_line(call("run", "r.yaml"))


def test_help_of_every_command_is_grouped_and_complete(call):
    top = call("--help")
    assert top.code == 0
    for name, summary in summaries().items():
        assert f"│ {name}" in top.out
        assert summary.split()[0] in call(name, "--help").out
    text = call("patch", "--help").out
    positions = [text.index(f"─ {group} ─") for group in ("Inputs", "Outputs", "Tree", "Detail", "Execution", "Run")]
    assert positions == sorted(positions)


def test_no_argument_at_all_shows_the_help(call):
    assert "Commands" in call().out


def test_a_failure_of_ours_is_one_line_unless_debugging(call, monkeypatch):
    import vitsci_viz.workflows.patch as room

    def fail(*args, **named):
        raise RuntimeError("a broken part")

    monkeypatch.setattr(room, "detail_pyramid", fail)
    assert "RuntimeError: a broken part" in _one_line(call("patch", "image.png"), code=1)
    monkeypatch.setenv("VITSCI_VIZ_DEBUG", "1")
    with pytest.raises(RuntimeError, match="a broken part"):
        call("patch", "image.png")


def test_too_little_memory_is_a_failure_that_says_what_to_do(call, monkeypatch):
    import vitsci_viz.workflows.patch as room

    def fail(*args, **named):
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(room, "detail_pyramid", fail)
    assert "--roi" in _one_line(call("patch", "image.png"), code=1)
